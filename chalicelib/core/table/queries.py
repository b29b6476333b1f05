"""Which items of one partition are wanted, and in which order."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.conditions import Key as KeyCondition

from chalicelib.core.settings import settings
from chalicelib.core.table.items import Table, wire_item


class Index(Enum):
    """The indexes: name, partition and sort attribute. All of them project keys only."""

    TOUCHED = ("touched", "touched", "at")

    def __init__(self, label: str, pk: str, sk: str) -> None:
        self.label = label
        self.pk = pk
        self.sk = sk


class Order(Enum):
    """Of the sort keys."""

    ASCENDING = auto()
    DESCENDING = auto()


class Expired(Enum):
    """Whether items that have expired are shown; a chain is linked through them, nobody else needs them."""

    DROPPED = auto()
    INCLUDED = auto()


@dataclass(frozen=True)
class Prefix:
    """Sort keys that begin with a text."""

    text: str

    def of(self, attribute: str) -> ConditionBase:
        """As a condition on the sort attribute."""
        return KeyCondition(attribute).begins_with(self.text)


@dataclass(frozen=True)
class Between:
    """Sort keys from the first to the last, both included."""

    first: str | int
    last: str | int

    def of(self, attribute: str) -> ConditionBase:
        """As a condition on the sort attribute."""
        return KeyCondition(attribute).between(self.first, self.last)


@dataclass(frozen=True)
class Query:
    """Items of one partition of a table or an index.

    `limit` bounds the items that are given out, `page` those that one call reads (None: one megabyte).
    """

    table: Table
    pk: str
    sk: Prefix | Between | None = None
    index: Index | None = None
    order: Order = Order.ASCENDING
    limit: int | None = None
    page: int | None = None
    expired: Expired = Expired.DROPPED

    def request(self) -> dict[str, Any]:
        """The parameters of the first call."""
        pk, sk = (self.index.pk, self.index.sk) if self.index else ("pk", "sk")
        condition = KeyCondition(pk).eq(self.pk)
        if self.sk:
            condition &= self.sk.of(sk)
        built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=True)
        sizes = [size for size in (self.limit, self.page) if size]
        return {
            "TableName": settings().table(self.table),
            "KeyConditionExpression": built.condition_expression,
            "ExpressionAttributeNames": built.attribute_name_placeholders,
            "ExpressionAttributeValues": wire_item(built.attribute_value_placeholders),
            "ScanIndexForward": self.order is Order.ASCENDING,
            **({"IndexName": self.index.label} if self.index else {"ConsistentRead": True}),
            **({"Limit": min(sizes)} if sizes else {}),
        }
