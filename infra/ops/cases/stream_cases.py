"""`python -m infra.ops stream-cases`: users who were deleted or deactivated at Stream, but not by us (STR-6).

Each command calls the internal API, as those of `infra.ops.cases.requests` do, which records each view.
"""

from __future__ import annotations

from typing import Annotated

import typer

from chalicelib.reconciliation.cases.model import SettledAs
from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi, api_command, emit_listing, read_list
from infra.ops.operator_console import emit
from infra.ops.options import Subject

app = typer.Typer(name="stream-cases", help="Users who were deleted at Stream, but not by us.")
_ALL = "/stream-cases"


@api_command(app, "list")
def list_cases(api: InternalApi) -> None:
    """List the open cases, the oldest first."""
    found = read_list(api, _ALL)
    rows = (
        (one["id"], one["user_id"], one["loss"], one["opened_at"], one["days_open"]) for one in found.items
    )
    columns = ("case", "user", "at Stream", "since", "days")
    emit_listing(found, "cases", tables.table_of(f"{len(found.items)} open", columns, rows))


@api_command(app)
def close(
    api: InternalApi,
    user: Subject,
    outcome: Annotated[SettledAs, typer.Option(help="what an operator found out")],
) -> None:
    """Close the case of a user."""
    case = api.call("PUT", f"{_ALL}/{user}/outcome", {"outcome": outcome})
    emit(case, f"{case['id']}  {case['user_id']}  closed as {case['outcome']}")
