"""Keys, and the conversion of values to and from DynamoDB's wire format."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

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


def changed_key(name: Table, change: Mapping[str, Any]) -> Key:
    """The key of the item that a record of a table's stream is about, from its part `dynamodb`."""
    return Key(name, **plain(change["Keys"]))


class Conflict(Exception):
    """A condition did not hold. `found` is the item at the key, if DynamoDB returned it."""

    def __init__(self, found: Item | None = None) -> None:
        super().__init__(type(self).__name__)
        self.found = found


@cache
def _serializer() -> TypeSerializer:
    return TypeSerializer()


@cache
def _deserializer() -> TypeDeserializer:
    return TypeDeserializer()


def wire(value: object) -> dict[str, Any]:
    """One value in DynamoDB's wire format."""
    encoded: dict[str, Any] = _serializer().serialize(value)
    return encoded


def wire_item(item: Mapping[str, object]) -> dict[str, Any]:
    """An item in DynamoDB's wire format; attributes that are None are dropped."""
    return {name: wire(value) for name, value in item.items() if value is not None}


def plain(raw: Mapping[str, Any]) -> Item:
    """An item of DynamoDB's wire format, in plain values."""
    return {name: _number(_deserializer().deserialize(value)) for name, value in raw.items()}


def _number(value: object) -> object:
    """Numbers as int, also inside maps and lists: ours are whole, and boto3 gives Decimal."""
    match value:
        case Decimal():
            return int(value)
        case dict():
            return {name: _number(inner) for name, inner in value.items()}
        case list():
            return [_number(inner) for inner in value]
        case _:
            return value
