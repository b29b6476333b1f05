"""Handles items of DynamoDB by what they have; moto asks several questions about each value.

These replace parts of moto, as in `costs`. tests/unit/test_moto_costs.py compares the outcomes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_to_dict

_plain_cast_value: Any = DynamoType.__dict__["cast_value"].fget
_plain_size = DynamoType.size
_plain_deepcopy = DynamoType.__deepcopy__
_plain_project = Item.project
_plain_query = Table.query

# Types whose values are compared as they are, and types whose values never change.
_COMPARED = frozenset({"S", "B", "BOOL"})
_SCALARS = frozenset({"S", "N", "B", "BOOL", "NULL"})
_PRINTED = frozenset({"S", "N", "BOOL", "NULL"})


def _initialise(self: DynamoType, type_as_dict: Any) -> None:
    if type_as_dict.__class__ is DynamoType:
        kind, value = type_as_dict.type, type_as_dict.value
    else:
        kind, value = next(iter(type_as_dict.items()))
    if kind == "M":
        value = {name: DynamoType(one) for name, one in value.items()}
    elif kind == "L":
        value = [DynamoType(one) for one in value]
    self.type, self.value = kind, value


def _cast_value(self: DynamoType) -> Any:
    if self.type in _COMPARED:
        return self.value
    return Decimal(self.value) if self.type == "N" else _plain_cast_value(self)


def _hash(self: DynamoType) -> int:
    return hash((self.type, self.value if self.type in _COMPARED else self.cast_value))


def _equals(self: DynamoType, other: DynamoType) -> bool:
    if self.type != other.type:
        return False
    if self.type in _COMPARED:
        return bool(self.value == other.value)
    return bool(self.cast_value == other.cast_value)


def _size(self: DynamoType) -> int:
    value = self.value
    if self.type in {"S", "N"} and value.__class__ is str:
        return len(value) if value.isascii() else len(value.encode())
    return _plain_size(self)


def _deepcopy(self: DynamoType, memo: dict[int, Any]) -> DynamoType:
    """Copy what can change; a new value of a scalar attribute is a new object."""
    return self if self.type in _SCALARS else _plain_deepcopy(self, memo)


def _deepcopy_item(self: Item, memo: dict[int, Any]) -> Item:
    copied = memo[id(self)] = object.__new__(Item)
    copied.hash_key, copied.range_key = self.hash_key, self.range_key
    copied.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(
        copied.attrs,
        {
            name: value if value.type in _SCALARS else _plain_deepcopy(value, memo)
            for name, value in self.attrs.items()
        },
    )
    return copied


def _to_dict(given: Any) -> Any:
    kind = given.__class__
    if kind is DynamoType:
        if given.type in _PRINTED:
            return {given.type: given.value}
        if given.type == "M":
            return {"M": {name: _to_dict(one) for name, one in given.value.items()}}
        return {"L": [_to_dict(one) for one in given.value]} if given.type == "L" else dynamo_to_dict(given)
    if kind is dict or kind is LimitedSizeDict:
        return {name: _to_dict(one) for name, one in given.items()}
    if kind is list:
        return [_to_dict(one) for one in given]
    return given if kind is str else dynamo_to_dict(given)


def _project(self: Item, projection_expressions: list[list[str]]) -> Item:
    """Take whole attributes as they are; moto converts the item to Python's values and back for each."""
    names = [path[0] for path in projection_expressions]
    if any(len(path) > 1 or "[" in path[0] for path in projection_expressions):
        return _plain_project(self, projection_expressions)
    return Item(
        self.hash_key, self.range_key, {name: self.attrs[name] for name in names if name in self.attrs}
    )


def _query(self: Table, *args: Any, **more: Any) -> Any:
    """Search the items under the hash keys of a query; moto sorts and compares all items of the table."""
    view = copy.copy(self)
    view.items = _under(self, more.get("hash_key_conditions") or [])
    return _plain_query(view, *args, **more)


def _under(table: Table, conditions: list[tuple[str, DynamoType]]) -> Any:
    """The items of a table with these values, as it holds them."""
    if [name for name, _ in conditions] == [table.hash_key_attr]:
        ((_, value),) = conditions
        return {value: table.items[value]} if value in table.items else {}
    if not table.range_key_attr:
        return {key: item for key, item in table.items.items() if _has(item, conditions)}
    found: dict[Any, Any] = {}
    for key, partition in table.items.items():
        if items := {sort: item for sort, item in partition.items() if _has(item, conditions)}:
            found[key] = items
    return found


def _has(item: Any, conditions: Iterable[tuple[str, DynamoType]]) -> bool:
    attributes = item.attrs
    return all((found := attributes.get(name)) and found == value for name, value in conditions)


REPLACED: dict[str, Any] = {
    "moto.dynamodb.models.dynamo_type.DynamoType.__init__": _initialise,
    "moto.dynamodb.models.dynamo_type.DynamoType.cast_value": property(_cast_value),
    "moto.dynamodb.models.dynamo_type.DynamoType.__hash__": _hash,
    "moto.dynamodb.models.dynamo_type.DynamoType.__eq__": _equals,
    "moto.dynamodb.models.dynamo_type.DynamoType.size": _size,
    "moto.dynamodb.models.dynamo_type.DynamoType.__deepcopy__": _deepcopy,
    "moto.dynamodb.models.dynamo_type.Item.__deepcopy__": _deepcopy_item,
    "moto.dynamodb.models.dynamo_type.Item.project": _project,
    "moto.dynamodb.models.table.Table.query": _query,
    "moto.dynamodb.responses.dynamo_to_dict": _to_dict,
}
