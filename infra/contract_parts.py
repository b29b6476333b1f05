"""What the public contract has beside the routes: lists of words, later answers, marks of deprecation.

An answer or a field of a later release stands in the document before the service has it. So an app that was
written against this document handles it already, and the later release only adds to the contract. It has the
mark `x-later`, and its description says that the service does not have it yet:

- a problem is one of the answers of its operation, with `x-later: true`;
- a field of a request is no property, since the service refuses it: `x-later` of its body describes it.

A release that has one removes its entry here. A test fails while both are there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.core.contract_words import ErrorCode, LimitName
from chalicelib.core.errors import Problem

if TYPE_CHECKING:
    from chalicelib.core.http.contract import Deprecation, Route


class PinRequired(Problem):
    """The account has a PIN, which has to be sent beside the code."""

    status = 423
    title = "This account has a PIN; send it as `pin` beside the code"


LATER_PROBLEMS: Mapping[str, tuple[type[Problem], ...]] = {
    "POST /v1/signup/{challenge_id}/verify": (PinRequired,),
}
LATER_FIELDS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "Verification": {"pin": {"type": "string", "description": "The PIN of the account"}},
}
MEANINGS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("contract_words.toml").read_text(encoding="utf-8")
)
_NOT_YET = "Not answered yet: a later release answers this."
_DEPRECATION = {
    "Deprecation": "Since when this operation is deprecated: `@` and seconds since 1970 (RFC 9745)",
    "Sunset": "From when on it may be gone (RFC 8594)",
    "Link": "What to call instead, with the relation `deprecation`",
}


def with_later_problems(route: Route) -> Route:
    """Return a route with the problems that a later release answers."""
    later = LATER_PROBLEMS.get(f"{route.method} {route.path}", ())
    return replace(route, problems=(*route.problems, *later))


def mark_later(paths: Mapping[str, Any], schemas: dict[str, Any]) -> None:
    """Mark what the service does not have yet."""
    for operation, problems in LATER_PROBLEMS.items():
        method, path = operation.split()
        for problem in problems:
            schema = schemas[f"{problem.__name__}Problem"]
            schema |= {"x-later": True, "description": f"{schema['description']}. {_NOT_YET}"}
            answer = paths[path][method.lower()]["responses"][str(problem.status)]
            named = f"`{problem.code}`"
            answer["description"] = answer["description"].replace(named, f"{named} (not answered yet)")
    for body, fields in LATER_FIELDS.items():
        names = ", ".join(f"`{name}`" for name in fields)
        said = f"Not accepted yet: {names}, see `x-later`. Until a later release takes it, it is refused."
        schemas[body] |= {"x-later": fields, "description": f"{schemas[body]['description']}\n\n{said}"}


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
