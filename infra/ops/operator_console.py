"""What the operators' commands share: the console, the API, and arguments."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table

from chalicelib.core import clock
from chalicelib.core.ids import BreachId, DisclosureId, HoldId, Id, RightsRequestId, UserId
from infra.deployment.account import AwsAccount
from infra.ops.internal_api import InternalApi
from infra.ops.refused import CommandRefused

# A pipe has no width, and ids must not be cut.
WIDTH = 160
console = Console(soft_wrap=True, markup=False, highlight=False, width=None if sys.stdout.isatty() else WIDTH)
complain = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)


class NotConfirmed(CommandRefused):
    """The operator did not confirm."""


class Format(Enum):
    """How a command prints what it found."""

    TEXT = auto()
    JSON = auto()


class _Chosen:
    """The format of this run of the program."""

    format = Format.TEXT


def choose_format(wanted: Format) -> None:
    """Set how commands print what they found."""
    _Chosen.format = wanted


def emit(found: object, *rendered: RenderableType) -> None:
    """Print what a command found: as JSON, or as `rendered`, a part per line."""
    if _Chosen.format is Format.JSON:
        sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return
    for part in rendered:
        if isinstance(part, Table):
            _keep_whole(part)
        console.print(part)


def emit_pages(pages: Iterable[str]) -> None:
    """Print the line of each page of a long command; the last one is its result."""
    last = ""
    for last in pages:
        note(last)
    emit({"result": last})


def _keep_whole(table: Table) -> None:
    """Let long words, such as ARNs, go on in the next line: a narrow terminal would cut them."""
    for column in table.columns:
        if not column.no_wrap:
            column.overflow = "fold"


def note(line: str) -> None:
    """Print a remark: on stderr if a program reads the output."""
    (complain if _Chosen.format is Format.JSON else console).print(line)


def ask(question: str) -> str:
    """Ask the operator for a value, which no shell keeps; it can be piped in."""
    if answer := _answer_to(f"{question}: "):
        return answer
    raise typer.BadParameter(f"nothing was typed as {question}")


def _answer_to(question: str) -> str:
    """Ask on stderr, because programs read stdout; "" if nothing is typed, as in a script."""
    complain.print(question, end="")
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        complain.print()
    return line.strip()


def confirm_unless(yes: bool, question: str) -> None:  # noqa: FBT001 - an option of the command line
    """Ask the operator, unless the call has `--yes`.

    Raises:
        NotConfirmed: the answer is no, or there is none.
    """
    if not yes and _answer_to(f"{question} [y/N]: ").lower() not in {"y", "yes"}:
        raise NotConfirmed("not confirmed, so nothing was changed; --yes skips the question")


_MAX_LISTED = 500  # items; one page more may be read
_MAX_CALLS = 100  # a page may have few items: a page of erasures leaves out the other requests


def checked(kind: type[Id], name: str) -> Callable[[str], str]:
    """Return a check that a text is an id: it becomes part of a URL and of a chain's name."""

    def check(text: str) -> str:
        if kind.parse(text) is None:
            raise typer.BadParameter(f"not a {name} id")
        return text

    return check


Request = Annotated[
    str,
    typer.Argument(help="id of the request, r_...", callback=checked(RightsRequestId, "request")),
]
Disclosure = Annotated[
    str,
    typer.Argument(help="id of the disclosure, d_...", callback=checked(DisclosureId, "disclosure")),
]
PlacedHold = Annotated[
    str,
    typer.Argument(help=f"id of the hold, {HoldId.prefix}_...", callback=checked(HoldId, "hold")),
]
RecordedBreach = Annotated[
    str,
    typer.Argument(help=f"id of the breach, {BreachId.prefix}_...", callback=checked(BreachId, "breach")),
]
Subject = Annotated[
    str,
    typer.Argument(help=f"id of the user, {UserId.prefix}_...", callback=checked(UserId, "user")),
]
FieldsFile = Annotated[
    Path,
    typer.Option(
        "--text-file",
        exists=True,
        dir_okay=False,
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


@contextmanager
def connected(stage: str, region: str, endpoint: str | None) -> Iterator[InternalApi]:
    """Provide the API of a stage."""
    yield InternalApi.of(AwsAccount(region, endpoint), stage)


@dataclass
class Listing:
    """The beginning of a list: its items, the ids of unreadable ones, and whether there may be more."""

    items: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    has_more: bool = True


def read_list(api: InternalApi, path: str) -> Listing:
    """Read a list page by page, until its end or one of the two limits."""
    found, query, mark = Listing(), "", "&" if "?" in path else "?"
    for _ in range(_MAX_CALLS):
        page = api.call("GET", path + query).body
        found.items += page["items"]
        found.unreadable += page["unreadable"]
        found.has_more = "next" in page
        if not found.has_more or len(found.items) >= _MAX_LISTED:
            break
        query = f"{mark}cursor={page['next']}"
    return found


def emit_listing(found: Listing, what: str, rendered: RenderableType) -> None:
    """Print a list, the ids of items that the API could not open, and whether there may be more."""
    emit({"items": found.items, "unreadable": found.unreadable, "has_more": found.has_more}, rendered)
    for one in found.unreadable:
        note(f"{one} cannot be read because it was altered: restore its item from before that")
    if found.has_more:
        note(f"Only the first {len(found.items)} {what} are listed; there may be more.")
