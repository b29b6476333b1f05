"""Reads values of JSON from other systems, each checked for its type. No I/O."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
JsonObject: TypeAlias = dict[str, Any]


class FieldReader:
    """Reads fields of one object; a value of the wrong type is read as None and counted."""

    def __init__(self, entry: JsonObject, unreadable: Callable[[], None]) -> None:
        self._entry = entry
        self._unreadable = unreadable

    def __call__(self, name: str, read: Callable[[object], T | None]) -> T | None:
        """The value of a field, or None if it is absent or cannot be read."""
        value = self._entry.get(name)
        if value is None:
            return None
        found = read(value)
        if found is None:
            self._unreadable()
        return found


def parsed(line: bytes | bytearray) -> JsonObject | None:
    """The JSON object in a line, or None."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def text(value: object) -> str | None:
    """A text that can be encoded; a lone surrogate, which JSON allows, becomes a question mark."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else None


def number(value: object) -> int | None:
    """An integer; true and false are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(value: object) -> bool | None:
    """A boolean, without conversion."""
    return value if isinstance(value, bool) else None


def length(value: object) -> int | None:
    """The number of entries of a list."""
    return len(value) if isinstance(value, list) else None


def instant(value: object) -> datetime | None:
    """An RFC 3339 time with an offset, as Stream's unversioned paths write it."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
