"""Which items are wanted: of one partition, in which order; or all of one kind in a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.conditions import Key as KeyCondition

from chalicelib.core.settings import settings
from chalicelib.core.table.items import Item, Key, Table, wire_item


class Index(Enum):
    """The indexes: name, partition and sort attribute. What each projects stands in the template."""

    TOUCHED = ("touched", "touched", "at")
    # Sorted by account, so that whoever counts people meets all of one together.
    HOURLY = ("hourly", "hour", "pk")
    RENEWAL = ("renewal", "renewal", "renew_at")
    LIVE = ("live", "live", "pk")
    # Of rights requests: by subject, by when something has to be done, by when the answer is due.
    OWNER = ("owner", "owner", "received_at")
    DUE = ("due", "due", "due_at")
    OPEN = ("open", "open", "answer_by")

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
class KeysAfter:
    """Sort keys that come after a text."""

    text: str

    def of(self, attribute: str) -> ConditionBase:
        """As a condition on the sort attribute."""
        return KeyCondition(attribute).gt(self.text)


@dataclass(frozen=True)
class Query:
    """Items of one partition of a table or an index.

    `limit` bounds the items that are given out, `page` those that one call reads (None: one megabyte).
    `as_of` shows what had not expired at an instant in the past; None is now. `after` has the key attributes,
    the index's included, of the item that the answer begins behind; it need not be there any more.
    `attributes` names those that are wanted beside key and times; None: all of them.
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
        """Only some attributes; those by which a read judges visibility always are."""
        if self.attributes is None:
            return {}
        wanted = dict.fromkeys(("pk", "sk", "expires_at", "delete_at", *self.attributes))
        names = {f"#p{number}": name for number, name in enumerate(wanted)}
        return {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": condition_names | names,
        }


class Page(NamedTuple):
    """Some items of a scan, and where it goes on; None at its end."""

    items: tuple[Item, ...]
    last: Key | None


@dataclass(frozen=True)
class Scan:
    """All items of one kind in a table, in no order that means anything: for commands of operations.

    No role of a function may scan. `after` is the place where an earlier scan stopped, `page` bounds the
    items that one call looks at (None: one megabyte).
    """

    table: Table
    kind: str
    after: Key | None = None
    page: int | None = None

    def request(self) -> dict[str, Any]:
        """The parameters of the first call."""
        return {
            "TableName": settings().table(self.table),
            "ConsistentRead": True,
            "FilterExpression": "#kind = :kind",
            "ExpressionAttributeNames": {"#kind": "kind"},
            "ExpressionAttributeValues": wire_item({":kind": self.kind}),
            **({"ExclusiveStartKey": wire_item(self.after.attributes())} if self.after else {}),
            **({"Limit": self.page} if self.page else {}),
        }
