"""The kinds of writes, and the condition of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.core.table import ends
from chalicelib.core.table.ends import Reindex
from chalicelib.core.table.items import Conflict, Item, Key, wire, wire_item

# For a write that never conflicts: true whether the item exists or not.
ALWAYS = Attr("pk").exists() | Attr("pk").not_exists()


class Write(Protocol):
    """One write, alone or in a transaction."""

    @property
    def conflict(self) -> type[Conflict]:
        """The error to raise if the condition does not hold."""

    def request(self) -> tuple[str, dict[str, Any]]:
        """The operation (Put, Update, Delete, ConditionCheck) and its parameters."""


def visible() -> ConditionBase:
    """The condition that an item exists and has not expired."""
    return Attr("pk").exists() & (
        Attr("expires_at").not_exists() | Attr("expires_at").gt(clock.to_epoch(clock.now()))
    )


def vacant() -> ConditionBase:
    """The condition that no item is stored, or one past both times (a hold moves `delete_at`)."""
    at = clock.to_epoch(clock.now())
    return Attr("pk").not_exists() | (Attr("expires_at").lte(at) & Attr("delete_at").lte(at))


@dataclass(frozen=True)
class Create:
    """Put an item where none is visible or held, or over one for which `or_over` holds."""

    key: Key
    item: Item
    conflict: type[Conflict] = Conflict
    or_over: ConditionBase | None = None

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Put."""
        return "Put", _put(self.key, self.item, _free(self.or_over))


@dataclass(frozen=True)
class Append:
    """Put an item where none is stored; unlike Create, it does not replace an expired item."""

    key: Key
    item: Item
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A Put on condition that no item is stored at the key."""
        return "Put", _put(self.key, self.item, Attr("pk").not_exists())


@dataclass(frozen=True)
class Replace:
    """Replace a visible item as a whole, under a condition."""

    key: Key
    item: Item
    only_if: ConditionBase
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Put."""
        return "Put", _put(self.key, self.item, visible() & self.only_if)


def next_version(key: Key, item: Item, conflict: type[Conflict]) -> Create | Replace:
    """The write of an item in the version that it has: a new item for version 1, else over the one before."""
    if item["version"] == 1:
        return Create(key, item, conflict=conflict)
    return Replace(key, item, Attr("version").eq(item["version"] - 1), conflict)


@dataclass(frozen=True)
class Change:
    """Change attributes of an item: `put` sets, `add` increments, `drop` removes.

    The default condition is that the item is visible. `only_if` replaces it; limiters, whose first hit
    creates the item, use it. `reindex` says when the index `ends` gets a new `delete_at`.
    """

    key: Key
    put: Mapping[str, object] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    only_if: ConditionBase | None = None
    conflict: type[Conflict] = Conflict
    reindex: Reindex = Reindex.NOW

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Update."""
        condition = _condition(visible() if self.only_if is None else self.only_if)
        names, values = condition["ExpressionAttributeNames"], condition["ExpressionAttributeValues"]
        clauses: dict[str, list[str]] = {"SET": [], "ADD": [], "REMOVE": []}
        put = {**self.put, **ends.of_change(self.key, self.put, self.reindex)}
        for number, (name, value) in enumerate({**put, **self.add}.items()):
            names[f"#u{number}"], values[f":u{number}"] = name, wire(value)
            if name in put:
                clauses["SET"].append(f"#u{number} = :u{number}")
            else:
                clauses["ADD"].append(f"#u{number} :u{number}")
        for number, name in enumerate((*self.drop, *ends.without_end(self.drop))):
            names[f"#d{number}"] = name
            clauses["REMOVE"].append(f"#d{number}")
        update = " ".join(f"{verb} {', '.join(terms)}" for verb, terms in clauses.items() if terms)
        return "Update", {**place(self.key), **_filled(condition), "UpdateExpression": update}


@dataclass(frozen=True)
class Delete:
    """Delete a visible item."""

    key: Key
    only_if: ConditionBase | None = None
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Delete."""
        condition = visible() if self.only_if is None else visible() & self.only_if
        return "Delete", {**place(self.key), **_filled(_condition(condition))}


@dataclass(frozen=True)
class Remove:
    """Delete a stored item under a condition, also one that has expired and is kept by a pin."""

    key: Key
    only_if: ConditionBase
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A conditional Delete."""
        stored = Attr("pk").exists() & self.only_if
        return "Delete", {**place(self.key), **_filled(_condition(stored))}


@dataclass(frozen=True)
class Discard:
    """Delete what is at a key, if anything is; it never conflicts."""

    key: Key
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A Delete without a condition."""
        return "Delete", dict(place(self.key))


@dataclass(frozen=True)
class Absent:
    """The condition that no visible or held item is at a key, or one for which `or_over` holds.

    For transactions only.
    """

    key: Key
    conflict: type[Conflict] = Conflict
    or_over: ConditionBase | None = None

    def request(self) -> tuple[str, dict[str, Any]]:
        """A ConditionCheck."""
        return "ConditionCheck", {**place(self.key), **_filled(_condition(_free(self.or_over)))}


@dataclass(frozen=True)
class Present:
    """The condition that a visible item is at a key, and that `only_if` holds for it.

    For transactions only.
    """

    key: Key
    only_if: ConditionBase
    conflict: type[Conflict] = Conflict

    def request(self) -> tuple[str, dict[str, Any]]:
        """A ConditionCheck."""
        return "ConditionCheck", {**place(self.key), **_filled(_condition(visible() & self.only_if))}


def _free(or_over: ConditionBase | None) -> ConditionBase:
    return vacant() if or_over is None else vacant() | or_over


def _put(key: Key, item: Item, condition: ConditionBase) -> dict[str, Any]:
    return {
        "TableName": settings().table(key.table),
        "Item": stored(key, item),
        **_filled(_condition(condition)),
    }


def stored(key: Key, item: Item) -> dict[str, Any]:
    """A whole item as it is stored: with its key, and in the index `ends` if it has an end."""
    return wire_item({**item, **key.attributes(), **ends.of_item(key, item)})


def place(key: Key) -> dict[str, Any]:
    """Table and key as parameters of a request."""
    return {"TableName": settings().table(key.table), "Key": wire_item(key.attributes())}


def _condition(condition: ConditionBase) -> dict[str, Any]:
    built = ConditionExpressionBuilder().build_expression(condition)
    return {
        "ConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        "ExpressionAttributeValues": wire_item(built.attribute_value_placeholders),
    }


def _filled(parts: dict[str, Any]) -> dict[str, Any]:
    """The parts that are not empty: DynamoDB refuses empty ones, such as no values."""
    return {name: part for name, part in parts.items() if part}
