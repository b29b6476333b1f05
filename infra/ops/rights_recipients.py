"""Commands of `python -m infra.ops rights` about recipients of data that a request changed (Art. 19 GDPR).

Processors are notified by the request's steps. Operators notify authorities, and record that here.
"""

from __future__ import annotations

from typing import Annotated

import typer

from infra.ops import cases
from infra.ops.operator_console import Request, connected, emit
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer()
_ALL = "/rights-requests"


@app.command("unnotified")
def list_unnotified(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the requests with recipients that you have to notify, longest due first."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", "/unnotified-recipients").body
        emit(found, *(f"{one['id']}  since {one['since']}" for one in found["items"]))


@app.command("recipients")
def list_recipients(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the recipients of data that a request changed, and which of them were notified."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", f"{_ALL}/{request}/recipients").body
        emit(found, cases.recipients(found["items"]))


@app.command()
def notified(
    request: Request,
    number: Annotated[int, typer.Argument(min=0, help="number printed by `recipients`")],
    on: Annotated[str, typer.Option(help="day of the notice, YYYY-MM-DD")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Record the day on which you notified an authority of the change."""
    body = {"number": number, "notified_on": on}
    with connected(stage, region, endpoint) as api:
        found = api.call("PUT", f"{_ALL}/{request}/recipients", body).body
        emit(found, cases.recipients(found["items"]))
