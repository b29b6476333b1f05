"""The rules of accounts."""

from chalicelib.accounts import store
from chalicelib.accounts.model import Account
from chalicelib.accounts.store import ACCOUNT, AlreadyClaimed
from chalicelib.core import clock
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.table import Write

__all__ = ["ACCOUNT", "AlreadyClaimed", "by_id", "by_phone", "by_user_id", "open_account"]


def open_account(phone: str, locale: str | None) -> tuple[Account, list[Write]]:
    """A new account with random ids, and the writes that make it.

    The ids are never derived from the number, and a number that comes back after erasure gets new
    ones: nobody is recognised by an old id (ACC-1).
    """
    account = Account(
        account_id=AccountId.new(),
        user_id=UserId.new(),
        phone=phone,
        locale=locale,
        created_at=clock.now(),
    )
    return account, [*store.creation(account)]


def by_phone(phone: str) -> Account | None:
    """The account of a number."""
    owner = store.owner_of_phone(phone)
    return store.get(owner) if owner else None


def by_id(account_id: AccountId) -> Account | None:
    """One account."""
    return store.get(account_id)


def by_user_id(user_id: UserId) -> AccountId | None:
    """The account behind a public id."""
    return store.owner_of_user(user_id)
