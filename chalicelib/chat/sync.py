"""A changed profile reaches Stream.

The table's stream only says whose item changed. What is sent is the state as read now, never the
image in the record: records come late, twice and out of order, and the newest state is right in each
of these cases. Only active accounts are sent, so a user who is gone is not made again. After sending, the
state is read once more, and a user whose account is no longer active is deactivated there, also if Stream
did not answer: it may have taken them. So is the user of every account that was not active in the first
place: an earlier run may have been killed, or not answered, between sending and deactivating.
"""

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.accounts.model import Account, AccountState
from chalicelib.chat import gateway
from chalicelib.chat.gateway import StreamRefused, StreamUnavailable, UserBurned
from chalicelib.chat.model import ChatProfile
from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.profiles import service as profiles
from chalicelib.profiles.model import Profile

# Three items an account (with its data key) in one batched read of 100.
_ACCOUNTS_AT_ONCE = 33


def sync(account_ids: list[AccountId]) -> list[AccountId]:
    """Bring these accounts' users at Stream up to date; returns those to try again."""
    failed: list[AccountId] = []
    for start in range(0, len(account_ids), _ACCOUNTS_AT_ONCE):
        failed += _sync_some(account_ids[start : start + _ACCOUNTS_AT_ONCE])
    return failed


def _sync_some(account_ids: list[AccountId]) -> list[AccountId]:
    accounts = profiles.by_accounts(account_ids)
    wanted = _active(accounts)
    metrics.count(Metric.CHAT_PROFILE_SKIPPED, len(account_ids) - len(wanted))
    sent = _send(wanted)
    metrics.count(Metric.CHAT_PROFILE_SYNCED, len(sent.taken))
    told = sent.taken | sent.unanswered
    still = _active(profiles.by_accounts(list(told))) if told else {}
    ended = {account_id: user_id for account_id, user_id in told.items() if account_id not in still}
    before = {one.account_id: one.user_id for one, _ in accounts if one.account_id not in wanted}
    again = [account_id for account_id in sent.unanswered if account_id not in ended]
    unrevoked = _revoke({account_id: still[account_id] for account_id in sent.taken if account_id in still})
    return [*again, *unrevoked, *_withdraw({**before, **ended})]


@dataclass(frozen=True)
class _User:
    """A user as they are to be at Stream."""

    profile: ChatProfile
    revoked_before: datetime | None


def _active(accounts: list[tuple[Account, Profile]]) -> dict[AccountId, _User]:
    return {
        account.account_id: _User(
            ChatProfile(account.user_id, profile.display_name, profile.avatar_url), account.revoked_before
        )
        for account, profile in accounts
        if account.state is AccountState.ACTIVE
    }


def _revoke(users: dict[AccountId, _User]) -> list[AccountId]:
    """Send the revocations that still matter; returns the accounts of those that did not arrive.

    After each upsert, since a full replacement may clear one at Stream; for an hour, since no chat token
    lives longer.
    """
    alive_since = clock.now() - settings().chat_token_life
    before = {
        user.profile.id: user.revoked_before
        for user in users.values()
        if user.revoked_before and user.revoked_before > alive_since
    }
    if not before:
        return []
    missed = _unanswered_revocations(before)
    return [account_id for account_id, user in users.items() if user.profile.id in missed]


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


def _send(wanted: dict[AccountId, _User]) -> _Sent:
    """Send all in one call; a refused batch one by one, so that one bad user holds up nobody."""
    if not wanted:
        return _Sent()
    users = {account_id: user.profile.id for account_id, user in wanted.items()}
    try:
        gateway.upsert(user.profile for user in wanted.values())
    except StreamUnavailable:
        return _Sent(unanswered=users)
    except StreamRefused:
        return _send_singly(wanted)
    return _Sent(taken=users)


def _send_singly(wanted: dict[AccountId, _User]) -> _Sent:
    sent = _Sent()
    for account_id, user in wanted.items():
        try:
            gateway.upsert([user.profile])
        except UserBurned:
            metrics.count(Metric.CHAT_PROFILE_SKIPPED)  # deleted there: an id is never used again
        except StreamRefused:
            # Refused now and later: asking again would hold up everybody behind it. It is counted.
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
        except StreamUnavailable:
            sent.unanswered[account_id] = user.profile.id
        else:
            sent.taken[account_id] = user.profile.id
    return sent


def _withdraw(ended: dict[AccountId, UserId]) -> list[AccountId]:
    """Deactivate at Stream whoever was frozen or erased while we were sending; returns whom it missed."""
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
