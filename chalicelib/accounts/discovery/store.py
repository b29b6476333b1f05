"""All DynamoDB access of the rows by which users are found by number.

    discoverable#<key version>#<HMAC of the number>   in Claims: the account

Invariants:

- An account that can be found names its row in `found_under`; others name none. The writes that change
  number, switch, state or suspension write or delete the row too, so that it stands only while the account
  is active. A suspension that ends by itself gets it back from the job that ends it.
- A row proves nothing. The code that finds one reads the account again, which must name this row. A restore
  may leave a row that no account names, and its last pass writes those that are missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.discovery.model import DiscoverableNumber
from chalicelib.accounts.model import Account, AccountState
from chalicelib.core import keyring, table
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import Secret
from chalicelib.core.table import ALWAYS, Attr, Create, Delete, Discard, Key, Table, Write
from chalicelib.privacy import codec

_KIND = "discoverable"  # a domain of the lookup key, and the first part of a row's name
_WITHOUT_NUMBER = "no number"
_AT_ONCE = 100  # of a batched read


@dataclass(frozen=True, repr=False)
class FoundRow:
    """A row, its number, and the account in it."""

    phone: str
    name: str
    owner: AccountId


def row_name(phone: str | None) -> str:
    """What an account with a number is found under, by the current version of the lookup key.

    An account that lost its number can be found again when it has one.
    """
    return _names(phone)[0] if phone else _WITHOUT_NUMBER


def rows(account: Account, state: AccountState) -> list[Write]:
    """The write of the row that an account has in a state."""
    key = _row_of(account)
    if key is None or state is not AccountState.ACTIVE or account.is_suspended:
        return []
    item = codec.to_item(DiscoverableNumber(account_id=account.account_id), key)
    return [Create(key, item, or_over=ALWAYS)]


def deletions(account: Account) -> list[Write]:
    """The write that deletes the row of an account, whether or not there is one."""
    key = _row_of(account)
    return [Discard(key)] if key else []


def _row_of(account: Account) -> Key | None:
    name = account.found_under
    return Key(Table.CLAIMS, name) if name and name != _WITHOUT_NUMBER else None


def is_found_as(account: Account) -> ConditionBase:
    """The condition that an account names the row that was read, or none."""
    known = Attr("found_under")
    return known.eq(account.found_under) if account.found_under else known.not_exists()


def forget(phone: str, owner: AccountId) -> None:
    """Delete the rows of a number of an account, in every version."""
    for name in _names(phone):
        table.try_write(Delete(Key(Table.CLAIMS, name), only_if=Attr("account_id").eq(owner)))


def found_by(phones: Iterable[str]) -> list[FoundRow]:
    """The rows of numbers, in the order of the numbers, under each version of the lookup key.

    It takes a read for each hundred numbers and version.
    """
    places = {Key(Table.CLAIMS, name): phone for phone in phones for name in _names(phone)}
    items = {key: item for some in batched(places, _AT_ONCE) for key, item in table.batch_get(some).items()}
    return [
        FoundRow(phone, key.pk, codec.opened(DiscoverableNumber, items[key]).account_id)
        for key, phone in places.items()
        if key in items
    ]


def once_per_row(writes: Iterable[Write]) -> list[Write]:
    """Writes of several accounts without the deletion of a row that another one of them writes."""
    listed = list(writes)
    written = {one.key for one in listed if isinstance(one, Create)}
    return [one for one in listed if not (isinstance(one, Discard) and one.key in written)]


def delete_nameless(row: str, owner: AccountId) -> None:
    """Delete a row that the account in it does not name."""
    table.try_write(Delete(Key(Table.CLAIMS, row), only_if=Attr("account_id").eq(owner)))


def _names(phone: str) -> list[str]:
    return list(keyring.mac_keys(Secret.LOOKUP).lookup_keys(_KIND, phone))
