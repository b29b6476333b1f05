"""A changed profile reaches Stream.

The table's stream only says whose item changed. What is sent is the state as read now, never the
image in the record: records come late, twice and out of order, and the newest state is right in each
of these cases. Only active accounts are sent, so a user who is gone is not made again; after sending,
the state is read once more, and whoever stopped being active meanwhile is deactivated there.
"""

from chalicelib.accounts.model import AccountState
from chalicelib.chat import gateway
from chalicelib.chat.gateway import StreamRefused, StreamUnavailable, UserBurned
from chalicelib.chat.model import ChatProfile
from chalicelib.core import metrics
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.profiles import service as profiles

# Two items an account in one batched read of 100.
_ACCOUNTS_AT_ONCE = 50


def sync(account_ids: list[AccountId]) -> list[AccountId]:
    """Bring these accounts' users at Stream up to date; returns those to try again."""
    failed: list[AccountId] = []
    for start in range(0, len(account_ids), _ACCOUNTS_AT_ONCE):
        failed += _sync_some(account_ids[start : start + _ACCOUNTS_AT_ONCE])
    return failed


def _sync_some(account_ids: list[AccountId]) -> list[AccountId]:
    wanted = _active(account_ids)
    metrics.count(Metric.CHAT_PROFILE_SKIPPED, len(account_ids) - len(wanted))
    sent, failed = _send(wanted)
    metrics.count(Metric.CHAT_PROFILE_SYNCED, len(sent))
    return failed + _withdraw_ended(sent)


def _active(account_ids: list[AccountId]) -> dict[AccountId, ChatProfile]:
    return {
        account.account_id: ChatProfile(account.user_id, profile.display_name, profile.avatar_url)
        for account, profile in profiles.by_accounts(account_ids)
        if account.state is AccountState.ACTIVE
    }


def _send(
    wanted: dict[AccountId, ChatProfile],
) -> tuple[dict[AccountId, UserId], list[AccountId]]:
    """Send all in one call; a refused batch one by one, so that one bad user holds up nobody."""
    if not wanted:
        return {}, []
    try:
        gateway.upsert(wanted.values())
    except StreamUnavailable:
        return {}, list(wanted)
    except StreamRefused:
        return _send_singly(wanted)
    return {account_id: profile.id for account_id, profile in wanted.items()}, []


def _send_singly(
    wanted: dict[AccountId, ChatProfile],
) -> tuple[dict[AccountId, UserId], list[AccountId]]:
    sent: dict[AccountId, UserId] = {}
    failed: list[AccountId] = []
    for account_id, profile in wanted.items():
        try:
            gateway.upsert([profile])
        except UserBurned:
            metrics.count(Metric.CHAT_PROFILE_SKIPPED)  # deleted there: an id is never used again
        except (StreamRefused, StreamUnavailable):
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
            failed.append(account_id)
        else:
            sent[account_id] = profile.id
    return sent, failed


def _withdraw_ended(sent: dict[AccountId, UserId]) -> list[AccountId]:
    """Deactivate at Stream whoever was frozen or erased while we were sending."""
    failed: list[AccountId] = []
    still = _active(list(sent)) if sent else {}
    for account_id in sent.keys() - still.keys():
        try:
            gateway.deactivate(sent[account_id])
        except UserBurned:
            continue
        except (StreamRefused, StreamUnavailable):
            failed.append(account_id)
    return failed
