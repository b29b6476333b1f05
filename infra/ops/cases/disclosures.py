"""`python -m infra.ops disclosures`: the operators' commands for disclosures of data.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. No command sends data: the
operator hands over the approved extract, and then records it with `given`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import FILE, Disclosure, FieldsFile, Version, beginning_of, read_toml

app = typer.Typer(name="disclosures", help="Disclosures: propose, approve, record, list, show.")
_ALL = "/disclosures"

_FACTS = (
    "user_id", "kind", "ground", "status", "recipient", "reference", "extract", "reason", "notice",
    "proposed_by", "proposed_at", "assessment", "reviewed_by", "reviewed_at", "given_by", "disclosed_at",
    "secret_until", "secrecy_reference", "version",
)  # fmt: skip

Assessment = Annotated[
    Path, typer.Option("--text-file", **FILE, help="file with the assessment in writing; not an option")
]


@api_command(app, "list")
def list_all(api: InternalApi) -> None:
    """List all disclosures, newest first."""
    tables.print_list(api, _ALL, LISTED)


@api_command(app)
def show(api: InternalApi, disclosure: Disclosure) -> None:
    """Show one disclosure with its evidence, and the version to approve."""
    found = api.call("GET", f"{_ALL}/{disclosure}")
    emit(found, *whole(found))


@api_command(app)
def propose(
    api: InternalApi,
    user: Annotated[str, typer.Option(help="user id of the subject, u_...")],
    text_file: FieldsFile,
) -> None:
    """Propose a disclosure. No data may go out before another operator approves it."""
    body = {"user_id": user, **read_toml(text_file, ["secret_until"])}
    _print_result(api.call("POST", _ALL, body))


@api_command(app)
def approve(
    api: InternalApi,
    disclosure: Disclosure,
    version: Version,
    text_file: Annotated[
        Path | None, typer.Option(**FILE, help="file with the assessment, for a voluntary disclosure")
    ] = None,
) -> None:
    """Approve the proposal of another operator: its data may go out."""
    body = {"assessment": text_file.read_text(encoding="utf-8")} if text_file else {}
    _print_result(api.call("POST", f"{_ALL}/{disclosure}/approval", body, f'"{version}"'))


@api_command(app)
def refuse(api: InternalApi, disclosure: Disclosure, text_file: Assessment) -> None:
    """Refuse the proposal of another operator."""
    body = {"assessment": text_file.read_text(encoding="utf-8")}
    _print_result(api.call("POST", f"{_ALL}/{disclosure}/refusal", body))


@api_command(app)
def withdraw(api: InternalApi, disclosure: Disclosure) -> None:
    """Withdraw a proposal, or an approved disclosure whose data did not go out."""
    _print_result(api.call("POST", f"{_ALL}/{disclosure}/withdrawal"))


@api_command(app)
def given(
    api: InternalApi,
    disclosure: Disclosure,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ"], help="when the data went out, in UTC; now if it is absent"
        ),
    ] = None,
) -> None:
    """Record that the data of an approved disclosure went out."""
    body = {"disclosed_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")} if at else {}
    _print_result(api.call("POST", f"{_ALL}/{disclosure}/given", body))


@api_command(app)
def propose_secrecy(
    api: InternalApi,
    disclosure: Disclosure,
    text_file: Annotated[Path, typer.Option(**FILE, help="file with the reference of the order")],
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="end of the secrecy, at the beginning of that day in Belgrade"
        ),
    ] = None,
) -> None:
    """Propose to place or renew a secrecy (--until), or to lift it (without --until)."""
    body = {
        "secret_until": beginning_of(until.date()) if until else None,
        "reference": text_file.read_text(encoding="utf-8"),
    }
    _print_result(api.call("PUT", f"{_ALL}/{disclosure}/secrecy", body))


@api_command(app)
def approve_secrecy(api: InternalApi, disclosure: Disclosure, version: Version) -> None:
    """Approve another operator's change of the secrecy."""
    path = f"{_ALL}/{disclosure}/secrecy/approval"
    _print_result(api.call("POST", path, etag=f'"{version}"'))


@api_command(app)
def withdraw_secrecy(api: InternalApi, disclosure: Disclosure) -> None:
    """Withdraw a proposed change of the secrecy."""
    _print_result(api.call("DELETE", f"{_ALL}/{disclosure}/secrecy"))


def _print_result(one: Case) -> None:
    emit(one, f"{one['id']}  {one['ground']}  {state(one)}  version {one['version']}")


def state(one: Case) -> str:
    """Return the status; `given` once the data went out."""
    return "given" if "disclosed_at" in one else str(one["status"])


def _listed(one: Case) -> Sequence[object]:
    secret = one["secret_until"] if one["secret"] else ""
    return one["id"], one["ground"], state(one), one["proposed_at"], secret, _needed_action(one)


def whole(one: Case) -> Iterator[Table]:
    """Return all tables about one disclosure."""
    one = tables.with_names(one, one["staff"])
    change = one.get("secrecy_proposal", {})
    until = f"until {change['until']}" if "until" in change else "lifted"
    proposed = f"{until} by {change['by']}: {change['reference']}" if change else None
    yield tables.facts(one["id"], (*tables.fields_of(one, *_FACTS, "scope"), ("secrecy proposed", proposed)))
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


def _needed_action(one: Case) -> str:
    """Return the action that an operator must take, or ""."""
    if one["status"] == "proposed":
        return "approval"
    return "approval of the secrecy" if one["secrecy_proposed"] else ""


LISTED = tables.CaseList(
    "disclosures", ("disclosure", "ground", "state", "proposed", "secret until", "needs"), _listed
)
