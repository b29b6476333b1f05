"""`python -m infra.ops erasures`: how far erasures are, stuck ones first.

Each command calls the internal API, as those of `infra.ops.rights` do. `rights show` has the evidence of an
erasure. No command completes an erasure: only its procedure does, and it signs the certificate.
"""

from __future__ import annotations

import typer

from infra.ops import cases, progress
from infra.ops.operator_console import Request, connected, emit, emit_listing, read_list
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(
    help="Erasures: list, show, retry. Only the procedure completes an erasure; no command does.",
    pretty_exceptions_enable=False,
)

_ALL = "/erasures"


@app.command("list")
def list_erasures(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List erasures: stuck ones first, then the open ones, most urgent first."""
    with connected(stage, region, endpoint) as api:
        found = read_list(api, _ALL)
        emit_listing(found, "erasures", progress.listed(found.items))


@app.command()
def show(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one erasure: its state, its steps with their times, and what it deleted."""
    with connected(stage, region, endpoint) as api:
        erasure = api.call("GET", f"{_ALL}/{request}").body
        emit(erasure, *progress.whole(erasure))


@app.command()
def retry(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Retry a step that stopped. Only the procedure completes an erasure; no command does."""
    with connected(stage, region, endpoint) as api:
        case = api.call("POST", f"/rights-requests/{request}/retry").body
        emit(case, cases.line(case))
