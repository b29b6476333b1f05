"""The one DynamoDB client: keys, reads that never show what has expired, writes with conditions.

Two times stand on an expiring item. `expires_at` decides what is visible, at once; `delete_at` is the
table's TTL attribute, which AWS acts on days late. So every read here drops what has expired, and a
create may take the place of an item that is past both (RET-1, RET-2).

Every write carries its condition and the `Conflict` that breaking it means. A conflict is an answer
of the domain, never retried here; throttling and conflicts between transactions are, then `Unavailable`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, Protocol

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws, clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings

__all__ = [
    "Attr",
    "Change",
    "Conflict",
    "Create",
    "Delete",
    "Item",
    "Key",
    "Replace",
    "Table",
    "Write",
]

Item = dict[str, Any]

# Serialised twice this often, a transaction meets another one on the same item by accident only.
TRANSACTION_TRIES = 4


class Table(StrEnum):
    """The tables by what they hold; design and template agree on the names."""

    ACCOUNTS = "accounts"
    CLAIMS = "claims"
    CHALLENGES = "challenges"


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


class Write(Protocol):
    """Something to write, alone or in a transaction."""

    @property
    def conflict(self) -> type[Conflict]:
        """What a broken condition means."""

    def request(self) -> tuple[str, dict[str, Any]]:
        """The operation (Put, Update, Delete) and its parameters."""


def visible() -> ConditionBase:
    """The item is there and has not expired."""
    return Attr("pk").exists() & (
        Attr("expires_at").not_exists() | Attr("expires_at").gt(clock.to_epoch(clock.now()))
    )


def vacant() -> ConditionBase:
    """Nothing is there, or only what expired and was let go (a hold moves `delete_at` ahead)."""
    at = clock.to_epoch(clock.now())
    return Attr("pk").not_exists() | (Attr("expires_at").lte(at) & Attr("delete_at").lte(at))


@dataclass(frozen=True)
class Create:
    """Put an item where none is visible or held."""

    key: Key
    item: Item
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Put."""
        return "Put", _put(self.key, self.item, vacant())


@dataclass(frozen=True)
class Replace:
    """Put a whole item over a visible one, under a condition."""

    key: Key
    item: Item
    only_if: ConditionBase
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Put."""
        return "Put", _put(self.key, self.item, visible() & self.only_if)


@dataclass(frozen=True)
class Change:
    """Change attributes of an item: `put` sets, `add` counts up, `drop` removes.

    The condition defaults to the item being visible; `only_if` replaces it (limiters make their item).
    """

    key: Key
    put: Mapping[str, object] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    only_if: ConditionBase | None = None
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Update."""
        condition = _condition(visible() if self.only_if is None else self.only_if)
        names, values = (
            condition["ExpressionAttributeNames"],
            condition["ExpressionAttributeValues"],
        )
        clauses: dict[str, list[str]] = {"SET": [], "ADD": [], "REMOVE": []}
        for number, (name, value) in enumerate({**self.put, **self.add}.items()):
            names[f"#u{number}"], values[f":u{number}"] = name, _wire(value)
            if name in self.put:
                clauses["SET"].append(f"#u{number} = :u{number}")
            else:
                clauses["ADD"].append(f"#u{number} :u{number}")
        for number, name in enumerate(self.drop):
            names[f"#d{number}"] = name
            clauses["REMOVE"].append(f"#d{number}")
        update = " ".join(f"{verb} {', '.join(terms)}" for verb, terms in clauses.items() if terms)
        return "Update", {**_place(self.key), **condition, "UpdateExpression": update}


@dataclass(frozen=True)
class Delete:
    """Delete a visible item."""

    key: Key
    only_if: ConditionBase | None = None
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Delete."""
        condition = visible() if self.only_if is None else visible() & self.only_if
        return "Delete", {**_place(self.key), **_condition(condition)}


def get(key: Key) -> Item | None:
    """The visible item at a key, read consistently."""
    answer = _call("get_item", **_place(key), ConsistentRead=True)
    return _shown(answer.get("Item"))


def batch_get(keys: Iterable[Key]) -> dict[Key, Item]:
    """The visible items of up to 100 keys over any tables, read consistently in one call.

    What DynamoDB left unprocessed (throttling, 16 MB) is asked for again, a bounded number of times.
    """
    wanted = list(dict.fromkeys(keys))
    by_name = {settings().table(table): table for table in Table if any(k.table is table for k in wanted)}
    asked: dict[str, Any] = {
        name: {
            "Keys": [_wire_item(k.attributes()) for k in wanted if k.table is table],
            "ConsistentRead": True,
        }
        for name, table in by_name.items()
    }
    found: dict[Key, Item] = {}
    for _ in range(TRANSACTION_TRIES):
        if not asked:
            return found
        answer = _call("batch_get_item", RequestItems=asked)
        for name, raw_items in answer["Responses"].items():
            for raw in raw_items:
                if item := _shown(raw):
                    found[Key(by_name[name], item["pk"], item.get("sk"))] = item
        asked = answer.get("UnprocessedKeys") or {}
    if asked:
        raise Unavailable
    return found


def write(operation: Write) -> Item:
    """Do one write; the item as it stands afterwards where DynamoDB tells (Change), else {}.

    Raises:
        Conflict: the write's own class, with the item that was found.
    """
    verb, request = operation.request()
    if verb == "Update":
        request["ReturnValues"] = "ALL_NEW"
    try:
        answer = _call(f"{verb.lower()}_item", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    except _ConditionFailed as failed:
        raise operation.conflict(failed.item) from None
    return _plain(answer.get("Attributes") or {})


def transact(operations: Iterable[Write]) -> None:
    """Do up to 100 writes together or not at all.

    botocore sends a ClientRequestToken with each call, so its own retry of a lost answer is safe.

    Raises:
        Conflict: the class of the first write whose condition did not hold; nothing was written.
    """
    listed = list(operations)
    wire = []
    for operation in listed:
        verb, request = operation.request()
        wire.append({verb: {**request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}})
    for _ in range(TRANSACTION_TRIES):
        try:
            _call("transact_write_items", TransactItems=wire)
        except _TransactionCancelled as cancelled:
            for operation, reason in zip(listed, cancelled.reasons, strict=True):
                if reason["Code"] == "ConditionalCheckFailed":
                    raise operation.conflict(_plain(reason.get("Item") or {}) or None) from None
        else:
            return
    raise Unavailable  # cancelled by other transactions each time


class TableBug(Exception):
    """An error that is our own; its text is DynamoDB's error code alone, since messages quote values."""


class _ConditionFailed(Exception):
    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class _TransactionCancelled(Exception):
    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


# Cancelled for these reasons, a transaction may be sent again at once.
_PASSING = {"None", "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"}


def _call(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    try:
        answer: dict[str, Any] = getattr(aws.client("dynamodb"), operation)(**parameters)
    except ClientError as error:
        raise _translated(error) from None
    except BotoCoreError:
        raise Unavailable from None
    return answer


def _translated(error: ClientError) -> Exception:
    """What an error of DynamoDB means to us; anything unknown is a bug of ours."""
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return _ConditionFailed(_plain(error.response.get("Item") or {}) or None)
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons") or []
        if all(reason["Code"] in _PASSING for reason in reasons):
            return _TransactionCancelled(reasons)
    if code in {"TransactionInProgressException", "ThrottlingException", "InternalServerError",
                "ProvisionedThroughputExceededException", "RequestLimitExceeded"}:  # fmt: skip
        return Unavailable()
    return TableBug(code)


def _put(key: Key, item: Item, condition: ConditionBase) -> dict[str, Any]:
    return {
        "TableName": settings().table(key.table),
        "Item": _wire_item({**item, **key.attributes()}),
        **_condition(condition),
    }


def _place(key: Key) -> dict[str, Any]:
    return {"TableName": settings().table(key.table), "Key": _wire_item(key.attributes())}


def _condition(condition: ConditionBase) -> dict[str, Any]:
    built = ConditionExpressionBuilder().build_expression(condition)
    return {
        "ConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        "ExpressionAttributeValues": _wire_item(built.attribute_value_placeholders),
    }


def _shown(raw: dict[str, Any] | None) -> Item | None:
    """The item unless it is missing or has expired."""
    item = _plain(raw or {})
    if not item or item.get("expires_at", float("inf")) <= clock.to_epoch(clock.now()):
        return None
    return item


@cache
def _serializer() -> TypeSerializer:
    return TypeSerializer()


@cache
def _deserializer() -> TypeDeserializer:
    return TypeDeserializer()


def _wire(value: object) -> dict[str, Any]:
    encoded: dict[str, Any] = _serializer().serialize(value)
    return encoded


def _wire_item(item: Mapping[str, object]) -> dict[str, Any]:
    return {name: _wire(value) for name, value in item.items() if value is not None}


def _plain(raw: Mapping[str, Any]) -> Item:
    return {name: _number(_deserializer().deserialize(value)) for name, value in raw.items()}


def _number(value: object) -> object:
    """Our numbers are whole; boto3 reads them as Decimal."""
    return int(value) if isinstance(value, Decimal) else value
