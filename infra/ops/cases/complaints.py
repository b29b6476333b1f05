"""`python -m infra.ops complaints`: complaints about the answers to rights requests (ADR 94).

Each command calls the internal API, as those of `infra.ops.cases.requests` do. No command sends the decision:
the operator who closes the complaint has sent it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chalicelib.rights.complaints.model import ComplaintOutcome
from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import FILE, FieldsFile, RecordedComplaint, Request, Version, beginning_of, read_toml

app = typer.Typer(name="complaints", help="Complaints about answers: open, decide, close, list, show.")
_ALL = "/complaints"

_FACTS = (
    "rights_request_id", "complainant", "status", "complained_at", "due_at", "text", "proposed_by",
    "approved_by", "decided_at", "closed_at", "version",
)  # fmt: skip


@api_command(app, "list")
def list_all(api: InternalApi) -> None:
    """List all complaints, open ones first."""
    tables.print_list(api, _ALL, LISTED)


@api_command(app)
def show(api: InternalApi, complaint: RecordedComplaint) -> None:
    """Show one complaint with its evidence, and the version to approve."""
    found = api.call("GET", f"{_ALL}/{complaint}")
    emit(found, *whole(found))


@api_command(app, "open")
def open_complaint(
    api: InternalApi,
    request: Request,
    on: Annotated[str, typer.Option(help="day of receipt, YYYY-MM-DD")],
    text_file: FieldsFile,
    due: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the last day in an authority's letter")
    ] = None,
) -> None:
    """Record a complaint about the answer to a request: with --due an authority's, else a person's.

    The file has `text`; for an authority also `authority_name` and `letter_number`.
    """
    letter = read_toml(text_file, ())
    body = {"rights_request_id": request, "received_on": on, "text": letter.pop("text", "")}
    if due:
        letter = {"letter": {**letter, "due_at": beginning_of(due.date() + timedelta(days=1))}}
    _print_result(
        api.call("POST", _ALL, body | letter)
    )  # the API refuses an authority's fields without --due


@api_command(app)
def propose(
    api: InternalApi,
    complaint: RecordedComplaint,
    decision: Annotated[ComplaintOutcome, typer.Option()],
    text_file: Annotated[
        Path, typer.Option(**FILE, help="file with what follows from an upheld one, or why it is rejected")
    ],
) -> None:
    """Propose a decision. You, and the operator who approves it, have not acted on the request."""
    body = {"outcome": decision, "text": text_file.read_text(encoding="utf-8")}
    _print_result(api.call("PUT", f"{_ALL}/{complaint}/proposal", body))


@api_command(app)
def withdraw(api: InternalApi, complaint: RecordedComplaint) -> None:
    """Withdraw a proposal, your own or another operator's."""
    _print_result(api.call("DELETE", f"{_ALL}/{complaint}/proposal"))


@api_command(app)
def approve(api: InternalApi, complaint: RecordedComplaint, version: Version) -> None:
    """Approve the proposal of another operator: it is the decision."""
    _print_result(api.call("POST", f"{_ALL}/{complaint}/approval", etag=f'"{version}"'))


@api_command(app)
def close(api: InternalApi, complaint: RecordedComplaint) -> None:
    """Close a decided complaint, once its decision is with the complainant."""
    _print_result(api.call("POST", f"{_ALL}/{complaint}/closing"))


def _print_result(one: Case) -> None:
    due = "" if one["status"] == "closed" else f"  due {tables.due_words(one['due_at'])}"
    emit(one, f"{one['id']}  {one['status']}{due}  version {one['version']}")


def _listed(one: Case) -> Sequence[object]:
    due = "" if one["status"] == "closed" else tables.due_words(one["due_at"])
    return one["id"], one["status"], due, one.get("outcome", "")


def whole(one: Case) -> Iterator[Table]:
    """Return all tables about one complaint."""
    one = tables.with_names(one, one["staff"])
    parts = ((name, one.get(name)) for name in ("letter", "proposal", "decision"))
    texts = ((name, ": ".join(map(tables.shown, part.values()))) for name, part in parts if part)
    shown = (name for name in _FACTS if name != "due_at" or one["status"] != "closed")
    yield tables.facts(one["id"], (*tables.fields_of(one, *shown), *texts))
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


LISTED = tables.CaseList("complaints", ("complaint", "state", "due", "outcome"), _listed)
