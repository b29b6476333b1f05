"""`python -m infra.ops stream-cases`: users who were deleted or deactivated at Stream, but not by us (STR-6).

Each command calls the internal API, as those of `infra.ops.cases.requests` do, which records each view.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from chalicelib.core.ids import UserId
from chalicelib.reconciliation.cases.model import SettledAs
from infra.ops.internal_api import connected
from infra.ops.operator_console import emit
from infra.ops.options import Endpoint, Region, Stage, checked

app = typer.Typer(help="Users who were deleted at Stream, but not by us.", pretty_exceptions_enable=False)
_ALL = "/stream-cases"

User = Annotated[str, typer.Argument(help="id of the user, u_...", callback=checked(UserId, "user"))]


@app.command("list")
def list_cases(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the open cases, the oldest first."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", _ALL).body
        emit(found, _table(found["items"]))


@app.command()
def close(
    user: User,
    outcome: Annotated[SettledAs, typer.Option(help="what an operator found out")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Close the case of a user."""
    with connected(stage, region, endpoint) as api:
        case = api.call("PUT", f"{_ALL}/{user}/outcome", {"outcome": outcome}).body
        emit(case, f"{case['id']}  {case['user_id']}  closed as {case['outcome']}")


def _table(cases: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{len(cases)} open")
    for name in ("case", "user", "at Stream", "since", "days"):
        table.add_column(name, no_wrap=True)
    for case in cases:
        table.add_row(case["id"], case["user_id"], case["loss"], case["opened_at"], str(case["days_open"]))
    return table
