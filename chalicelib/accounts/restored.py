"""What accounts had last, and which claims they lack, after a restore of Accounts or Claims (ADR 66).

A mark counts unless the Ledger has a newer change: then it was copied back, or the newest mark was lost, and
what the account had last is not known.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib.accounts import store
from chalicelib.accounts.model import Account, ChangeKind, ClaimedValues, ClaimKind, LastChange
from chalicelib.accounts.store import claim_keys
from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain
from chalicelib.core.ids import AccountId


def chains_since(since: datetime) -> frozenset[Chain]:
    """The chains of all accounts that recorded a change since an instant.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    return frozenset(chain.chains_touched_since(since, *ChangeKind))


def recorded_at(history: Chain) -> datetime | None:
    """The instant of the newest change in a chain.

    Raises:
        Unreadable: its entry was altered.
    """
    newest = chain.head(history)
    return clock.from_epoch(newest.data["at"]) if newest else None


def last_number(account: Account, mark: LastChange | None, recorded: datetime | None) -> str | None:
    """The number that an account had last; None if it had none, or if it is not known."""
    if mark and _is_newest(mark, recorded):
        return mark.phone
    if recorded is None or (account.number_changed_at and account.number_changed_at >= recorded):
        return account.phone  # it has not changed since
    return None


def is_verified(email: str | None, mark: LastChange | None, recorded: datetime | None) -> bool:
    """Whether a mailbox is still the one that was verified last; none needs no proof."""
    if email is None or (mark is None and recorded is None):
        return True
    return mark is not None and _is_newest(mark, recorded) and mark.email == email


def _is_newest(mark: LastChange, recorded: datetime | None) -> bool:
    return recorded is None or recorded <= mark.at


def unclaimed(accounts: Iterable[ClaimedValues]) -> Iterator[tuple[AccountId, ClaimKind, str]]:
    """The values of some accounts that they have no claim on."""
    keys = {
        (one.account_id, kind, value): claim_keys(kind, value)
        for one in accounts
        for kind, value in one.by_kind().items()
    }
    owners = store.owners_at(key for places in keys.values() for key in places)
    for missing, places in keys.items():
        if missing[0] not in {owners.get(key) for key in places}:
            yield missing
