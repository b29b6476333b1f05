"""`python -m infra.ops inbox`: all that waits for a person, over all kinds of cases, by the day it is due.

The API records the ids in the operator's own history. The table has ids, days and our own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi
from infra.ops.operator_console import emit, note


def show(api: InternalApi) -> None:
    """List all that waits for a person, by the day it is due, with the command for each (after `ops`)."""
    found = api.call("GET", "/inbox")
    emit(found, table_of(found))
    for line in remarks(found):
        note(line)


def table_of(found: Case) -> Table:
    """Return a table with a line for each entry."""
    columns = ("due", "what", "needed", "command")
    return tables.table_of(f"{len(found['items'])} waiting", columns, map(_listed, found["items"]))


def remarks(found: Case) -> Iterator[str]:
    """Yield what the list lacks."""
    for source in found["unavailable"]:
        yield f"{_words(source)}: cannot be read now; the list lacks them. Read it again in a minute."
    for source in found["has_more"]:
        yield f"{_words(source)}: only the first ones were read; there may be more."


def _listed(one: Case) -> Sequence[object]:
    what = one["id"] if one["kind"] == "review" else _words(one["kind"])
    by = "by law" if one["by"] == "law" else "our rule"
    return f"{tables.due_words(one['due_at'])} ({by})", what, one["words"], one["command"]


def _words(kind: str) -> str:
    return kind.replace("_", " ")
