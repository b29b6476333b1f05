"""JSON, and the encoding of values, which differs in two points between legacy paths and /api/v2.

Custom fields are beside the others on legacy paths, and in `custom` on v2. Instants are RFC 3339
strings on legacy paths, and unix nanoseconds on v2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class WithCustom:
    """An object whose custom fields are encoded by the path's version."""

    fields: Json
    custom: Json


def rfc3339(instant: datetime) -> str:
    """An instant with microseconds and Z; mobile SDKs require a sub-second part."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _nanoseconds(instant: datetime) -> int:
    passed = instant - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1_000


def _legacy(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, WithCustom):
        return value.custom | value.fields
    raise TypeError(type(value).__name__)


def _v2(value: object) -> object:
    if isinstance(value, datetime):
        return _nanoseconds(value)
    if isinstance(value, WithCustom):
        return value.fields | {"custom": value.custom}
    raise TypeError(type(value).__name__)


def encoded(value: object, *, v2: bool = False) -> str:
    """The JSON text of an answer or event."""
    return json.dumps(value, default=_v2 if v2 else _legacy, separators=(",", ":"))


def parsed(text: str | bytes) -> object:
    """The JSON value of a text, or None if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None
