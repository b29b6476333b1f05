"""Reading of JSON that others wrote: each value by its form, or not at all. Pure."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
JsonObject: TypeAlias = dict[str, Any]


class FieldReader:
    """Reads fields of one object; a value of another form is None and counted."""

    def __init__(self, entry: JsonObject, unreadable: Callable[[], None]) -> None:
        self._entry = entry
        self._unreadable = unreadable

    def __call__(self, name: str, read: Callable[[object], T | None]) -> T | None:
        """The value of this name, if it is there and can be read."""
        value = self._entry.get(name)
        if value is None:
            return None
        found = read(value)
        if found is None:
            self._unreadable()
        return found


def parsed(line: bytes | bytearray) -> JsonObject | None:
    """The object that a line spells, or None."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def text(value: object) -> str | None:
    """A text that can be written: half a character, which JSON can spell, becomes a question mark."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else None


def number(value: object) -> int | None:
    """A whole number, which true is not."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(value: object) -> bool | None:
    """True or false, and nothing that could be taken for one of them."""
    return value if isinstance(value, bool) else None


def length(value: object) -> int | None:
    """How many entries a list has."""
    return len(value) if isinstance(value, list) else None


def instant(value: object) -> datetime | None:
    """RFC 3339, as Stream writes it where a path has no version."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
