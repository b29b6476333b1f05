"""`python -m infra.ops erasures`: how far erasures are, stuck ones first.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. `rights show` has the evidence
of an erasure. No command completes an erasure: only its procedure does, and it signs the certificate. The
tables have only ids, counts, instants and fixed words.
"""

from __future__ import annotations

from collections.abc import Iterator

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi, api_command, emit_listing, read_list
from infra.ops.operator_console import emit
from infra.ops.options import Request

app = typer.Typer(
    name="erasures",
    help="Erasures: list, show, retry. Only the procedure completes an erasure; no command does.",
)

_ALL = "/erasures"


@api_command(app, "list")
def list_erasures(api: InternalApi) -> None:
    """List erasures: stuck ones first, then the open ones, most urgent first."""
    found = read_list(api, _ALL)
    emit_listing(found, "erasures", listed(found.items), *tables.waits(found.items))


@api_command(app)
def show(api: InternalApi, request: Request) -> None:
    """Show one erasure: its state, its steps with their times, and what it deleted."""
    erasure = api.call("GET", f"{_ALL}/{request}")
    emit(erasure, *whole(erasure))


@api_command(app)
def retry(api: InternalApi, request: Request) -> None:
    """Retry a step that stopped. Only the procedure completes an erasure; no command does."""
    case = api.call("POST", f"/rights-requests/{request}/retry")
    emit(case, tables.line(case))


def listed(erasures: list[Case]) -> Table:
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
            one["rights_request_id"],
            one.get("step", "none"),
            _state(one),
            tables.local_time(one["since"]).replace(" ", "\n", 1) if "since" in one else "",
            tables.age(one["received_at"]),
            tables.age(one["captured_at"]) if "captured_at" in one else "no",
            str(one["deleted"]),
            "yes" if one["cancellable"] else "no",
            f"{one['status']} {tables.local_day(one['closed_at'])}"
            if "closed_at" in one
            else str(tables.last_day(one["due_at"])),
        )
    return table


def whole(erasure: Case) -> Iterator[Table]:
    """Return all tables about one erasure."""
    yield tables.facts(erasure["rights_request_id"], _facts(erasure))
    yield tables.steps(erasure)
    yield from tables.kept(erasure)
    rows = ((one["place"], one["kind"], one["count"], one["last_at"]) for one in erasure["deleted_records"])
    yield tables.table_of("deleted so far", ("place", "records", "number", "last at"), rows)


def _facts(erasure: Case) -> Iterator[tuple[str, object]]:
    yield from tables.fields_of(erasure, "status", "user_id")
    yield "step", erasure.get("step", "all are done")
    since = tables.local_time(erasure["since"]) if "since" in erasure else "the end"
    yield "state", f"{_state(erasure)}, since {since}"
    yield from tables.wait_facts(erasure)
    yield "runs", tables.next_run(erasure)
    yield "received_at", _with_age(erasure["received_at"])
    yield "deadline", tables.deadline(erasure)
    if captured := erasure.get("captured_at"):
        yield "point of no return", _with_age(captured)
    yield "can be cancelled", "yes" if erasure["cancellable"] else "no"
    if stream := erasure.get("stream"):
        yield "task at Stream", stream.get("task_id", "none; `rights show` has earlier ones")
        yield "requested at Stream", stream.get("first_requested_at")
        yield "attempts at Stream", stream.get("attempts")
        yield "Stream's report", stream.get("report", "none yet")
    yield "found by the second pass", f"{erasure['found_again']} times"
    if lost := erasure.get("unreadable"):
        yield "unreadable", f"{lost} records that had to be kept, and were deleted"


def _state(erasure: Case) -> str:
    """Return why an erasure is stuck, why its step waits, or the status of that step."""
    waits = erasure.get("waits_for") or erasure.get("step_status", "")
    match erasure.get("stuck"):
        case None:
            return str(waits or "done")
        case "stopped":
            return f"stopped: {erasure.get('why', 'no reason recorded')}"
        case "unreachable":
            return f"{waits} since {tables.local_time(erasure['unreachable_since'])}"
        case stuck:
            return f"{stuck}: {waits}"


def _with_age(instant: str) -> str:
    return f"{tables.local_time(instant)}, {tables.age(instant)} ago"
