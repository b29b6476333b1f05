"""`python -m infra.ops logs`: the log of a function, whose lines have ids, numbers and fixed words (SEC-1).

A call reads a bounded part: at most `--maximum` lines, and at most thirty calls of CloudWatch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from chalicelib.core import clock
from infra.deployment.setting_keys import function_names
from infra.ops.cases import tables
from infra.ops.commands import DeployedStage
from infra.ops.operator_console import emit, note

_MAX_CALLS = 30  # each searches a part of the log, and may find nothing in it
_LENGTH = re.compile(r"[1-9]\d{0,3}[mhd]")
_UNITS = {"m": clock.MINUTE, "h": clock.HOUR, "d": clock.DAY}
_ID = re.compile(r"[0-9A-Za-z_-]{4,64}")
_LEFT_OUT = {"_aws", "level", "location", "message", "service", "timestamp"}

Line = tuple[datetime, str]


def _function(name: str) -> str:
    if name not in (known := sorted(function_names())):
        raise typer.BadParameter(f"no function has this name; there are {', '.join(known)}")
    return name


def _length(text: str) -> str:
    if not _LENGTH.fullmatch(text):
        raise typer.BadParameter("not a length, such as 30m, 1h or 2d")
    return text


def _an_id(text: str | None) -> str | None:
    if text is not None and not _ID.fullmatch(text):
        raise typer.BadParameter("not an id: 4 to 64 letters, digits, _ or -")
    return text


def show(
    deployed: DeployedStage,
    function: Annotated[str, typer.Argument(help="such as admin or work_rights", callback=_function)],
    since: Annotated[str, typer.Option(help="how far back: 30m, 1h, 2d", callback=_length)] = "1h",
    request: Annotated[
        str | None,
        typer.Option(help="only lines with this id: of a call, or of a rights request", callback=_an_id),
    ] = None,
    maximum: Annotated[int, typer.Option(min=1, max=5000, help="the most lines")] = 200,
) -> None:
    """Show the log of a function, oldest line first, in Belgrade's time."""
    begin = clock.now() - int(since[:-1]) * _UNITS[since[-1]]
    found, is_whole = _read(deployed, function, begin, request, maximum)
    items = [{"at": clock.to_text(at), "line": line} for at, line in found]
    emit({"items": items, "has_more": not is_whole}, *(_in_words(*one) for one in found))
    about = f" about {request}" if request else ""
    note(f"{len(found)} lines of {function}{about} since {tables.local_time(begin)}.")
    if not is_whole:
        note("There may be more: shorten --since, name a --request, or raise --maximum.")


def _read(
    deployed: DeployedStage, function: str, begin: datetime, request: str | None, maximum: int
) -> tuple[list[Line], bool]:
    """Read at most so many lines, in a bounded number of calls; the second part: whether those are all."""
    asked: dict[str, Any] = {
        "logGroupName": f"/aws/lambda/ru4m-{deployed.stage}-{function}",
        "startTime": clock.to_epoch(begin) * 1000,
        **({"filterPattern": f'"{request}"'} if request else {}),
    }
    logs, found = deployed.account.client("logs"), list[Line]()
    for _ in range(_MAX_CALLS):
        page = logs.filter_log_events(**asked, limit=min(maximum + 1, 10_000))
        found += (
            (clock.from_epoch(one["timestamp"] // 1000), line)
            for one in page["events"]
            for line in one["message"].splitlines()
        )
        asked["nextToken"] = page.get("nextToken")
        if asked["nextToken"] is None or len(found) > maximum:
            break
    found.sort(key=lambda line: line[0])
    return found[:maximum], asked["nextToken"] is None and len(found) <= maximum


def _in_words(at: datetime, line: str) -> str:
    """Return a line as `when LEVEL message name=value ...`; one that is no JSON object as it is."""
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    said = " ".join(_parts(fields)) if isinstance(fields, dict) else line
    return f"{at.astimezone(clock.ZONE):%F %H:%M:%S %Z}  {said}"


def _parts(fields: dict[str, Any]) -> Iterator[str]:
    yield from (str(fields[name]) for name in ("level", "message") if name in fields)
    others = ((name, value) for name, value in fields.items() if name not in _LEFT_OUT)
    yield from (f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in others)
