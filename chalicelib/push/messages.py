"""Pushes a new message to the members of its conversation who are not online (ADR 110).

Invariants:

- Who gets a push follows from our rows, as they are when the message is worked on. The event may only leave
  members out.
- A push is counted before it is sent, by the time of its message. So a killed worker loses the push to one
  person, and a message that is delivered again is pushed to no one a second time.
- A person gets at most one push for each conversation in ten seconds. Later messages of a burst are seen with
  the next one, or when the app is opened.
- A push that no provider took is uncounted, and the message is delivered again until it is ten minutes old.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import PEER, keep_apart
from chalicelib.accounts.push_tokens.model import PushToken
from chalicelib.core import clock, metrics, needs
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, PushId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import NO_CLAIMS, NO_SESSION, Claims
from chalicelib.core.sealing import skip_unreadable
from chalicelib.people.conversations import push_ids
from chalicelib.people.conversations.push_ids import conversation
from chalicelib.push import delivery, recipients, store
from chalicelib.push.model import PushKind
from chalicelib.push.recipients import PushRecipient
from chalicelib.stream.webhook.messages import NewMessage

# Longer ago, a push about a message is no help any more. Clocks differ by up to five minutes.
OLDEST = 10 * MINUTE
_WINDOW, _COUNTED = 10_000, 3_600_000  # milliseconds


def push_message(message: NewMessage, until: datetime) -> None:
    """Push a message, until an instant at which another run continues.

    Raises:
        Unavailable: a table or a provider does not answer, or the time is up; some recipients may have had
            their push.
    """
    if _is_old(message):
        return
    due = _due(message)
    if due is None:
        return
    waiting = _recipients(due, message)
    tokens = recipients.tokens_of(waiting)
    unanswered = False
    for one in waiting:
        if clock.now() >= until:
            raise Unavailable
        if tokens.get(one.account.account_id):
            pushed = _push(one, tokens[one.account.account_id], message, due.outdated)
            unanswered = unanswered or not pushed
    if unanswered:
        raise Unavailable


def _is_old(message: NewMessage) -> bool:
    if clock.from_epoch(message.at // 1000) > clock.now() - OLDEST:
        return False
    metrics.count(Metric.PUSH_DROPPED)
    return True


@dataclass(frozen=True)
class _Due:
    """The sender of a message, and the other members who are not online and have had no push just now.

    `outdated`: counts that are of no use any more.
    """

    sender: AccountId
    others: tuple[AccountId, ...]
    outdated: Collection[PushId]


def _due(message: NewMessage) -> _Due | None:
    """Read who may be due; None if the sender is no member, or has left, or none is due."""
    talk, counts = conversation(message.conversation_id), store.counts(message.conversation_id)
    row = needs.read_batch(NO_CLAIMS, (talk, counts))
    found = row[talk]
    members = {one.user_id: one.account_id for one in found.members} if found else {}
    ids = {one: push_ids.push_id(one, message.conversation_id) for one in members.values()}
    outdated = {one for one, at in row[counts].items() if at < message.at - _COUNTED}
    outdated |= row[counts].keys() - ids.values()
    sender = members.pop(message.sender, None)
    asleep = [account_id for user_id, account_id in members.items() if user_id not in message.online]
    latest = message.at - _WINDOW
    due = tuple(one for one in asleep if row[counts].get(ids[one], latest) <= latest)
    metrics.count(Metric.PUSH_COLLAPSED, len(asleep) - len(due))
    return _Due(sender, due, outdated - {ids[one] for one in due}) if sender and due else None


def _recipients(due: _Due, message: NewMessage) -> list[PushRecipient]:
    """Those of the due members who may be pushed the message now, by batches that begin with its sender."""
    first, rest = due.others[: recipients.AT_ONCE], due.others[recipients.AT_ONCE :]
    wanted = ((Claims(account_id, NO_SESSION), recipients.NEEDS) for account_id in first)
    sender_row, *rows = needs.read_each(((Claims(due.sender, NO_SESSION), PEER), *wanted))
    sender = None
    with skip_unreadable("push_sender_unreadable"):
        sender = blocks.peer_of(sender_row)
    if sender is None or not sender.is_active:
        return []
    found = [*recipients.opened(rows), *recipients.read(rest)]
    now = clock.now()
    return [
        one
        for one in found
        if one.permits(PushKind.MESSAGE, now)
        and not keep_apart(one.peer, sender)
        and not one.choices.mute(message.conversation_id, message.sender, now)
    ]


def _push(
    to: PushRecipient, tokens: tuple[PushToken, ...], message: NewMessage, outdated: Collection[PushId]
) -> bool:
    """Count and send the push to one person; return whether that is done, or a provider did not answer."""
    conversation_id = message.conversation_id
    push_id = push_ids.push_id(to.account.account_id, conversation_id)
    if not delivery.can_send(tokens):
        metrics.count(Metric.PUSH_UNANSWERED)
        return False
    try:
        store.count(push_id, conversation_id, message.at, _WINDOW, outdated)
    except store.CountedBefore:
        metrics.count(Metric.PUSH_COLLAPSED)
        return True
    if delivery.send(to, tokens, PushKind.MESSAGE, push_id):
        return True
    store.uncount(push_id, conversation_id, message.at, _WINDOW)
    return False
