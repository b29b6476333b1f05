"""Canaries, and how each is recognised in any content."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import quote


class CanaryForm(Enum):
    """How a canary is recognised."""

    TEXT = auto()  # long and random: it is searched for anywhere, also in encodings
    WORD = auto()  # a short number: not inside of a longer word or number
    QUOTED = auto()  # two letters: only as a whole value, in JSON or alone


@dataclass(frozen=True)
class Canary:
    """A value with the name by which tests report it; the value itself is never reported."""

    name: str
    value: str = field(repr=False)
    form: CanaryForm = CanaryForm.TEXT


class CanarySet:
    """The canaries of one subject. Upper and lower case are equal in every form."""

    def __init__(self) -> None:
        self._canaries: dict[str, Canary] = {}
        self._needles: list[tuple[str, bytes]] = []
        self._patterns: list[tuple[str, re.Pattern[bytes]]] = []

    def add(self, name: str, value: str, form: CanaryForm = CanaryForm.TEXT) -> str:
        """Add a canary under a name of its own; return its value."""
        if name in self._canaries or len(value) < (8 if form is CanaryForm.TEXT else 2):
            raise ValueError(f"the name is in use, or the value is too short: {name}")
        self._canaries[name] = Canary(name, value, form)
        if form is CanaryForm.TEXT:
            self._needles += [(name, spelling) for spelling in sorted(_spellings(value))]
        else:
            self._patterns.append((name, _pattern(value, form)))
        return value

    def __getitem__(self, name: str) -> str:
        return self._canaries[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._canaries)

    def named(self, prefix: str) -> frozenset[str]:
        """The names that begin with a prefix."""
        return frozenset(name for name in self if name.startswith(prefix))

    def names_in(self, content: bytes) -> frozenset[str]:
        """The names of the canaries in a content."""
        folded = content.lower()
        found = {name for name, needle in self._needles if needle in folded}
        return frozenset(found | {name for name, pattern in self._patterns if pattern.search(folded)})

    def redacted(self, text: str) -> str:
        """A text with `<name>` in place of each canary, the longest first."""
        for canary in sorted(self._canaries.values(), key=lambda one: -len(one.value)):
            found = re.compile(re.escape(canary.value), re.IGNORECASE)
            text = found.sub(f"<{canary.name}>", text)
        return text


def letters(count: int = 12) -> str:
    """Random letters, for fields that take no digits."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))


def digits(count: int) -> str:
    """Random digits, the first of which is not 0."""
    return str(secrets.randbelow(9 * 10 ** (count - 1)) + 10 ** (count - 1))


def _spellings(value: str) -> set[bytes]:
    """A value in the encodings that a program may apply to it, in lower case."""
    in_json = json.dumps(value)[1:-1]
    # A held record has documents in JSON, and is JSON itself.
    texts = {value, value.lstrip("+"), in_json, json.dumps(in_json)[1:-1]}
    texts |= {quote(value, safe=""), html.escape(value)}
    found = {text.encode() for text in texts} | {value.encode("utf-16-le")}
    found |= {value.encode().hex().encode(), *_in_base64(value.encode())}
    return {spelling.lower() for spelling in found}


def _in_base64(value: bytes) -> Iterator[bytes]:
    """The part of a base64 text that depends on the value alone, at each of the three offsets."""
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + value)
        # The first characters contain bits of what is before, and the last ones of what follows.
        whole = (len(value) + offset) // 3 * 4
        inner = text[4 if offset else 0 : whole]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))


def _pattern(value: str, form: CanaryForm) -> re.Pattern[bytes]:
    literal = re.escape(value.lower().encode())
    if form is CanaryForm.WORD:
        return re.compile(rb"(?<![0-9a-z._+/=-])" + literal + rb"(?![0-9a-z_+/=]|[.-][0-9a-z])")
    return re.compile(rb"(?m)\"" + literal + rb"\\?\"|^" + literal + rb"\r?$")
