"""`python -m infra.ops rights`: requests of subjects, as operators work on them.

Thin: each command is one call of the internal API, signed as whoever runs it. That they acted or looked
goes on record under a pseudonym, which `show` resolves.
Only `verify` reads the evidence itself: what an API would say of its own evidence proves little.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.clock import ExtensionReason
from chalicelib.rights.model import ReceivedBy, RefusalReason, Right, Status
from infra.deployment.account import AwsAccount, RegionError
from infra.ops import cases
from infra.ops.internal_api import CallRefused, InternalApi
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(help="Requests of subjects: looking, deciding, more time.", pretty_exceptions_enable=False)
# A pipe has no width; ids must not be cut there.
_WIDTH = None if sys.stdout.isatty() else 160
console = Console(soft_wrap=True, markup=False, highlight=False, width=_WIDTH)

_MOST = 500  # that one listing prints; more than one look takes in


def _known(text: str) -> str:
    """An id of a request: what is typed ends up in a path, and in a chain's name."""
    if RightsRequestId.parse(text) is None:
        raise typer.BadParameter("not the id of a request")
    return text


Request = Annotated[str, typer.Argument(help="id of the request, as r_...", callback=_known)]
TextFile = Annotated[
    Path,
    typer.Option(exists=True, dir_okay=False, help="what the subject is told; a file: commands are kept"),
]


@app.command("list")
def list_open(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """What waits for an answer, the most urgent first."""
    with _api(stage, region, endpoint) as api:
        page = api.call("GET", "").body
        found: list[dict[str, Any]] = list(page["items"])
        unreadable: list[str] = list(page["unreadable"])
        while "next" in page and len(found) < _MOST:
            page = api.call("GET", f"?cursor={page['next']}").body
            found += page["items"]
            unreadable += page["unreadable"]
        console.print(cases.listed(found))
        for request_id in unreadable:
            console.print(
                f"{request_id} cannot be opened: recover its item to the time before it was altered"
            )
        if "next" in page:
            console.print(f"only the first {len(found)}; there are more")


@app.command()
def show(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """One request with its evidence."""
    with _api(stage, region, endpoint) as api:
        for part in cases.whole(api.call("GET", f"/{request}").body):
            console.print(part)


@app.command()
def propose(
    request: Request,
    status: Annotated[Status, typer.Option(help="completed, partially_completed or refused")],
    text_file: TextFile,
    stage: Stage,
    region: Region,
    reason: Annotated[
        RefusalReason | None, typer.Option(help="of a refusal, whole or in part; a ground for this right")
    ] = None,
    endpoint: Endpoint = None,
) -> None:
    """Propose a decision; until another operator has approved it, nothing goes on."""
    body = {"status": status, "text": text_file.read_text(encoding="utf-8")}
    if reason:
        body["reason"] = reason
    with _api(stage, region, endpoint) as api:
        _done(api.call("PUT", f"/{request}/proposal", body).body)


@app.command()
def withdraw(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Take a proposal off the table."""
    with _api(stage, region, endpoint) as api:
        _done(api.call("DELETE", f"/{request}/proposal").body)


@app.command()
def approve(
    request: Request,
    version: Annotated[int, typer.Option(min=1, help="that `show` showed")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Approve what another operator proposed."""
    with _api(stage, region, endpoint) as api:
        _done(api.call("POST", f"/{request}/approval", etag=f'"{version}"').body)


@app.command()
def extend(
    request: Request,
    days: Annotated[int, typer.Option(min=1, max=60)],
    reason: Annotated[ExtensionReason, typer.Option()],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Take more time for the answer; the subject is told."""
    with _api(stage, region, endpoint) as api:
        _done(api.call("PUT", f"/{request}/extension", {"days": days, "reason": reason}).body)


@app.command()
def ask_identity(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Note that proof of who asks was asked for; the plan waits."""
    with _api(stage, region, endpoint) as api:
        case = api.call("POST", f"/{request}/identity-check").body
        _done(case)
        if not case["clock_stands_still"]:
            console.print("the clock runs on: it was not asked for without delay, or for a second time")


@app.command()
def identity_came(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Note that it came and proves it; the plan goes on."""
    with _api(stage, region, endpoint) as api:
        _done(api.call("POST", f"/{request}/identity-proof").body)


@app.command()
def retry(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Try a step anew that stopped."""
    with _api(stage, region, endpoint) as api:
        _done(api.call("POST", f"/{request}/retry").body)


@app.command()
def enter(
    user: Annotated[str, typer.Option(help="public id of whoever asks, as u_...")],
    right: Annotated[Right, typer.Option()],
    by: Annotated[ReceivedBy, typer.Option(help="the way it came")],
    on: Annotated[str, typer.Option(help="day of receipt, as 2026-11-24")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Enter a request that came by another way than the app."""
    body = {"user_id": user, "right": right, "received_by": by, "received_on": on}
    with _api(stage, region, endpoint) as api:
        case = api.call("POST", "", body).body
        _done(case)
        console.print(f"receipt, for whoever asked and nobody else: {case['receipt']}")


@app.command()
def verify(
    request: Request,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    since: Annotated[int, typer.Option(min=1, help="number of the first checkpoint to use")] = 1,
) -> None:
    """Hold a request's evidence against the checkpoints of the Ledger."""
    from infra.ops.ledger import exit_status
    from infra.ops.standing_in import act_as

    act_as(AwsAccount(region, endpoint), stage, "checkpoint_ledger")
    sys.exit(exit_status([f"rights#{request}"], since, console.print))


@contextmanager
def _api(stage: str, region: str, endpoint: str | None) -> Iterator[InternalApi]:
    """The API; what it refuses is told in a line, with a status that a script sees."""
    try:
        yield InternalApi.of(AwsAccount(region, endpoint), stage)
    except (CallRefused, RegionError, ClientError, BotoCoreError) as refused:
        console.print(f"refused: {refused}")
        sys.exit(1)


def _done(case: dict[str, Any]) -> None:
    console.print(cases.line(case))
