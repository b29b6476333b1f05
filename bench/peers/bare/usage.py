"""Events of use, with checks by hand."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bench.peers.bare.app import Result, function
from bench.peers.common import usage
from bench.peers.common.accounts import Refused
from bench.peers.common.usage import Submitted

JSON = dict[str, Any]

WORDS = r"[A-Za-z]+[0-9]{0,3}([._/-][A-Za-z]+[0-9]{0,3})*"
NAME, SCREEN = re.compile(WORDS), re.compile(f"/?{WORDS}")
SPELLING = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ().,+_/-]*")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
FAULTS = {"crash", "hang", "out_of_memory", "network", "error"}
PLATFORMS = {"ios", "android", "web"}
DAY_MS, TERABYTE = 24 * 3600 * 1000, 1024 * 1024


def _serve(event: JSON, claims: tuple[str, str]) -> Result:
    try:
        device, events = _batch(json.loads(event["body"]))
    except (KeyError, ValueError):
        raise Refused(400, "invalid_request") from None
    accepted, dropped = usage.accept(*claims, device, events)
    return Result({"accepted": accepted, "dropped": dropped}, 202)


def _batch(batch: JSON) -> tuple[JSON, list[Submitted]]:
    _check_fields(batch, {"events", "device"})
    device, events = _device(batch["device"]), batch["events"]
    if not isinstance(events, list) or not 1 <= len(events) <= 100:
        raise ValueError
    return device, [_event(one) for one in events]


def _event(event: JSON) -> Submitted:
    _check_fields(event, {"id", "at", "name", "screen", "duration_ms", "diagnostics"})
    found, at = str(UUID(_text(event["id"], 64))), _instant(event["at"])
    name = _match(NAME, event["name"], 64)
    screen = None if event.get("screen") is None else _match(SCREEN, event["screen"], 64)
    duration = _number(event.get("duration_ms"), 0, DAY_MS)
    fault = None if event.get("diagnostics") is None else _fault(event["diagnostics"])
    row = usage.row(
        event_id=found,
        at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        name=name,
        screen=screen,
        duration_ms=duration,
        diagnostics=fault,
    )
    return Submitted(at, found, fault is not None, row)


def _fault(fault: JSON) -> JSON:
    _check_fields(fault, {"kind", "error", "code", "memory_mb", "free_memory_mb"})
    if fault["kind"] not in FAULTS:
        raise ValueError
    found = {
        "kind": fault["kind"],
        "error": None if fault.get("error") is None else _match(NAME, fault["error"], 32),
        "code": _number(fault.get("code"), -(2**31), 2**31 - 1),
        "memory_mb": _number(fault.get("memory_mb"), 0, TERABYTE),
        "free_memory_mb": _number(fault.get("free_memory_mb"), 0, TERABYTE),
    }
    return {name: value for name, value in found.items() if value is not None}


def _device(device: JSON) -> JSON:
    _check_fields(device, {"id", "platform", "model", "os_version", "app_version"})
    if UUID(_text(device["id"], 64)).version != 4 or device["platform"] not in PLATFORMS:
        raise ValueError
    for name in ("model", "os_version", "app_version"):
        if device.get(name) is not None:
            _match(SPELLING, device[name], 64)
    return device


def _check_fields(value: object, allowed: set[str]) -> None:
    if not isinstance(value, dict) or not value.keys() <= allowed:
        raise ValueError


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def _match(pattern: re.Pattern[str], value: object, longest: int) -> str:
    if not pattern.fullmatch(text := _text(value, longest)):
        raise ValueError
    return text


def _number(value: object, least: int, most: int) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError
    return value


def _instant(value: object) -> datetime:
    text = _text(value, 64).upper()
    if not RFC_3339.fullmatch(text):
        raise ValueError
    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)


handler = function(_serve)
