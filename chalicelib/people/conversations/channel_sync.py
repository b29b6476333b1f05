"""Makes channels at Stream match our conversations (ADR 40).

What is sent is the current state, by calls that may be repeated: get or create the channel, compare its
members and its name, send the difference. Each change marks its row (ADR 69), so the worker makes up for a
route that was killed after its transaction.

Invariants:

- A route removes the mark of its own change after its calls. If the conversation was changed meanwhile, that
  fails: the row gets a new mark, and the route sends the new state, because another change may have reached
  Stream before its calls.
- The worker deletes a channel, and then the row of the conversation that ended. Only reconciliation deletes
  others, which have no row.
- A user whom Stream refuses delays no other one. It is counted.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from chalicelib.core import metrics
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import ConversationId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write
from chalicelib.people.conversations import names, store
from chalicelib.people.conversations.model import NamedConversation, OpenConversation
from chalicelib.people.conversations.store import (
    UnsentConversation,
    burial,
    sent,
    unsent_conversation,
)
from chalicelib.privacy import unsent
from chalicelib.stream import channels
from chalicelib.stream.model import (
    SYSTEM_USER,
    ChatChannel,
    FoundChannel,
    StreamRefused,
    StreamUnavailable,
    UserBurned,
)
from chalicelib.stream.users import sync

__all__ = [
    "UnsentConversation",
    "burial",
    "new_mark",
    "remove_members",
    "send",
    "send_leave",
    "sent",
    "unsent_conversation",
    "update_channel",
]

_TRIES = 3


def update_channel(conversation: OpenConversation) -> NamedConversation | None:
    """Make a channel match its conversation, and its current state if that changed meanwhile.

    Returns the state that the channel has, or None if the last member left: the worker deletes the channel.

    Raises:
        Unavailable: Stream or a table does not answer, or the conversation changed every time.
    """
    for _ in range(_TRIES):
        try:
            sent = _match(conversation)
            current = store.settle(conversation)
        except StreamRefused:
            raise Unavailable from None
        if current is None:
            return None
        if current == conversation:
            return sent
        conversation = current
    raise Unavailable


def send_leave(after: OpenConversation) -> None:
    """End the membership at Stream of a user who left; the worker does if Stream does not answer.

    The worker also deletes the channel after the last member.
    """
    if after.members:
        with suppress(Unavailable):
            update_channel(after)


def new_mark(conversation_id: ConversationId, read_before: OpenConversation | None) -> Write:
    """The write after which the worker sends a conversation that is not as it was read.

    Its conflict is MarkMoved: it is as it was read.
    """
    changed = store.is_other_than(read_before) if read_before else None
    return unsent.replacement(store.key(conversation_id), changed)


def send(current: OpenConversation) -> bool:
    """Make the channel of a conversation match it; return whether no call has to be repeated.

    The channel of one without members is deleted, or emptied if Stream refuses that.
    """
    try:
        with sync.count_refusal():
            if current.members or not _delete(current.cid):
                _match(current)
    except StreamUnavailable:
        return False
    return True


def _delete(cid: str) -> bool:
    """Delete a channel; return whether Stream has it no more.

    Raises:
        StreamUnavailable: Stream does not answer.
    """
    try:
        channels.delete(cid)
    except UserBurned:
        pass  # there is no such channel
    except StreamRefused:
        metrics.count(Metric.CHAT_PROFILE_REFUSED)
        return False
    return True


def _match(conversation: OpenConversation) -> NamedConversation:
    """Make the channel if there is none, and its members and name those of the conversation.

    Raises:
        StreamUnavailable: Stream does not answer; call it again.
        StreamRefused: Stream refuses the channel itself.
        Unavailable: the table of keys does not answer.
    """
    named = names.open_one(conversation)
    found = _opened(conversation, named.name)
    wanted, cid = conversation.user_ids, conversation.cid
    if missing := [user_id for user_id in wanted if user_id not in found.members]:
        _add(conversation, missing)
    if extra := sorted(found.members - {*wanted}):
        remove_members(cid, extra)
    if named.name is not None and found.name != named.name:
        channels.rename(cid, named.name)
    return named


def _opened(conversation: OpenConversation, name: str | None) -> FoundChannel:
    """Get or create the channel; without members if Stream refuses one of them."""
    channel = ChatChannel(conversation.cid, SYSTEM_USER, conversation.user_ids, name)
    try:
        return channels.get_or_create(channel)
    except StreamRefused:
        return channels.get_or_create(replace(channel, members=()))


def _add(conversation: OpenConversation, missing: list[UserId]) -> None:
    """Add members. If Stream refuses one of them, send their profiles first, and add each on its own."""
    try:
        channels.add_members(conversation.cid, missing)
    except StreamRefused:
        owners = [one.account_id for one in conversation.members if one.user_id in missing]
        if sync.sync(owners):
            raise StreamUnavailable from None
        for user_id in missing:
            with sync.count_refusal():
                channels.add_members(conversation.cid, [user_id])


def remove_members(cid: str, members: Collection[str]) -> None:
    """Remove members; one whom Stream does not know, and a channel that does not exist, are done."""
    try:
        channels.remove_members(cid, members)
    except StreamRefused:
        for member in members:
            with sync.count_refusal():
                channels.remove_members(cid, [member])
