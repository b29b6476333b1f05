"""Compares the contract with those that were released: what an app relies on may not change (ADR 84).

Requests and answers are compared in opposite directions. What a released document allows in a request must
still be accepted. An answer must still be what that document describes, besides new members and new words.
The titles of CHANGELOG.md say which versions are released, so a clone without tags knows them too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from infra.guards.findings import Finding
from infra.stored_shapes import accepts

Document: TypeAlias = Mapping[str, Any]
Schema: TypeAlias = Mapping[str, Any]
Change: TypeAlias = tuple[str, str, str]  # its kind, its place, and what changed
_Compare: TypeAlias = Callable[[str, Schema, Schema], Iterator[Change]]

_RELEASE = re.compile(r"^## ([0-9]+\.[0-9]+\.[0-9]+) ", re.MULTILINE)
# What an app must not rely on in an answer: closed lists, forms of texts, upper bounds.
_LOOSE = {
    "additionalProperties", "const", "default", "enum", "exclusiveMaximum", "maxItems", "maxLength",
    "maxProperties", "maximum", "pattern",
}  # fmt: skip
_IF = ("if", "then", "else")
_NO_RULE = re.compile(r"deprecated|description|discriminator|examples|title|x-")


def place_of(version: str) -> str:
    """The path of the contract of a release."""
    return f"docs/releases/{version}/openapi.json"


def check_contract(root: Path, now: Document, today: date) -> Iterator[Finding]:
    """Compare a document with that of each release; a release that has none is a finding too."""
    versions = _RELEASE.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    paths = {version: root / place_of(version) for version in versions}
    released = {v: json.loads(path.read_text(encoding="utf-8")) for v, path in paths.items() if path.exists()}
    for version in sorted(paths.keys() - released.keys()):
        yield Finding("contract", "missing", place_of(version), f"CHANGELOG.md has the release {version}")
    operations = [one for document in released.values() for one in _operations(document)]
    ended = {name for name, one in operations if one.get("x-sunset", "9999-12-31") < today.isoformat()}
    for version, document in released.items():
        for kind, place, text in changes(document, now, ended):
            yield Finding("contract", kind, place, f"{text}, since {version}")


def changes(old: Document, new: Document, ended: Collection[str] = ()) -> Iterator[Change]:
    """Yield each change between two documents that can break an app made for the old one.

    Args:
        old: the document of a release.
        new: the document that is compared with it.
        ended: the operations that may be gone, as in `GET /v1/profile`.
    """
    comparison, current = _Comparison(old, new), dict(_operations(new))
    for name, operation in _operations(old):
        if name in current:
            yield from comparison.operations(name, operation, current[name])
        elif name not in ended:
            yield "removed", name, "the operation is gone, without a Sunset that has passed"
    for code in sorted(_codes(old, ended) - _codes(new)):
        yield "removed", code, "no operation answers this code"


@dataclass(frozen=True)
class _Comparison:
    """Compares the parts of two documents."""

    old: Document
    new: Document

    def operations(self, name: str, old: Document, new: Document) -> Iterator[Change]:
        if old["operationId"] != new["operationId"]:
            yield "renamed", name, f"operationId was {old['operationId']}"
        if new["security"] and not old["security"]:
            yield "narrower", name, "a token is required"
        yield from self._parameters(name, old, new)
        yield from self._bodies(f"{name} body", old.get("requestBody"), new.get("requestBody"))
        for status in sorted(new["responses"].keys() - old["responses"].keys()):
            if "text/html" not in new["responses"].get("200", {}).get(
                "content", {}
            ):  # a browser knows each status
                yield "status", f"{name} {status}", "apps do not expect this status"
        for status, answer in old["responses"].items():
            if status in new["responses"]:
                shown = _resolved(self.old, answer), _resolved(self.new, new["responses"][status])
                yield from self._answers(f"{name} {status}", *shown)
            elif status < "400":
                yield "removed", f"{name} {status}", "the answer is gone"

    def _parameters(self, name: str, old: Document, new: Document) -> Iterator[Change]:
        before, now = ({(p["in"], p["name"]): p for p in one.get("parameters", ())} for one in (old, new))
        for key in sorted(before.keys() | now.keys()):
            place, was, current = f"{name} {' '.join(key)}", before.get(key), now.get(key)
            if current is None:
                yield "removed", place, "the parameter is gone"
            elif current["required"] and not (was and was["required"]):
                yield "required", place, "the parameter is required"
            elif was:
                yield from self._taken(place, was["schema"], current["schema"])

    def _bodies(self, place: str, old: Document | None, new: Document | None) -> Iterator[Change]:
        if new and not old:
            yield "required", place, "the body is required"
        elif old:
            yield from self._media(place, old, new or {}, self._taken)

    def _answers(self, place: str, old: Document, new: Document) -> Iterator[Change]:
        for header, described in old.get("headers", {}).items():
            if described.get("required") and not new.get("headers", {}).get(header, {}).get("required"):
                yield "removed", f"{place} {header}", "the header is gone, or optional"
        yield from self._media(place, old, new, self._shown)

    def _media(self, place: str, old: Document, new: Document, compare: _Compare) -> Iterator[Change]:
        for media_type, content in old.get("content", {}).items():
            if media_type in new.get("content", {}):
                yield from compare(place, content["schema"], new["content"][media_type]["schema"])
            else:
                yield "removed", place, f"{media_type} is gone"

    def _taken(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        """Yield what a request may not have any more."""
        before, now = _forms(self.old, old), _forms(self.new, new)
        for was in before:
            alike = [(was, one) for one in now if one.key == was.key or len(before) == len(now) == 1]
            gone = [("narrower", place, f"{was.key} is not accepted")]
            yield from _least(place, alike, self._taken_form, gone)

    def _taken_form(self, place: str, was: _Form, now: _Form) -> Iterator[Change]:
        yield from self._members(place, was, now, self._taken)
        for name in sorted(now.required - was.required):
            yield "required", f"{place}/{name}", "is required"
        rules = {n: r for n, r in was.rules.items() if n in now.rules or n != "additionalProperties"}
        if not accepts(now.rules, rules):
            yield "narrower", place, f"was {json.dumps(rules)}, and is {json.dumps(now.rules)}"

    def _shown(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        """Yield what an answer has that an app does not expect. It ignores unknown members and words."""
        before, now = _forms(self.old, old), _forms(self.new, new)
        for current in now:
            only = len(before) == len(now) == 1 and not current.key.startswith("code=")
            alike = [(one, current) for one in before if one.key == current.key or only]
            other = [] if "=" in current.key else [("retyped", place, f"{current.key} is new")]
            yield from _least(place, alike, self._shown_form, other)

    def _shown_form(self, place: str, was: _Form, now: _Form) -> Iterator[Change]:
        yield from self._members(place, was, now, self._shown)
        for name in sorted((was.required - now.required) & now.members.keys()):
            yield "optional", f"{place}/{name}", "may be missing"
        if gone := was.words - now.words:
            yield "removed", place, f"{', '.join(sorted(gone))} is gone, or any text may be answered"
        before, after = ({n: r for n, r in one.rules.items() if n not in _LOOSE} for one in (was, now))
        if not accepts(before, after):
            yield "retyped", place, f"was {json.dumps(before)}, and is {json.dumps(after)}"

    def _members(self, place: str, was: _Form, now: _Form, compare: _Compare) -> Iterator[Change]:
        for name, schema in was.members.items():
            if name in now.members:
                yield from compare(f"{place}/{name}", schema, now.members[name])
            else:
                yield "removed", f"{place}/{name}", "is gone"


@dataclass(frozen=True)
class _Form:
    """One alternative of a schema: its members (`*`: each item or value), and its other rules."""

    members: Mapping[str, Schema]
    required: frozenset[str]
    rules: dict[str, Any]

    @property
    def key(self) -> str:
        """What distinguishes it from other alternatives: its constant members, or its type."""
        constant = {name: one["const"] for name, one in self.members.items() if "const" in one}
        return " ".join(f"{name}={value}" for name, value in constant.items()) or str(self.rules.get("type"))

    @property
    def words(self) -> set[str]:
        """The closed list of its values; empty if it is open."""
        constant = [self.rules["const"]] if "const" in self.rules else []
        return set(map(str, self.rules.get("enum", constant)))


def _least(
    place: str,
    pairs: list[tuple[_Form, _Form]],
    compare: Callable[[str, _Form, _Form], Iterator[Change]],
    otherwise: list[Change],
) -> list[Change]:
    """The changes between the two forms that differ least."""
    found = (
        list(compare(place, was, now))
        if was.rules.get("type") == now.rules.get("type")
        else [("retyped", place, f"type was {was.rules.get('type')}, and is {now.rules.get('type')}")]
        for was, now in pairs
    )
    return min(found, key=len, default=otherwise)


def _forms(document: Document, schema: Schema) -> list[_Form]:
    whole = dict(_resolved(document, schema))
    if options := whole.pop("anyOf", None) or whole.pop("oneOf", None):
        return [form for one in options for form in _forms(document, {**whole, **_resolved(document, one)})]
    parts = [_resolved(document, one) for one in whole.pop("allOf", ())]
    rules = {
        name: rule for part in (*parts, whole) for name, rule in part.items() if not _NO_RULE.match(name)
    }
    members: dict[str, Schema] = {}
    for part in (*parts, whole):
        members |= part.get("properties", {})
    for name in ("items", "additionalProperties"):
        if isinstance(rules.get(name), dict):
            members["*"] = rules.pop(name)
    if names := rules.pop("propertyNames", None):
        members["* names"] = names
    conditions = [{name: part.get(name) for name in _IF} for part in (*parts, whole) if "if" in part]
    required = frozenset(name for part in (*parts, whole) for name in part.get("required", ()))
    left = {name: rule for name, rule in rules.items() if name not in {"properties", "required", *_IF}}
    return [_Form(members, required, left | ({"conditions": conditions} if conditions else {}))]


def _resolved(document: Document, one: Document) -> Document:
    """What a reference names, with what stands beside the reference."""
    if "$ref" not in one:
        return one
    found: Any = document
    for part in one["$ref"].split("/")[1:]:
        found = found[part]
    return {**_resolved(document, found), **{name: value for name, value in one.items() if name != "$ref"}}


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _codes(document: Document, without: Collection[str] = ()) -> set[str]:
    """The problems that operations answer, as `code=not_found`."""
    answers = (
        _resolved(document, answer)
        for name, operation in _operations(document)
        if name not in without
        for answer in operation["responses"].values()
    )
    contents = (content["schema"] for one in answers for content in one.get("content", {}).values())
    forms = (form.key for schema in contents for form in _forms(document, schema))
    return {key for key in forms if key.startswith("code=")}
