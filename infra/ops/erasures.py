"""`python -m infra.ops erasures`: how far erasures are, stuck ones first.

Each command is one call of the internal API, or a few, as `infra.ops.rights` makes them. `rights show` has
the evidence of an erasure. No command completes an erasure: only its procedure does, and it signs the
certificate.
"""

from __future__ import annotations

from typing import Any

import typer

from infra.ops import cases, progress
from infra.ops.operator_console import Request, connected, console, print_unreadable
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(
    help="Erasures: list, show, retry. Only the procedure completes an erasure; no command does.",
    pretty_exceptions_enable=False,
)

_ALL = "/erasures"
_MAX_LISTED = 500  # erasures that `list` prints at most
_MAX_CALLS = 100  # a call may return few erasures: open requests for copies are between them


@app.command("list")
def list_erasures(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List erasures: stuck ones first, then the open ones, most urgent first."""
    with connected(stage, region, endpoint) as api:
        page = api.call("GET", _ALL).body
        found: list[dict[str, Any]] = list(page["items"])
        unreadable: list[str] = list(page["unreadable"])
        for _ in range(_MAX_CALLS - 1):
            if "next" not in page or len(found) >= _MAX_LISTED:
                break
            page = api.call("GET", f"{_ALL}?cursor={page['next']}").body
            found += page["items"]
            unreadable += page["unreadable"]
        console.print(progress.listed(found))
        print_unreadable(unreadable)
        if "next" in page:
            console.print(f"Only the first {len(found)} erasures are listed; there may be more.")


@app.command()
def show(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one erasure: its state, its steps with their times, and what it deleted."""
    with connected(stage, region, endpoint) as api:
        for part in progress.whole(api.call("GET", f"{_ALL}/{request}").body):
            console.print(part)


@app.command()
def retry(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Retry a step that stopped. Only the procedure completes an erasure; no command does."""
    with connected(stage, region, endpoint) as api:
        console.print(cases.line(api.call("POST", f"/rights-requests/{request}/retry").body))
