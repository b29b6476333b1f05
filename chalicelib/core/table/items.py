"""Where items are and how they travel: keys, plain values in, DynamoDB's wire format out."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]


class Table(StrEnum):
    """The tables by what they hold; design and template agree on the names."""

    ACCOUNTS = "accounts"
    CLAIMS = "claims"
    CHALLENGES = "challenges"
    KEYS = "keys"
    LEDGER = "ledger"
    USAGE = "usage"
    RIGHTS = "rights"


class Key(NamedTuple):
    """Where an item is. `sk` is None in tables without a sort key."""

    table: Table
    pk: str
    sk: str | None = None

    def attributes(self) -> dict[str, str]:
        """The key attributes as they stand on the item."""
        return {"pk": self.pk} if self.sk is None else {"pk": self.pk, "sk": self.sk}


class Conflict(Exception):
    """A condition did not hold. `found` is the item that stood in the way, if it was readable."""

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
    """One value as DynamoDB takes it."""
    encoded: dict[str, Any] = _serializer().serialize(value)
    return encoded


def wire_item(item: Mapping[str, object]) -> dict[str, Any]:
    """An item as DynamoDB takes it; absent values are left out."""
    return {name: wire(value) for name, value in item.items() if value is not None}


def plain(raw: Mapping[str, Any]) -> Item:
    """An item as DynamoDB gives it, in plain values."""
    return {name: _number(_deserializer().deserialize(value)) for name, value in raw.items()}


def _number(value: object) -> object:
    """Our numbers are whole; boto3 reads them as Decimal, also those inside maps and lists."""
    match value:
        case Decimal():
            return int(value)
        case dict():
            return {name: _number(inner) for name, inner in value.items()}
        case list():
            return [_number(inner) for inner in value]
        case _:
            return value
