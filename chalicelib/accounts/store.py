"""All DynamoDB of accounts and claims.

A claim's key is `<kind>#<key version>#<HMAC of the value>`, so the table tells nobody's number, and a
conditional create makes a value belong to one account whatever races.
"""

from enum import StrEnum

from chalicelib.accounts.model import Account, Claim
from chalicelib.core import keyring, table
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.needs import Need
from chalicelib.core.settings import Secret
from chalicelib.core.table import Conflict, Create, Item, Key, Table
from chalicelib.privacy import codec


class ClaimKind(StrEnum):
    """What can be owned by one account only."""

    PHONE = "phone"
    USER = "user"


class AlreadyClaimed(Conflict):
    """Another account owns this value."""


def account_key(account_id: AccountId) -> Key:
    """Where the account's own item is; everything of a subject lies under the same pk."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "account")


def _read(item: Item | None) -> Account | None:
    return codec.from_item(Account, item) if item else None


ACCOUNT: Need[Account | None] = Need(lambda claims: account_key(claims.account_id), _read)


def get(account_id: AccountId) -> Account | None:
    """One account."""
    return _read(table.get(account_key(account_id)))


def creation(account: Account) -> list[Create]:
    """The writes that make an account and claim what only it may own; for a transaction."""
    return [
        _claim(ClaimKind.PHONE, account.phone, account.account_id),
        _claim(ClaimKind.USER, account.user_id, account.account_id),
        Create(account_key(account.account_id), codec.to_item(account)),
    ]


def owner_of_phone(phone: str) -> AccountId | None:
    """Whose number this is, under any version of the lookup key."""
    return _owner(ClaimKind.PHONE, phone)


def owner_of_user(user_id: UserId) -> AccountId | None:
    """Whose public id this is."""
    return _owner(ClaimKind.USER, user_id)


def _owner(kind: ClaimKind, value: str) -> AccountId | None:
    labels = keyring.mac_keys(Secret.LOOKUP).labels(kind, value)
    found = table.batch_get(Key(Table.CLAIMS, label) for label in labels)
    return next((codec.from_item(Claim, item).account_id for item in found.values()), None)


def _claim(kind: ClaimKind, value: str, owner: AccountId) -> Create:
    label = keyring.mac_keys(Secret.LOOKUP).label(kind, value)
    return Create(Key(Table.CLAIMS, label), codec.to_item(Claim(account_id=owner)), conflict=AlreadyClaimed)
