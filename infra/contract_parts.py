"""What the public contract has beside the routes: lists of words, and marks of deprecation."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.core.contract_words import ErrorCode, LimitName

if TYPE_CHECKING:
    from chalicelib.core.http.contract import Deprecation


MEANINGS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("contract_words.toml").read_text(encoding="utf-8")
)
_DEPRECATION = {
    "Deprecation": "Since when this operation is deprecated: `@` and seconds since 1970 (RFC 9745)",
    "Sunset": "From when on it may be gone (RFC 8594)",
    "Link": "What to call instead, with the relation `deprecation`",
}


def mark_deprecated(operation: dict[str, Any], deprecation: Deprecation) -> None:
    """Mark an operation, and add the headers to its answers. `x-sunset` permits its removal later."""
    operation["deprecated"] = True
    if deprecation.sunset:
        operation["x-sunset"] = deprecation.sunset.date().isoformat()
    for status, answer in operation["responses"].items():
        if status < "400":
            answer["headers"] = answer.get("headers", {}) | {
                name: {"description": _DEPRECATION[name], "required": True, "schema": {"const": value}}
                for name, value in deprecation.headers.items()
            }


def closed_lists() -> dict[str, dict[str, object]]:
    """The schemas of the closed lists, by name."""
    return {kind.__name__: _closed_list(kind) for kind in (ErrorCode, LimitName)}


def _closed_list(kind: type[StrEnum]) -> dict[str, object]:
    meanings = "\n".join(f"- `{word}`: {MEANINGS[kind.__name__][word]}." for word in kind)
    growing = "Later releases may add words, so a client has a text for those that it does not know."
    return {
        "type": "string",
        "title": kind.__name__,
        "description": f"{kind.__doc__}\n\n{meanings}\n\n{growing}",
        "enum": [*kind],
    }
