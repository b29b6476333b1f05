"""Keys, and the conversion of values to and from DynamoDB's wire format."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from chalicelib.core.ids import AccountId
from chalicelib.core.table_names import Table

Item = dict[str, Any]

_ACCOUNT = "A#"  # before the id, in the partition keys of accounts


class Key(NamedTuple):
    """The table and the key of an item. `sk` is None in tables without a sort key."""

    table: Table
    pk: str
    sk: str | None = None

    def attributes(self) -> dict[str, str]:
        """The key attributes of the item."""
        return {"pk": self.pk} if self.sk is None else {"pk": self.pk, "sk": self.sk}


def partition_of(account_id: AccountId) -> str:
    """The partition key of an account, in every table and index whose items are found by the account."""
    return f"{_ACCOUNT}{account_id}"


def account_of(pk: str) -> AccountId:
    """The account of a partition key; no valid id if it is not the key of an account."""
    return AccountId(pk.removeprefix(_ACCOUNT))


def owner_of(pk: str) -> AccountId | None:
    """The account of a partition key; None if it is not the key of an account."""
    account_id = AccountId.parse(account_of(pk))
    return account_id if account_id and pk == partition_of(account_id) else None


def changed_key(change: Mapping[str, Any]) -> Key:
    """The key of the item that a record of the stream of Accounts is about, from its part `dynamodb`."""
    return Key(Table.ACCOUNTS, **plain(change["Keys"]))


class Conflict(Exception):
    """A condition did not hold. `found` is the item at the key, if DynamoDB returned it."""

    def __init__(self, found: Item | None = None) -> None:
        super().__init__(type(self).__name__)
        self.found = found


def wire(value: object) -> dict[str, Any]:
    """One value in DynamoDB's wire format.

    boto3's own conversion makes a Decimal of each number, and takes four times as long.

    Raises:
        TypeError: a value of another type.
    """
    kind, one = "", value
    match value:
        case str():
            kind = "S"
        case bool():  # before int, since a bool is one
            kind = "BOOL"
        case int():
            kind, one = "N", str(int(value))
        case bytes():
            kind = "B"
        case dict():
            kind, one = "M", {str(name): wire(inner) for name, inner in value.items()}
        case list() | tuple():
            kind, one = "L", [wire(inner) for inner in value]
        case None:
            kind, one = "NULL", True
        case _:
            raise TypeError(type(value).__name__)
    return {kind: one}


def wire_item(item: Mapping[str, object]) -> dict[str, Any]:
    """An item in DynamoDB's wire format; attributes that are None are dropped."""
    return {name: wire(value) for name, value in item.items() if value is not None}


def plain(raw: Mapping[str, Any]) -> Item:
    """An item of DynamoDB's wire format, in plain values."""
    return {name: _plain(value) for name, value in raw.items()}


def _plain(value: Mapping[str, Any]) -> object:
    """One value of the wire format; numbers as int, since ours are whole.

    An item that was put by hand may have a set or a fraction. It must not stop a job that reads everything.
    """
    ((kind, one),) = value.items()
    return one if kind in _AS_IT_IS else _READERS.get(kind, set)(one)


_AS_IT_IS = frozenset({"S", "BOOL"})
_READERS: dict[str, Callable[[Any], object]] = {
    # Base64 if `core/aws` read the answer.
    "B": lambda one: b64decode(one) if isinstance(one, str) else one,
    "N": lambda digits: int(digits) if digits.isdecimal() else int(Decimal(digits)),
    "M": plain,
    "L": lambda inner: [_plain(one) for one in inner],
    "NULL": lambda _: None,
}
