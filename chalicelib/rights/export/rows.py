"""A record as the page shows it: each value as a short text."""

import json
import re

from chalicelib.rights.export import words
from chalicelib.rights.export.model import Row

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z", re.ASCII)


def row(line: str) -> Row:
    """The row of a record's JSON."""
    return {name: shown(value) for name, value in json.loads(line).items()}


def shown(value: object) -> str:
    """A value of JSON in one line."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            instant = _INSTANT.fullmatch(value)
            return f"{instant[1]} {instant[2]} UTC" if instant else value
        case list():
            return ", ".join(map(shown, value))
        case dict():
            return "; ".join(f"{words.label(name)}: {_inner(inner)}" for name, inner in value.items())
        case _:
            return str(value)


def _inner(value: object) -> str:
    return f"({shown(value)})" if isinstance(value, dict) else shown(value)
