"""The own profile, with checks by hand."""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from bench.peers.bare.app import Result, function
from bench.peers.common import profiles
from bench.peers.common.accounts import Refused

JSON = dict[str, Any]

BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
JOINED = re.compile(r"(?<=[^ \u200c\u200d])[\u200c\u200d](?=[^ \u200c\u200d])")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
COUNTRY = re.compile(r"[A-Z]{2}")


def _serve(event: JSON, claims: tuple[str, str]) -> Result:
    if event["httpMethod"] == "GET":
        return _tagged(*profiles.read(*claims))
    etag = {name.lower(): value for name, value in event["headers"].items()}.get("if-match")
    if not etag:
        raise Refused(428, "precondition_required")
    return _tagged(*profiles.change(*claims, _changes(event["body"]), etag))


def _tagged(profile: JSON, etag: str) -> Result:
    return Result(profile, 200, {"ETag": etag})


def _changes(body: str) -> JSON:
    try:
        sent = json.loads(body)
        found = {name: value if value is None else CHECKS[name](value) for name, value in sent.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Refused(400, "invalid_request") from None
    if not found:
        raise Refused(400, "invalid_request")
    return found


def _line(longest: int) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not 1 <= len(text := value.strip()) <= longest:
            raise ValueError
        seen = JOINED.sub("", text)
        if not all(c.isprintable() and c not in BLANK for c in seen):
            raise ValueError
        if not any(unicodedata.category(c)[0] in "LNS" for c in seen):
            raise ValueError
        return text

    return check


def _birthday(value: object) -> str:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError
    if not date(1900, 1, 1) <= date.fromisoformat(value) <= datetime.now(UTC).date():
        raise ValueError
    return value


def _country(value: object) -> str:
    if not isinstance(value, str) or not COUNTRY.fullmatch(value):
        raise ValueError
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _nothing(_: object) -> None:
    raise ValueError


CHECKS: dict[str, Callable[[object], object]] = {
    "display_name": _line(50),
    "name": _line(100),
    "date_of_birth": _birthday,
    "job_title": _line(100),
    "employer": _line(100),
    "country": _country,
    "email": _nothing,
    "discoverable": _switch,
    "online_visible": _switch,
}

handler = function(_serve)
