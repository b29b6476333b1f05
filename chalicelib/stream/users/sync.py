"""Sends profiles to Stream, and sets the blocks of users there as their lists say (ADR 37).

What is sent is the current state, so callers may be late, come twice, or out of order.

Invariants:

- Only active accounts are sent, so a user who was deleted is not created again.
- After sending, `sync` reads the accounts of the batch again. The user of each account that is not active is
  deactivated, even if this run did not send it: an earlier run may have been killed, or got no answer,
  between sending and deactivating. A user who was sent and whose account no longer exists is deactivated too,
  also if Stream did not answer, since it may have stored the user. The worker of marks (ADR 69) uses `send`:
  it notices changed accounts when it removes the marks.
- Revocations of active accounts are sent after their profiles, and do not depend on them: a profile that
  cannot be opened, or that Stream refuses, does not keep a token valid.
- The status of a user is sent with the profile, in one call (STR-10, ADR 111).
- A record that cannot be opened is skipped and counted. It delays no other record, and deactivates no user.
- If KMS or a table does not answer, the run fails, and its caller repeats it.

Of blocks:

- The routes do not call Stream. This module compares the current list with Stream's, and sends the
  difference. So an outage of Stream only delays the block there.
- Only active accounts are compared. The thaw of an account marks it, so its list is compared again.
- Our list decides: a block that a client set at Stream itself is lifted.
- A user whom Stream does not know, or refuses, delays no other one. It is counted.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeGuard

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.model import Avatar, address_of
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.model import BlockList
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import Profile
from chalicelib.consents.notices import versions
from chalicelib.core import clock, metrics
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Category, Practice
from chalicelib.stream import answers, gateway
from chalicelib.stream.model import ChatProfile, StreamRefused, StreamUnavailable, UserBurned

# Accounts per batched read, which takes 100 items: four per account, with its data key.
_ACCOUNTS_AT_ONCE = 25


def sync(account_ids: list[AccountId]) -> list[AccountId]:
    """Update the users of accounts at Stream; return the accounts to try again."""
    failed: list[AccountId] = []
    for some in batched(account_ids, _ACCOUNTS_AT_ONCE):
        failed += _sync_some(some)
    return failed


def _sync_some(account_ids: list[AccountId]) -> list[AccountId]:
    stored = profiles.by_accounts(account_ids)
    wanted = {one[0].account_id: chat_profile(*one) for one in stored if one[0].is_active}
    metrics.count(Metric.CHAT_PROFILE_SKIPPED, len(account_ids) - len(wanted))
    return send(wanted, lambda: accounts.glances(account_ids))


def chat_profile(account: Account, profile: Profile, avatar: Avatar | None) -> ChatProfile:
    """What Stream should have of an active account."""
    invisible = not profile.online_visible if versions.describes(Practice.HIDING_STATUS) else None
    image = address_of(account.user_id, avatar)
    return ChatProfile(account.user_id, profile.display_name, image, invisible)


def send(
    wanted: Mapping[AccountId, ChatProfile], read: Callable[[], Mapping[AccountId, Account | None]]
) -> list[AccountId]:
    """Send profiles and revocations of active accounts, and deactivate the others; return those to try again.

    `read` returns all accounts concerned, as they are after the profiles were sent.
    """
    sent = _send(wanted)
    metrics.count(Metric.CHAT_PROFILE_SYNCED, len(sent.taken))
    after = read()
    active = [account for account in after.values() if _is_active(account)]
    ended = _ended_users(after, sent.taken | sent.unanswered)
    again = [account_id for account_id in sent.unanswered if account_id not in ended]
    unrevoked = _revoke([account for account in active if account.account_id not in sent.unanswered])
    return [*again, *unrevoked, *deactivate(ended)]


def _is_active(account: Account | None) -> TypeGuard[Account]:
    return account is not None and account.is_active


def _ended_users(
    after: Mapping[AccountId, Account | None], sent: dict[AccountId, UserId]
) -> dict[AccountId, UserId]:
    """The users whose account is not active, and sent users whose account is erased."""
    ended: dict[AccountId, UserId] = {}
    for account_id, account in after.items():
        user_id = account.user_id if account else sent.get(account_id)
        if user_id and not _is_active(account):
            ended[account_id] = user_id
    return ended


def _revoke(owners: list[Account]) -> list[AccountId]:
    """Send the revocations that may still matter; return the accounts that got no answer.

    They are sent after each upsert, since a full replacement may clear a revocation at Stream, and for an
    hour, since no chat token lives longer.
    """
    alive_since = clock.now() - settings().chat_token_life
    before = {
        account.user_id: account.revoked_before
        for account in owners
        if account.revoked_before and account.revoked_before > alive_since
    }
    if not before:
        return []
    missed = _send_revocations(before)
    return [account.account_id for account in owners if account.user_id in missed]


def _send_revocations(before: dict[UserId, datetime]) -> set[UserId]:
    """Revoke in one call, or one by one if the batch is refused; return the unanswered users.

    Thus a user who was deleted at Stream does not delay the others.
    """
    try:
        gateway.revoke(before)
    except StreamUnavailable:
        return set(before)
    except StreamRefused:
        if len(before) == 1:
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
            return set()
        return set().union(*(_send_revocations({user_id: at}) for user_id, at in before.items()))
    return set()


@dataclass
class _Sent:
    """The users that Stream stored, and those for which it gave no answer and may have."""

    taken: dict[AccountId, UserId] = field(default_factory=dict)
    unanswered: dict[AccountId, UserId] = field(default_factory=dict)


def _send(wanted: Mapping[AccountId, ChatProfile]) -> _Sent:
    """Send profiles in one call, or one by one if refused, so that one cannot block the rest."""
    if not wanted:
        return _Sent()
    users = {account_id: profile.id for account_id, profile in wanted.items()}
    try:
        gateway.upsert(wanted.values())
    except StreamUnavailable:
        return _Sent(unanswered=users)
    except StreamRefused:
        return _send_singly(wanted)
    return _Sent(taken=users)


def _send_singly(wanted: Mapping[AccountId, ChatProfile]) -> _Sent:
    sent = _Sent()
    for account_id, profile in wanted.items():
        try:
            gateway.upsert([profile])
        except UserBurned:
            metrics.count(Metric.CHAT_PROFILE_SKIPPED)  # deleted there; user IDs are never reused
        except StreamRefused:
            # Refused permanently, so it is counted; a retry would delay all later records.
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
        except StreamUnavailable:
            sent.unanswered[account_id] = profile.id
        else:
            sent.taken[account_id] = profile.id
    return sent


def deactivate(ended: Mapping[AccountId, UserId]) -> list[AccountId]:
    """Deactivate users at Stream; return the accounts for which it did not answer."""
    missed: list[AccountId] = []
    for account_id, user_id in ended.items():
        try:
            gateway.deactivate(user_id)
        except UserBurned:
            continue  # never stored, or deleted there: no user is active
        except StreamRefused:
            # For example, the user is already deactivated; a retry would be refused again.
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
        except StreamUnavailable:
            missed.append(account_id)
    return missed


@contextmanager
def count_refusal() -> Iterator[None]:
    """Count a call that Stream refuses, so that it delays no other one."""
    try:
        yield
    except UserBurned:
        metrics.count(Metric.CHAT_PROFILE_SKIPPED)  # not sent to Stream yet, or deleted there
    except StreamRefused:
        metrics.count(Metric.CHAT_PROFILE_REFUSED)


# The personal data that the calls send to Stream.
_A_BLOCK = gateway.AN_ID | {Category.CONTACTS}


def send_blocks(account: Account, listed: BlockList) -> bool:
    """Set the blocks of an active account's user; return whether no call has to be repeated."""
    try:
        with count_refusal():
            _set(account.user_id, blocks.wanted_at_stream(listed))
    except StreamUnavailable:
        return False
    return True


def _set(user_id: UserId, wanted: frozenset[UserId]) -> None:
    stored = blocked_users(user_id)
    for other in sorted(wanted - stored):
        with count_refusal():
            block(user_id, other)
    for gone in sorted(stored - wanted):
        try:
            unblock(user_id, gone)
        except UserBurned:
            continue  # lifted meanwhile, or deleted there
        except StreamRefused:
            metrics.count(Metric.CHAT_PROFILE_REFUSED)


def block(user_id: UserId, other: UserId) -> None:
    """Block a user on behalf of another; may be repeated.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the block was not made.
    """
    gateway.ask(lambda client: client.block_user(other, user_id), sending=_A_BLOCK)


def unblock(user_id: UserId, other: str) -> None:
    """Lift a block; Stream may refuse to lift one that does not exist.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the block was not lifted.
    """
    gateway.ask(lambda client: client.unblock_user(other, user_id), sending=_A_BLOCK)


def blocked_users(user_id: UserId) -> frozenset[str]:
    """The ids of the users whom a user blocks at Stream.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: they are not known.
    """
    answer = gateway.ask(lambda client: client.get_blocked_users(user_id), sending=gateway.AN_ID)
    return gateway.read_answer(answers.blocked_users, answer)
