"""Forms in place of files: the fields of a route's body, as its schema has them, and what an operator typed.

A field that is left empty is not sent. Days and times are those of Belgrade. The API checks every value, so a
value that cannot be read is sent as it was typed, and the API names the mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from pydantic import BaseModel

from chalicelib.core import clock
from chalicelib.core.markup import Html, tag
from chalicelib.operations.breaches.letter import LANGUAGES

Typed = Mapping[str, str]  # a field of several choices has a line for each
Schema = Mapping[str, Any]
_LONG = 300  # characters; a text that may be longer gets several lines


class FieldKind(Enum):
    """How a value is typed."""

    CHOICE = auto()
    CHOICES = auto()
    LINES = auto()  # an item per line
    PAIRS = auto()  # `name = value` per line
    NUMBER = auto()
    DAY = auto()
    INSTANT = auto()
    TEXT = auto()
    LONG_TEXT = auto()


@dataclass(frozen=True)
class FormField:
    """A field of a form.

    Attributes:
        name: also that of its part in the body; parts of a nested one are `texts.en.nature`.
        choices: the values of a choice.
        empty: whether an empty one is sent as null, since the route requires it.
    """

    name: str
    kind: FieldKind
    hint: str
    is_required: bool
    choices: tuple[str, ...] = ()
    empty: bool = False

    def read(self, text: str) -> object:
        """Return the value for the API of a text that is not empty."""
        match self.kind:
            case FieldKind.CHOICES | FieldKind.LINES:
                return [one.strip() for one in text.splitlines() if one.strip()]
            case FieldKind.PAIRS:
                pairs = (one.partition("=") for one in text.splitlines() if one.strip())
                return {name.strip(): _WORDS.get(value.strip(), value.strip()) for name, _, value in pairs}
            case FieldKind.NUMBER:
                with suppress(ValueError):
                    return int(text)
            case FieldKind.INSTANT:
                with suppress(ValueError):
                    return clock.to_text(datetime.fromisoformat(text).replace(tzinfo=clock.ZONE))
        return _YES_NO.get(text, text) if set(self.choices) == _YES_NO.keys() else text

    def show(self, typed: str, mistake: str) -> Html:
        """Build the field with its label, what was typed, and a mistake beside it."""
        described = {"aria_describedby": f"{self.name}-hint"} if self.hint or mistake else {}
        if mistake:
            described["aria_invalid"] = "true"
        about = [tag("strong", mistake, class_="mistake")] if mistake else []
        about += [tag("span", self.hint)] if self.hint else []
        label = self.name.replace(".", ", ").replace("_", " ").capitalize() + (
            "" if self.is_required else " (optional)"
        )
        hint = [tag("p", *about, id=f"{self.name}-hint", class_="quiet")] if about else []
        if self.kind is FieldKind.CHOICES:
            return tag("fieldset", tag("legend", label), *hint, *self._boxes(typed.splitlines()))
        return tag("p", tag("label", label, for_=self.name), *hint, self._input(typed, described))

    def _boxes(self, chosen: list[str]) -> Iterator[Html]:
        for one in self.choices:
            checked = {"checked": "checked"} if one in chosen else {}
            box = tag("input", type="checkbox", name=self.name, value=one, **checked)
            yield tag("label", box, one.replace("_", " "), class_="box")

    def _input(self, typed: str, more: Mapping[str, str]) -> Html:
        named = {"name": self.name, "id": self.name, **more}
        if self.is_required:
            named["required"] = "required"
        if self.kind is FieldKind.CHOICE:
            return tag("select", *self._options(typed), **named)
        if self.kind in {FieldKind.LINES, FieldKind.PAIRS, FieldKind.LONG_TEXT}:
            return tag("textarea", typed, rows="6", **named)
        return tag("input", type=_TYPES.get(self.kind, "text"), value=typed, autocomplete="off", **named)

    def _options(self, typed: str) -> Iterator[Html]:
        for one in ("", *self.choices):
            selected = {"selected": "selected"} if one == typed else {}
            yield tag("option", one.replace("_", " "), value=one, **selected)


_TYPES = {FieldKind.NUMBER: "number", FieldKind.DAY: "date", FieldKind.INSTANT: "datetime-local"}
_YES_NO: Mapping[str, object] = {"yes": True, "no": False}
_WORDS: Mapping[str, object] = {"true": True, "false": False, "": None}  # of a pair


def fields_of(body: type[BaseModel]) -> tuple[FormField, ...]:
    """Return the fields of a body."""
    schema = body.model_json_schema()
    return tuple(_fields(schema, schema.get("$defs", {}), ""))


def read(fields: tuple[FormField, ...], typed: Typed) -> dict[str, Any]:
    """Return the body of what was typed."""
    body: dict[str, Any] = {}
    for field in fields:
        text = "\n".join(typed.get(field.name, "").splitlines()).strip()  # browsers send CRLF
        if field.empty and not text:
            body[field.name] = None
        if text:
            *outer, name = field.name.split(".")
            part = body
            for one in outer:
                part = part.setdefault(one, {})
            part[name] = field.read(text)
    return body


def _fields(schema: Schema, types: Schema, within: str) -> Iterator[FormField]:
    required = schema.get("required", ())
    for name, given in schema["properties"].items():
        one, hint = _resolved(given, types), str(given.get("description", ""))
        if "properties" in (letter := _resolved(one.get("additionalProperties") or {}, types)):
            for language in LANGUAGES:  # a letter in each in which operators write
                yield from _fields(letter, types, f"{within}{name}.{language}.")
            continue
        if "properties" in one:
            yield from _fields(one, types, f"{within}{name}.")
            continue
        kind, choices = _kind_of(one, types)
        hints = ". ".join(part for part in (hint.removesuffix("."), _HINTS.get(kind, "")) if part)
        needed, can_be_empty = name in required and not within, "anyOf" in given
        yield FormField(
            name=within + name,
            kind=kind,
            hint=hints,
            is_required=needed and not can_be_empty,
            choices=choices,
            empty=needed and can_be_empty,
        )


def _resolved(given: Schema, types: Schema) -> Schema:
    """Return the schema of a value that is there: without null, and without references."""
    (one, *_) = [part for part in given.get("anyOf", (given,)) if part.get("type") != "null"]
    found: Schema = types[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
    return found


def _kind_of(one: Schema, types: Schema) -> tuple[FieldKind, tuple[str, ...]]:
    if "enum" in one:
        return FieldKind.CHOICE, tuple(one["enum"])
    if one.get("type") == "array":
        of = _resolved(one["items"], types).get("enum", ())
        return (FieldKind.CHOICES if of else FieldKind.LINES), tuple(of)
    if one.get("type") == "boolean":
        return FieldKind.CHOICE, tuple(_YES_NO)
    text = FieldKind.LONG_TEXT if one.get("maxLength", 0) > _LONG else FieldKind.TEXT
    return _KINDS.get(one.get("format", one.get("type")), text), ()


_KINDS = {
    "date": FieldKind.DAY,
    "date-time": FieldKind.INSTANT,
    "integer": FieldKind.NUMBER,
    "object": FieldKind.PAIRS,
}
_HINTS = {
    FieldKind.LINES: "One per line",
    FieldKind.PAIRS: "One per line: name = value; nothing after = removes it",
    FieldKind.INSTANT: "In Belgrade's time",
}
