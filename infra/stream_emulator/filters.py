"""The filter and sort language of queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from infra.stream_emulator.clock import parsed_instant
from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.wire import Json

_DEEPEST = 1000  # records that a query may skip


def _comparable(value: object, like: object) -> Any:  # noqa: ANN401 - whatever the field holds
    if isinstance(like, datetime):
        return parsed_instant(value) or value
    return value


def _equal(value: object, wanted: object) -> bool:
    if isinstance(value, list):
        return sorted(value) == sorted(wanted) if isinstance(wanted, list) else wanted in value
    return bool(value == _comparable(wanted, value))


def _within(value: object, wanted: object) -> bool:
    if not isinstance(wanted, list):
        raise bad_input("$in needs a list")
    if isinstance(value, list):
        return any(element in wanted for element in value)
    return value in [_comparable(candidate, value) for candidate in wanted]


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def test(value: object, wanted: object) -> bool:
        other = _comparable(wanted, value)
        if value is None:
            return False
        if type(value) is not type(other):
            raise bad_input("comparison of values of two types")
        return compare(value, other)

    return test


def _contains(value: object, wanted: object) -> bool:
    return isinstance(value, list | str) and wanted in value


def _starts_a_word(value: object, wanted: object) -> bool:
    if not isinstance(wanted, str):
        raise bad_input("$autocomplete needs a string")
    return any(word.startswith(wanted.lower()) for word in str(value or "").lower().split())


def _mentions(value: object, wanted: object) -> bool:
    return str(wanted).lower() in str(value or "").lower()


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _equal,
    "$in": _within,
    "$gt": _ordered(lambda value, other: value > other),
    "$gte": _ordered(lambda value, other: value >= other),
    "$lt": _ordered(lambda value, other: value < other),
    "$lte": _ordered(lambda value, other: value <= other),
    "$contains": _contains,
    "$exists": lambda value, wanted: (value is not None) is bool(wanted),
    "$autocomplete": _starts_a_word,
    "$q": _mentions,
}


def matches(record: Mapping[str, Any], conditions: object) -> bool:
    """Whether a record meets all conditions.

    Raises:
        StreamError: an operator that Stream does not list (`$ne` and `$nin` among them).
    """
    if not isinstance(conditions, dict):
        raise bad_input("filter_conditions must be an object")
    # No short circuit: a bad operator is refused even where another condition fails first.
    return all(_meets(record, name, wanted) for name, wanted in conditions.items())


def _meets(record: Mapping[str, Any], name: str, wanted: object) -> bool:
    if name in ("$and", "$or"):
        if not isinstance(wanted, list) or not wanted:
            raise bad_input(f"{name} needs a list of conditions")
        results = [matches(record, condition) for condition in wanted]
        return all(results) if name == "$and" else any(results)
    if name.startswith("$"):
        raise bad_input(f"unknown operator {name}")
    value = record.get(name)
    if not isinstance(wanted, dict):
        return _equal(value, wanted)
    unknown = [operator for operator in wanted if operator not in _OPERATORS]
    if unknown:
        raise bad_input(f"unknown operator {unknown[0]}")
    return all(_OPERATORS[operator](value, operand) for operator, operand in wanted.items())


def wanted_values(conditions: Json, name: str) -> list[str]:
    """The values that a filter lets a field have, where it names them: by $eq or $in."""
    wanted = conditions.get(name)
    if isinstance(wanted, dict):
        wanted = wanted.get("$eq", wanted.get("$in"))
    listed = wanted if isinstance(wanted, list) else [wanted]
    return [value for value in listed if isinstance(value, str)]


def in_order(records: list[Json], sort: object) -> list[Json]:
    """Sorted by `[{field, direction}]`, the first entry counting most; absent values come last."""
    if not isinstance(sort, list):
        raise bad_input("sort must be a list")
    ordered = list(records)
    for entry in reversed(sort):
        if not isinstance(entry, dict) or entry.get("direction", 1) not in (1, -1):
            raise bad_input("sort entries need a field and a direction of 1 or -1")
        name = str(entry.get("field"))
        there = [record for record in ordered if record.get(name) is not None]
        absent = [record for record in ordered if record.get(name) is None]
        there.sort(key=lambda record: record[name], reverse=entry.get("direction", 1) == -1)
        ordered = there + absent
    return ordered


def a_page(
    found: list[Json], payload: Json, *, usual: object = (), limit: int = 100, default: int = 30
) -> list[Json]:
    """The page of a query that its `sort`, `limit` and `offset` choose, within what Stream allows.

    Args:
        found: all records that fit.
        payload: the query.
        usual: the order without a `sort`; empty if the query has none and `found` is in order.
        limit: the largest page.
        default: the size of a page without a `limit`.

    Raises:
        StreamError: the order is malformed, or a number is over its maximum.
    """
    wanted, skipped = payload.get("limit"), payload.get("offset")
    wanted = default if wanted is None else wanted
    skipped = 0 if skipped is None else skipped
    if not isinstance(wanted, int) or not 0 < wanted <= limit:
        raise bad_input(f"limit must be between 1 and {limit}")
    if not isinstance(skipped, int) or not 0 <= skipped <= _DEEPEST:
        raise bad_input(f"offset must be between 0 and {_DEEPEST}")
    ordered = in_order(found, payload.get("sort") or usual) if usual else found
    return ordered[skipped : skipped + wanted]
