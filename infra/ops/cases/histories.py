"""`python -m infra.ops ledger show`: the entries of a history in words, such as what a colleague looked at.

The API records the look in the operator's own history. An entry has ids, numbers and fixed words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import quote

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi
from infra.ops.operator_console import emit, note
from infra.ops.options import After
from infra.ops.refused import CommandRefused

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class AlteredEntry(CommandRefused):
    """An entry of the page was altered, so that none of them is shown."""


def show(
    api: InternalApi,
    chain: Annotated[
        str, typer.Option(help="such as hold#h_... or purge#2026-11-26; of staff: staff#st_... or staff#ARN")
    ],
    after: After = None,
) -> None:
    """Show the entries of a chain in words, newest first. The look is recorded in your own history."""
    place = f"?cursor={quote(after)}" if after else ""
    page = api.call("POST", f"/ledger/entries{place}", {"chain": chain})
    emit(page, table_of_entries(page))
    for line in earlier(page):
        note(line)


def earlier(page: Case) -> Iterator[str]:
    """Yield the line about earlier entries, if there are any."""
    if cursor := page.get("next_cursor"):
        yield f"There are earlier entries: `ledger show` with `--after {cursor}`."


def table_of_entries(page: Case) -> Table:
    """Return a table of the entries of a page, in words.

    Raises:
        AlteredEntry: one was altered; none of them is shown.
    """
    if page.get("evidence") is None:
        raise AlteredEntry("an entry was altered: `ledger verify --chain CHAIN` names it")
    rows = (_in_words(one, page["staff"]) for one in page["evidence"])
    return tables.table_of(f"{len(page['evidence'])} entries", ("", "when", "who", "what"), rows)


def _in_words(entry: Case, staff: dict[str, str]) -> Sequence[object]:
    said = tables.with_names(entry["said"], staff)
    by = said.pop("by", "the service")
    data = "; ".join(f"{_plain(name)}: {_value(value)}" for name, value in sorted(said.items()))
    what = f"{_plain(entry['event'])}{', ' if data else ''}{data}"
    return entry["seq"], tables.local_time(entry["at"]), by, what


def _value(value: object) -> str:
    """Return a value in one line: a list by commas, an instant in Belgrade's time."""
    match value:
        case list():
            return ", ".join(map(_value, value))
        case dict():
            return f"({', '.join(f'{_plain(name)} {_value(inner)}' for name, inner in value.items())})"
        case str() if _INSTANT.fullmatch(value):
            return tables.local_time(value)
        case _:
            return str(tables.with_words(value))


def _plain(word: str) -> str:
    return word.replace("_", " ")
