"""Queries: items of one partition in order; and scans: all items of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.conditions import Key as KeyCondition

from chalicelib.core.settings import settings
from chalicelib.core.shards import WHOLE, Segment
from chalicelib.core.table.items import Item, Key, wire_item
from chalicelib.core.table_names import END_NAMES, Table


class Index(Enum):
    """The indexes: name, partition and sort attribute. The template has their projections."""

    TOUCHED = ("touched", "touched", "at")
    # Sorted by account, so that a job that counts people reads all items of one person together.
    HOURLY = ("hourly", "hour", "pk")
    RENEWAL = ("renewal", "renewal", "renew_at")
    LIVE = ("live", "live", "pk")
    # Rights requests: by subject, by when the next duty is due, by when the answer is due; stuck ones.
    OWNER = ("owner", "owner", "received_at")
    DUE = ("due", "due", "due_at")
    OPEN = ("open", "open", "answer_by")
    STUCK = ("stuck", "stuck", "stuck_as")
    # All rights requests by the month and the time of receipt, for reports.
    RECEIVED = ("received", "received", "received_at")
    # Items that have an end, by day; core/table sets its attributes.
    ENDS = ("ends", *END_NAMES)

    def __init__(self, label: str, pk: str, sk: str) -> None:
        self.label = label
        self.pk = pk
        self.sk = sk


class Order(Enum):
    """The order of the sort keys."""

    ASCENDING = auto()
    DESCENDING = auto()


class Expired(Enum):
    """Includes expired items or not; only chains need them, whose links include them."""

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
class KeysAfter:
    """Sort keys that come after a text."""

    text: str

    def of(self, attribute: str) -> ConditionBase:
        """As a condition on the sort attribute."""
        return KeyCondition(attribute).gt(self.text)


@dataclass(frozen=True)
class Query:
    """Items of one partition of a table or an index.

    Attributes:
        limit: the most items that are returned.
        page: the most items that one call reads (None: one megabyte).
        as_of: returns the items that had not expired at this instant (None: now).
        after: key attributes (of the index too) of the item after which the result starts. That item may
            have been deleted.
        attributes: those that are returned besides key and times (None: all).
    """

    table: Table
    pk: str
    sk: Prefix | Between | KeysAfter | None = None
    index: Index | None = None
    order: Order = Order.ASCENDING
    limit: int | None = None
    page: int | None = None
    expired: Expired = Expired.DROPPED
    as_of: datetime | None = None
    after: Mapping[str, str] | None = None
    attributes: tuple[str, ...] | None = None

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
            **({"ExclusiveStartKey": wire_item(self.after)} if self.after else {}),
            **self._projection(built.attribute_name_placeholders),
        }

    def _projection(self, condition_names: dict[str, str]) -> dict[str, Any]:
        """The projection, which always includes the attributes that decide visibility."""
        if self.attributes is None:
            return {}
        wanted = dict.fromkeys(("pk", "sk", "expires_at", "delete_at", *self.attributes))
        names = {f"#p{number}": name for number, name in enumerate(wanted)}
        return {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": condition_names | names,
        }


class Page(NamedTuple):
    """One page of a scan, and the key after which the next one starts (None: it was the last)."""

    items: tuple[Item, ...]
    last: Key | None


@dataclass(frozen=True)
class Scan:
    """All items in a table or in a segment of it, in no defined order; for operators' commands.

    No role of a function may scan.

    Attributes:
        kind: the only kind that is returned (None: every item).
        after: the key at which an earlier scan stopped.
        page: the most items that one call examines (None: one megabyte).
        segment: the part of the table that is read.
    """

    table: Table
    kind: str | None
    after: Key | None = None
    page: int | None = None
    segment: Segment = WHOLE
    expired: Expired = Expired.DROPPED

    def request(self) -> dict[str, Any]:
        """The parameters of the first call."""
        parts = {"Segment": self.segment.number, "TotalSegments": self.segment.of}
        return {
            "TableName": settings().table(self.table),
            "ConsistentRead": True,
            **self._filter(),
            **({"ExclusiveStartKey": wire_item(self.after.attributes())} if self.after else {}),
            **({"Limit": self.page} if self.page else {}),
            **(parts if self.segment.of > 1 else {}),
        }

    def _filter(self) -> dict[str, Any]:
        if self.kind is None:
            return {}
        return {
            "FilterExpression": "#kind = :kind",
            "ExpressionAttributeNames": {"#kind": "kind"},
            "ExpressionAttributeValues": wire_item({":kind": self.kind}),
        }
