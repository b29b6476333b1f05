"""A record as the page shows it: values as short texts, instants in Belgrade time."""

import json
import re
from datetime import datetime

from chalicelib.core.clock import ZONE
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy import words
from chalicelib.rights.copy.model import Row

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def row(line: str, say: Phrasebook) -> Row:
    """Return the row of a record's JSON."""
    return {name: shown(value, say) for name, value in json.loads(line).items()}


def shown(value: object, say: Phrasebook) -> str:
    """Return a JSON value as one line of text."""
    match value:
        case bool():
            return say("yes" if value else "no")
        case str():
            return _instant(value) if _INSTANT.fullmatch(value) else value
        case list():
            return ", ".join(shown(inner, say) for inner in value)
        case dict():
            return "; ".join(
                f"{say(words.label(name))}: {_inner(inner, say)}" for name, inner in value.items()
            )
        case _:
            return str(value)


def _instant(value: str) -> str:
    try:
        there = datetime.fromisoformat(value).astimezone(ZONE)
    except (ValueError, OverflowError):  # a text that only looks like an instant
        return value
    return f"{there:%Y-%m-%d %H:%M:%S %Z}"


def _inner(value: object, say: Phrasebook) -> str:
    return f"({shown(value, say)})" if isinstance(value, dict) else shown(value, say)
