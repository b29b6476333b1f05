"""`python -m infra.ops rights`: the operators' commands for rights requests.

Each command calls the internal API, signed with the operator's credentials: once, and `list` once per page.
The API records each action and each view under a pseudonym of the operator, which `show` resolves. Only
`verify` reads the evidence directly: the API cannot prove its own evidence.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.rights.deadline import ExtensionReason
from chalicelib.rights.model import ReceivedBy, RefusalReason, Right, Status
from infra.deployment.account import AwsAccount
from infra.ops import cases
from infra.ops.operator_console import Request, connected, console, emit, emit_listing, note, read_list
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(help="Rights requests: list, show, decide, extend.", pretty_exceptions_enable=False)
_ALL = "/rights-requests"

TextFile = Annotated[
    Path,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="file with the text for the subject; not an option, because shells keep a history",
    ),
]


@app.command("list")
def list_open(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the requests that await an answer, most urgent first."""
    with connected(stage, region, endpoint) as api:
        found = read_list(api, _ALL)
        emit_listing(found, "requests", cases.listed(found.items))


@app.command()
def show(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one request with its evidence."""
    with connected(stage, region, endpoint) as api:
        case = api.call("GET", f"{_ALL}/{request}").body
        emit(case, *cases.whole(case))


@app.command()
def propose(
    request: Request,
    status: Annotated[Status, typer.Option(help="completed, partially_completed or refused")],
    text_file: TextFile,
    stage: Stage,
    region: Region,
    reason: Annotated[
        RefusalReason | None,
        typer.Option(help="ground of a whole or partial refusal; must apply to the right"),
    ] = None,
    endpoint: Endpoint = None,
) -> None:
    """Propose a decision. Work on the request waits until another operator approves it."""
    body = {"status": status, "text": text_file.read_text(encoding="utf-8")}
    if reason:
        body["reason"] = reason
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{request}/proposal", body).body)


@app.command()
def withdraw(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Withdraw a proposal."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("DELETE", f"{_ALL}/{request}/proposal").body)


@app.command()
def approve(
    request: Request,
    version: Annotated[int, typer.Option(min=1, help="version printed by `show`")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Approve the proposal of another operator."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/approval", etag=f'"{version}"').body)


@app.command()
def extend(
    request: Request,
    days: Annotated[int, typer.Option(min=1, max=60)],
    reason: Annotated[ExtensionReason, typer.Option()],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Extend the deadline for the answer. The subject is notified."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{request}/extension", {"days": days, "reason": reason}).body)


@app.command()
def ask_identity(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Record that proof of identity was requested. The plan waits for it."""
    with connected(stage, region, endpoint) as api:
        case = api.call("POST", f"{_ALL}/{request}/identity-check").body
        _print_result(case)
        if not case["clock_stands_still"]:
            note("The deadline keeps running: proof was requested late, or was already requested before.")


@app.command()
def identity_came(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Record that the subject proved their identity. The plan continues."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/identity-proof").body)


@app.command()
def retry(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Retry a step that stopped."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/retry").body)


@app.command()
def enter(
    user: Annotated[str, typer.Option(help="user id of the subject, u_...")],
    right: Annotated[Right, typer.Option()],
    by: Annotated[ReceivedBy, typer.Option(help="channel of receipt")],
    on: Annotated[str, typer.Option(help="day of receipt, YYYY-MM-DD")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Enter a request that was received outside the app."""
    body = {"user_id": user, "right": right, "received_by": by, "received_on": on}
    with connected(stage, region, endpoint) as api:
        case = api.call("POST", _ALL, body).body
        emit(case, cases.line(case), f"receipt, to be given only to the subject: {case['receipt']}")


@app.command("verify")
def verify_evidence(
    request: Request,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    since: Annotated[int, typer.Option(min=1, help="number of the first checkpoint to use")] = 1,
) -> None:
    """Verify a request's evidence against the checkpoints of the Ledger."""
    from infra.ops.ledger import verify

    sys.exit(verify(AwsAccount(region, endpoint), stage, [f"rights#{request}"], since, console.print))


def _print_result(case: dict[str, Any]) -> None:
    emit(case, cases.line(case))
