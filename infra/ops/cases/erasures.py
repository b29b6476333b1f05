"""`python -m infra.ops erasures`: how far erasures are, stuck ones first.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. `rights show` has the evidence
of an erasure. No command completes an erasure: only its procedure does, and it signs the certificate. The
tables have only ids, counts, instants and fixed words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.internal_api import connected, emit_listing, read_list
from infra.ops.operator_console import emit
from infra.ops.options import Endpoint, Region, Request, Stage

app = typer.Typer(
    help="Erasures: list, show, retry. Only the procedure completes an erasure; no command does.",
    pretty_exceptions_enable=False,
)

_ALL = "/erasures"

Erasure = dict[str, Any]


@app.command("list")
def list_erasures(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List erasures: stuck ones first, then the open ones, most urgent first."""
    with connected(stage, region, endpoint) as api:
        found = read_list(api, _ALL)
        emit_listing(found, "erasures", listed(found.items))


@app.command()
def show(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one erasure: its state, its steps with their times, and what it deleted."""
    with connected(stage, region, endpoint) as api:
        erasure = api.call("GET", f"{_ALL}/{request}").body
        emit(erasure, *whole(erasure))


@app.command()
def retry(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Retry a step that stopped. Only the procedure completes an erasure; no command does."""
    with connected(stage, region, endpoint) as api:
        case = api.call("POST", f"/rights-requests/{request}/retry").body
        emit(case, tables.line(case))


def listed(erasures: list[Erasure]) -> Table:
    """Return a table with one row per erasure; ids and dates are whole at 100 columns."""
    stuck = sum("stuck" in one for one in erasures)
    table = Table(title=f"{len(erasures)} erasures, {stuck} stuck", padding=0, show_edge=False)
    table.add_column("request", no_wrap=True)
    table.add_column("step", overflow="fold")
    table.add_column("state", overflow="fold")
    table.add_column("since", no_wrap=True)
    for name in ("age", "deleting", "deleted"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("cancel", overflow="fold")
    table.add_column("due", no_wrap=True)
    for one in erasures:
        table.add_row(
            one["id"],
            one.get("step", "none"),
            _state(one),
            _minute(one.get("since", "")).replace(" ", "\n"),
            _hours(one["hours_since_receipt"]),
            _hours(one["hours_since_capture"]) if "hours_since_capture" in one else "no",
            str(one["deleted"]),
            "yes" if one["cancellable"] else "no",
            one["due_at"][:10] if "days_left" in one else one["status"],
        )
    return table


def whole(erasure: Erasure) -> Iterator[Table]:
    """Return all tables about one erasure."""
    yield _facts(erasure)
    yield tables.steps(erasure)
    deleted = Table("place", "records", "number", "last at", title="deleted so far")
    for one in erasure["deleted_records"]:
        deleted.add_row(one["place"], one["kind"], str(one["count"]), one["last_at"])
    yield deleted


def _facts(erasure: Erasure) -> Table:
    table = Table(show_header=False, title=erasure["id"])
    table.add_row("status", erasure["status"])
    table.add_row("user_id", erasure["user_id"])
    table.add_row("step", erasure.get("step", "all are done"))
    table.add_row("state", f"{_state(erasure)}, since {erasure.get('since', 'the end')}")
    runs = erasure.get("runs_at", "not scheduled")
    table.add_row("runs", f"{runs}, after {erasure['tries']} tries without an outcome")
    table.add_row("received_at", f"{erasure['received_at']}, {_hours(erasure['hours_since_receipt'])} ago")
    table.add_row("due_at", erasure["due_at"])
    if captured := erasure.get("captured_at"):
        table.add_row("point of no return", f"{captured}, {_hours(erasure['hours_since_capture'])} ago")
    table.add_row("can be cancelled", "yes" if erasure["cancellable"] else "no")
    if stream := erasure.get("stream"):
        table.add_row("task at Stream", stream.get("task_id", "none; `rights show` has earlier ones"))
        if "first_requested_at" in stream:
            table.add_row("requested at Stream", stream["first_requested_at"])
        if "attempts" in stream:
            table.add_row("attempts at Stream", str(stream["attempts"]))
        table.add_row("Stream's report", stream.get("report", "none yet"))
    table.add_row("found by the second pass", f"{erasure['found_again']} times")
    if lost := erasure.get("unreadable"):
        table.add_row("unreadable", f"{lost} records that had to be kept, and were deleted")
    return table


def _state(erasure: Erasure) -> str:
    """Return why an erasure is stuck, or the status of its step."""
    match erasure.get("stuck"):
        case None:
            return str(erasure.get("step_status", "done"))
        case "stopped":
            return f"stopped: {erasure.get('why', 'no reason recorded')}"
        case "unreachable":
            return f"a service has not responded since {_minute(erasure['unreachable_since'])}"
        case stuck:
            return f"{stuck}: {erasure.get('step_status', '')}"


def _hours(hours: int) -> str:
    """Return an age in hours, from two days on in days."""
    two_days = 48
    return f"{hours} h" if hours < two_days else f"{hours // 24} d"


def _minute(instant: str) -> str:
    return instant[:16].replace("T", " ")
