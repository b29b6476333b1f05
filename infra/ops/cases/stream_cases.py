"""`python -m infra.ops stream-cases`: users who were deleted or deactivated at Stream, but not by us (STR-6).

Each command calls the internal API, as those of `infra.ops.cases.requests` do, which records each view.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Annotated

import typer

from chalicelib.reconciliation.cases.model import SettledAs
from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import Subject

app = typer.Typer(name="stream-cases", help="Users who were deleted at Stream, but not by us.")
_ALL = "/stream-cases"


@api_command(app, "list")
def list_cases(api: InternalApi) -> None:
    """List the open cases, the oldest first."""
    tables.print_list(api, _ALL, LISTED)


@api_command(app)
def close(
    api: InternalApi,
    user: Subject,
    outcome: Annotated[SettledAs, typer.Option(help="what an operator found out")],
) -> None:
    """Close the case of a user."""
    case = api.call("PUT", f"{_ALL}/{user}/outcome", {"outcome": outcome})
    emit(case, f"{case['id']}  {case['user_id']}  closed as {case['outcome']}")


LISTED = tables.CaseList(
    "cases",
    ("case", "user", "at Stream", "since", "days"),
    itemgetter("id", "user_id", "loss", "opened_at", "days_open"),
    "open",
)
