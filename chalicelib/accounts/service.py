"""The rules of accounts."""

from collections.abc import Iterable
from contextlib import suppress

from chalicelib.accounts import store
from chalicelib.accounts.model import Account
from chalicelib.accounts.store import (
    ACCOUNT,
    OPEN_ACCOUNT,
    SHARDS,
    AlreadyClaimed,
    ClaimMoved,
    RevokedLater,
    live_accounts,
    owner_of_phone,
    owner_of_user,
    revocation,
)
from chalicelib.core import clock, needs
from chalicelib.core.ids import AccountId, Pseudonym, UserId
from chalicelib.core.table import Write
from chalicelib.privacy import subject_keys
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

__all__ = [
    "ACCOUNT",
    "OPEN_ACCOUNT",
    "SHARDS",
    "AlreadyClaimed",
    "RevokedLater",
    "live_accounts",
    "open_account",
    "owner_of_phone",
    "owner_of_user",
    "rekey_claims",
    "revocation",
]


def open_account(phone: str, locale: str | None) -> tuple[Account, SubjectKeys, list[Write]]:
    """A new account with random ids and a data key of its own, and the writes that make them.

    The ids are never derived from the number, and a number that comes back after erasure gets new
    ones: nobody is recognised by an old id (ACC-1).
    """
    account_id = AccountId.new()
    account = Account(
        account_id=account_id,
        live=store.shard_of(account_id),
        user_id=UserId.new(),
        phone=phone,
        locale=locale,
        pseudonym=Pseudonym.new(),
        created_at=clock.now(),
    )
    keys, keeping = subject_keys.new(account.account_id)
    return account, keys, [keeping, *store.creation(account, keys)]


def rekey_claims(owners: Iterable[AccountId]) -> int:
    """Move the claims of at most 50 accounts under the current lookup key; returns how many moved.

    A claim holds a keyed hash only; the values are in the accounts, which are opened for it. An account
    that is erased meanwhile has released its claims, so there is nothing left to move.
    """
    moved = 0
    for row in needs.read_accounts(owners, (OPEN_ACCOUNT, DATA_KEY)):
        if account := row[OPEN_ACCOUNT]:
            with suppress(ClaimMoved):
                moved += store.rekey(account)
    return moved
