"""The data key of each subject: created with the account, wrapped by the stage key, erased last.

An item of the Keys table holds every version of an account's data key, each wrapped for this account and
version. Deleting the item makes every copy of the subject's records unreadable at once. Copies in backups
become unreadable when the item leaves the backups of the Keys table, after seven days (RGT-3).
"""

from dataclasses import dataclass
from functools import cache

from chalicelib.core import keyring, sealing
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.sealing import Place, SealingKeys
from chalicelib.core.table import Create, Item, Key, Table, partition_of


@dataclass(frozen=True, repr=False)
class SubjectKeys(SealingKeys):
    """The data keys of one account."""

    account_id: AccountId


def key(account_id: AccountId) -> Key:
    """The key of the item with an account's data keys."""
    return Key(Table.KEYS, partition_of(account_id))


def new(account_id: AccountId) -> tuple[SubjectKeys, Create]:
    """A data key for a new account, and the write that stores it, for the account's transaction."""
    plain = sealing.new_key()
    item = {"kind": "data_key", "current": 1, "wrapped": {"1": wrap(account_id, 1, plain)}}
    return SubjectKeys(1, {1: plain}.get, account_id), Create(key(account_id), item)


def wrap(account_id: AccountId, version: int, plain: bytes) -> bytes:
    """A wrapped data key: sealed under the stage key for this account and version."""
    return keyring.wrapping_key().seal(plain, _place(account_id, version))


def unwrap(account_id: AccountId, version: int, wrapped: bytes) -> bytes:
    """The data key that was wrapped.

    Raises:
        SealingError: altered, moved from another account, or its version of the stage key does not exist.
    """
    return keyring.wrapping_key().open(wrapped, _place(account_id, version))


def _place(account_id: AccountId, version: int) -> Place:
    return Place("data_key", key(account_id).pk, str(version))


def from_item(account_id: AccountId, item: Item | None) -> SubjectKeys:
    """The keys of an item, unwrapped when they are used; no keys if there is no item."""
    wrapped: dict[str, bytes] = {v: bytes(blob) for v, blob in (item or {}).get("wrapped", {}).items()}

    @cache
    def find(version: int) -> bytes | None:
        blob = wrapped.get(str(version))
        return unwrap(account_id, version, blob) if blob is not None else None

    return SubjectKeys(int((item or {}).get("current", 0)), find, account_id)


def _read(item: Item | None, found: Found) -> SubjectKeys:
    return from_item(found.claims.account_id, item)


DATA_KEY: Need[SubjectKeys] = Need(lambda claims: key(claims.account_id), _read)
