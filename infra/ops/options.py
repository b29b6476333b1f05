"""Arguments and options that several commands share, and the files that some read."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.core import clock
from chalicelib.core.ids import BreachId, DisclosureId, HoldId, Id, PathText, RightsRequestId, UserId
from chalicelib.rights.complaints.model import ComplaintId
from infra.ops.profiles import ENDPOINT, REGION, STAGE

Stage = Annotated[str, typer.Option(envvar=STAGE, help="staging or production")]
Region = Annotated[str, typer.Option(envvar=REGION, help="a region in the EU")]
Version = Annotated[int, typer.Option(min=1, help="version printed by `show`")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint-url", envvar=ENDPOINT, help="URL of an emulator to use instead of AWS"),
]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask for a confirmation")]
After = Annotated[str | None, typer.Option(help="position printed by an earlier run, to continue")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would happen, and change nothing")]


def checked(kind: type[PathText], name: str) -> Callable[[str], str]:
    """Return a check that a text is an id: it becomes part of a URL and of a chain's name."""

    def check(text: str) -> str:
        if kind.parse(text) is None:
            raise typer.BadParameter(f"not a {name} id")
        return text

    return check


def id_argument(kind: type[Id], name: str) -> Any:  # noqa: ANN401 - typer types what it reads as Any
    """Return the argument of a command that is an id."""
    return typer.Argument(help=f"id of the {name}, {kind.prefix}_...", callback=checked(kind, name))


FILE: dict[str, Any] = {"exists": True, "dir_okay": False}  # what typer checks of a file that is read
Request = Annotated[str, id_argument(RightsRequestId, "request")]
Disclosure = Annotated[str, id_argument(DisclosureId, "disclosure")]
RecordedComplaint = Annotated[
    str,
    typer.Argument(
        help="id of the complaint, r_....person or r_....authority",
        callback=checked(ComplaintId, "complaint"),
    ),
]
PlacedHold = Annotated[str, id_argument(HoldId, "hold")]
RecordedBreach = Annotated[str, id_argument(BreachId, "breach")]
Subject = Annotated[str, id_argument(UserId, "user")]
FieldsFile = Annotated[
    Path,
    typer.Option(
        "--text-file",
        **FILE,
        help="TOML file with the other fields (docs/operations.md); not options, because "
        "shells keep a history",
    ),
]


def read_toml(path: Path, days: Iterable[str]) -> dict[str, Any]:
    """Read fields from a TOML file; the API checks them.

    Args:
        path: the file.
        days: the fields that are days in the file and instants in the API.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise typer.BadParameter("not a TOML file") from None
    for name in filter(fields.__contains__, days):
        if type(fields[name]) is not date:
            raise typer.BadParameter(f"{name} has to be a day, such as 2027-03-01 without quotes")
        fields[name] = beginning_of(fields[name])
    return fields


def read_json(path: Path) -> dict[str, Any]:
    """Read the body of a call from a JSON file; the API checks it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise typer.BadParameter("not a JSON file") from None
    if not isinstance(content, dict):
        raise typer.BadParameter("not a JSON object")
    return content


def beginning_of(day: date) -> str:
    """Return the beginning of a day in the controller's zone, as the API takes instants."""
    return clock.to_text(clock.beginning_of(day))
