"""What a call of DynamoDB accesses, as IAM sees it: an action on a table or index, with keys and attributes.

IAM checks a batch once per table, with the keys of all of its items, and a transaction once per item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from chalicelib.core.table_names import Table
from infra.template import load

Parameters = dict[str, Any]

_SINGLE = frozenset({"DeleteItem", "GetItem", "PutItem", "UpdateItem"})
_IN_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
ACTIONS = frozenset({*_SINGLE, *_IN_TRANSACTIONS.values(), "BatchGetItem", "BatchWriteItem", "Query", "Scan"})
_EQUALS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


@dataclass(frozen=True)
class Access:
    """One check of IAM.

    `keys` are the values of the partition key, that of the index if one is named; None if there are none, as
    for a scan. `requests` are the parts of the call that name attributes.
    """

    action: str
    place: str
    keys: frozenset[str] | None
    requests: tuple[Parameters, ...]

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The attributes that the call names; in expressions, core/table names all by placeholders."""
        named = (request.get("ExpressionAttributeNames", {}).values() for request in self.requests)
        return frozenset[str]().union(*named, *(_item(request) for request in self.requests))

    def __str__(self) -> str:
        keys, named = ", ".join(sorted(self.keys or ["none"])), ", ".join(sorted(self.attributes))
        return f"{self.action} on {self.place}; keys: {keys}; attributes: {named}"


def place(table: str, index: str | None = None) -> str:
    """The name of a table or index in the resources of a policy."""
    return f"{table}/index/{index}" if index else table


def accesses(operation: str, parameters: Parameters) -> Iterator[Access]:
    """Yield the checks of a call.

    Raises:
        KeyError: how IAM checks the operation is not known here.
    """
    if operation in _SINGLE:
        yield _of_item(operation, parameters)
    elif operation in {"Query", "Scan"}:
        yield _of_search(operation, parameters)
    elif operation in {"TransactGetItems", "TransactWriteItems"}:
        for item in parameters["TransactItems"]:
            ((verb, one),) = item.items()
            yield _of_item(_IN_TRANSACTIONS[verb], one)
    else:
        for name, wanted in parameters["RequestItems"].items():
            requests = _PARTS[operation](wanted)
            keys = frozenset(_item(one)["pk"]["S"] for one in requests if _item(one))
            yield Access(operation, _table(name), keys, requests)


def _of_item(action: str, one: Parameters) -> Access:
    return Access(action, _table(one["TableName"]), frozenset({_item(one)["pk"]["S"]}), (one,))


def _parts_of_read(wanted: Parameters) -> tuple[Parameters, ...]:
    return (wanted, *({"Key": key} for key in wanted["Keys"]))


def _parts_of_write(wanted: list[dict[str, Parameters]]) -> tuple[Parameters, ...]:
    return tuple(one for request in wanted for one in request.values())


_PARTS: dict[str, Callable[[Any], tuple[Parameters, ...]]] = {
    "BatchGetItem": _parts_of_read,
    "BatchWriteItem": _parts_of_write,
}


def _item(one: Parameters) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = one.get("Item") or one.get("Key") or {}
    return found


def _of_search(action: str, wanted: Parameters) -> Access:
    table, index, keys = _table(wanted["TableName"]), wanted.get("IndexName"), None
    if action == "Query":
        names, values = wanted.get("ExpressionAttributeNames", {}), wanted["ExpressionAttributeValues"]
        pairs = _EQUALS.findall(wanted["KeyConditionExpression"])
        equal = {names.get(name, name): values[value] for name, value in pairs}
        keys = frozenset({equal[_partition_keys()[place(table, index)]]["S"]})
    return Access(action, place(table, index), keys, (wanted,))


@cache
def _table(name: str) -> str:
    """The table of a name; that of a restored table has more at its end."""
    return next(part for part in name.split("-") if part in {*Table})


@cache
def _partition_keys() -> dict[str, str]:
    found = {}
    for resource in load("data")["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            table = _table(properties["TableName"]["Fn::Sub"])
            for one in (properties, *properties.get("GlobalSecondaryIndexes", ())):
                found[place(table, one.get("IndexName"))] = one["KeySchema"][0]["AttributeName"]
    return found
