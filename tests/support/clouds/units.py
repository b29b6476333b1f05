"""Measures operations in DynamoDB's units and bytes, by the rules that AWS publishes for them.

moto does not count units. Items are read before and after each call, so sizes and index rows are the real
ones. A query counts what it returns, since no query of the service filters much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

import boto3

from infra.template import load
from tests.support.clouds.cloud import Calls, clients_of, counted
from tests.support.clouds.environment import REGION
from tests.support.roles.judge import calls_of

Item = dict[str, Any]
Place = tuple[str, str, str]  # table, pk, sk

_OVERHEAD = (
    100  # bytes that DynamoDB adds to an item, and to each row of an index, when it charges for storage
)
_TABLES = {
    resource["Properties"]["TableName"]["Fn::Sub"].rpartition("-")[2]: resource["Properties"]
    for resource in load("data")["Resources"].values()
    if resource["Type"] == "AWS::DynamoDB::Table"
}


@dataclass
class Measured:
    """Calls by name, read and write units, and bytes that stay stored in tables and indexes."""

    calls: Calls
    reads: float = 0
    writes: float = 0
    stored: int = 0
    backed_up: int = 0  # those of `stored` in tables with point-in-time recovery, without their indexes
    paused: bool = False


@contextmanager
def measured() -> Iterator[Measured]:
    """Measure the calls to AWS in this block."""
    plain = boto3.client("dynamodb", REGION)
    waiting: list[tuple[Item, list[tuple[Place, Item]]]] = []

    def before(params: Item, model: Any, **_: Any) -> None:
        if found.paused:
            return
        places = list(_written(model.name, params))
        waiting.append((params, [(place, _image(plain, place)) for place in places]))

    def after(parsed: Item, model: Any, **_: Any) -> None:
        if found.paused:
            return
        params, images = waiting.pop()
        found.reads += _reads(model.name, params, parsed)
        times = 2 if model.name == "TransactWriteItems" else 1
        for place, old in images:
            _add_write(found, place, old, _image(plain, place), times)

    with counted() as calls:
        found = Measured(calls)
        _running.append(found)
        for client in clients_of("dynamodb"):
            client.meta.events.register("provide-client-params", before)
            client.meta.events.register("after-call", after)
        try:
            yield found
        finally:
            for client in clients_of("dynamodb"):
                client.meta.events.unregister("provide-client-params", before)
                client.meta.events.unregister("after-call", after)
            _running.remove(found)


_running: list[Measured] = []


@contextmanager
def unmeasured() -> Iterator[None]:
    """Leave out the calls of this block, which a test makes and the service does not."""
    kept = [(found, Calls(found.calls)) for found in _running]
    for found in _running:
        found.paused = True
    try:
        yield
    finally:
        for found, calls in kept:
            found.paused = False
            found.calls.clear()
            found.calls.update(calls)


def _written(operation: str, params: Item) -> Iterator[Place]:
    match operation:
        case "PutItem":
            yield _place(params["TableName"], params["Item"])
        case "UpdateItem" | "DeleteItem":
            yield _place(params["TableName"], params["Key"])
        case "BatchWriteItem":
            for table, requests in params["RequestItems"].items():
                for request in requests:
                    (action,) = request.values()
                    yield _place(table, action.get("Item") or action["Key"])
        case "TransactWriteItems":
            for request in params["TransactItems"]:
                (action,) = request.values()
                yield _place(action["TableName"], action.get("Item") or action["Key"])


def _place(table: str, item: Item) -> Place:
    return table, item["pk"]["S"], item.get("sk", {}).get("S", "")


@calls_of(None)
def _image(plain: Any, place: Place) -> Item:
    table, pk, sk = place
    key = {"pk": {"S": pk}} | ({"sk": {"S": sk}} if sk else {})
    image: Item = plain.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    return image


def _add_write(found: Measured, place: Place, old: Item, new: Item, times: int) -> None:
    found.writes += times * max(1, ceil(max(size(old), size(new)) / 1024))
    properties = _TABLES[place[0].rpartition("-")[2]]
    grown = _charged(new) - _charged(old)
    found.stored += grown
    if properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]:
        found.backed_up += grown
    for index in properties.get("GlobalSecondaryIndexes", ()):
        was, now = _row(index, old), _row(index, new)
        found.stored += _charged(now) - _charged(was)
        if was != now:
            moved = _keys(index, was) != _keys(index, now)
            changed = [row for row in (was, now) if row] if moved else [now]
            found.writes += sum(max(1, ceil(size(row) / 1024)) for row in changed)


def _row(index: Item, item: Item) -> Item:
    """The row of an item in an index; empty if it has none."""
    names = [key["AttributeName"] for key in index["KeySchema"]]
    if any(name not in item for name in names):
        return {}
    projected = {*names, "pk", "sk", *index["Projection"].get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in projected}


def _keys(index: Item, row: Item) -> list[Any]:
    return [row.get(key["AttributeName"]) for key in index["KeySchema"]]


def _reads(operation: str, params: Item, parsed: Item) -> float:
    match operation:
        case "GetItem":
            return _units(size(parsed.get("Item", {})), consistent=params.get("ConsistentRead", False))
        case "BatchGetItem":
            wanted = sum(len(of["Keys"]) for of in params["RequestItems"].values())
            items = [item for of in parsed.get("Responses", {}).values() for item in of]
            return wanted - len(items) + sum(_units(size(item), consistent=True) for item in items)
        case "Query":
            whole = sum(map(size, parsed.get("Items", ())))
            return _units(whole, consistent=params.get("ConsistentRead", False))
        case "TransactGetItems":
            return sum(2 * _units(size(one.get("Item", {})), consistent=True) for one in parsed["Responses"])
        case _:
            return 0


def _units(length: int, *, consistent: bool) -> float:
    return max(1, ceil(length / 4096)) * (1 if consistent else 0.5)


def _charged(item: Mapping[str, Any]) -> int:
    return size(item) + _OVERHEAD if item else 0


def size(item: Mapping[str, Any]) -> int:
    """Return the bytes of an item as DynamoDB counts them."""
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: Item) -> int:
    ((kind, content),) = value.items()
    lengths = {
        "S": lambda: len(content.encode()),
        "N": lambda: len(content.strip("-")) // 2 + 2,
        "B": lambda: len(content),
        "M": lambda: 3 + len(content) + size(content),
        "L": lambda: 3 + len(content) + sum(map(_size_of, content)),
        "SS": lambda: sum(len(one.encode()) for one in content),
    }
    return lengths[kind]() if kind in lengths else 1  # a truth value or null
