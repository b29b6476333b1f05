"""A changed profile reaches Stream.

The table's stream only says whose item changed. What is sent is the state as read now, never the
image in the record: records come late, twice and out of order, and the newest state is right in each
of these cases.

Invariants:

- Only active accounts are sent, so a user who is gone is not made again.
- After sending, the accounts of the batch are read once more. The user of each account that is not active is
  deactivated, whether or not this run sent it: an earlier run may have been killed, or not answered, between
  sending and deactivating. So is a user who was sent and whose account is gone, also if Stream did not
  answer: it may have taken them.
- The revocations of active accounts are sent after their profiles, and do not depend on them: a profile that
  cannot be opened, or that Stream refuses, does not keep a token alive.
- A record that cannot be opened is left out and counted. It holds up no other, and deactivates nobody.
- KMS or a table that does not answer fails the run; the records are delivered again.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeGuard

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, AccountState
from chalicelib.chat import gateway
from chalicelib.chat.gateway import StreamRefused, StreamUnavailable, UserBurned
from chalicelib.chat.model import ChatProfile
from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.profiles import service as profiles

# Three items an account (with its data key) in one batched read of 100.
_ACCOUNTS_AT_ONCE = 33


def sync(account_ids: list[AccountId]) -> list[AccountId]:
    """Bring these accounts' users at Stream up to date; returns those to try again."""
    failed: list[AccountId] = []
    for start in range(0, len(account_ids), _ACCOUNTS_AT_ONCE):
        failed += _sync_some(account_ids[start : start + _ACCOUNTS_AT_ONCE])
    return failed


def _sync_some(account_ids: list[AccountId]) -> list[AccountId]:
    wanted = _wanted(account_ids)
    metrics.count(Metric.CHAT_PROFILE_SKIPPED, len(account_ids) - len(wanted))
    sent = _send(wanted)
    metrics.count(Metric.CHAT_PROFILE_SYNCED, len(sent.taken))
    after = accounts.glances(account_ids)
    active = [account for account in after.values() if _is_active(account)]
    ended = _ended(after, sent.taken | sent.unanswered)
    again = [account_id for account_id in sent.unanswered if account_id not in ended]
    unrevoked = _revoke([account for account in active if account.account_id not in sent.unanswered])
    return [*again, *unrevoked, *_withdraw(ended)]


def _wanted(account_ids: list[AccountId]) -> dict[AccountId, ChatProfile]:
    """The users as they are to be at Stream."""
    return {
        account.account_id: ChatProfile(account.user_id, profile.display_name, profile.avatar_url)
        for account, profile in profiles.by_accounts(account_ids)
        if _is_active(account)
    }


def _is_active(account: Account | None) -> TypeGuard[Account]:
    return account is not None and account.state is AccountState.ACTIVE


def _ended(after: dict[AccountId, Account | None], sent: dict[AccountId, UserId]) -> dict[AccountId, UserId]:
    """The users whose account is not active, and those who were sent and whose account is gone."""
    ended: dict[AccountId, UserId] = {}
    for account_id, account in after.items():
        user_id = account.user_id if account else sent.get(account_id)
        if user_id and not _is_active(account):
            ended[account_id] = user_id
    return ended


def _revoke(owners: list[Account]) -> list[AccountId]:
    """Send the revocations that still matter; returns the accounts of those that did not arrive.

    After each upsert, since a full replacement may clear one at Stream; for an hour, since no chat token
    lives longer.
    """
    alive_since = clock.now() - settings().chat_token_life
    before = {
        account.user_id: account.revoked_before
        for account in owners
        if account.revoked_before and account.revoked_before > alive_since
    }
    if not before:
        return []
    missed = _unanswered_revocations(before)
    return [account.account_id for account in owners if account.user_id in missed]


def _unanswered_revocations(before: dict[UserId, datetime]) -> set[UserId]:
    """Revoke all in one call; a refused batch one by one, so that a deleted user holds up nobody."""
    try:
        gateway.revoke(before)
    except StreamUnavailable:
        return set(before)
    except StreamRefused:
        if len(before) == 1:
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
            return set()
        return set().union(*(_unanswered_revocations({user_id: at}) for user_id, at in before.items()))
    return set()


@dataclass
class _Sent:
    """What became of accounts whose users were sent. Without an answer Stream may have taken one or not."""

    taken: dict[AccountId, UserId] = field(default_factory=dict)
    unanswered: dict[AccountId, UserId] = field(default_factory=dict)


def _send(wanted: dict[AccountId, ChatProfile]) -> _Sent:
    """Send all in one call; a refused batch one by one, so that one bad user holds up nobody."""
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


def _send_singly(wanted: dict[AccountId, ChatProfile]) -> _Sent:
    sent = _Sent()
    for account_id, profile in wanted.items():
        try:
            gateway.upsert([profile])
        except UserBurned:
            metrics.count(Metric.CHAT_PROFILE_SKIPPED)  # deleted there: an id is never used again
        except StreamRefused:
            # Refused now and later: asking again would hold up everybody behind it. It is counted.
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
        except StreamUnavailable:
            sent.unanswered[account_id] = profile.id
        else:
            sent.taken[account_id] = profile.id
    return sent


def _withdraw(ended: dict[AccountId, UserId]) -> list[AccountId]:
    """Deactivate users at Stream; returns the accounts of those for whom it did not answer."""
    missed: list[AccountId] = []
    for account_id, user_id in ended.items():
        try:
            gateway.deactivate(user_id)
        except UserBurned:
            continue  # never taken, or deleted there: nobody is active
        except StreamRefused:
            # Such as being deactivated already; asking again is vain.
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
        except StreamUnavailable:
            missed.append(account_id)
    return missed
