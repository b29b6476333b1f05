"""`python -m infra.ops holds`: the operators' commands for holds.

Each command calls the internal API, as those of `infra.ops.rights` do. A hold needs two operators: one places
it, another one confirms it within 72 hours. Lifting it early needs two as well.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from infra.ops import hold_tables as tables
from infra.ops.operator_console import (
    FieldsFile,
    Listing,
    PlacedHold,
    confirm_unless,
    connected,
    emit,
    emit_listing,
    read_toml,
)
from infra.ops.options import DryRun, Endpoint, Region, Stage, Yes

app = typer.Typer(help="Holds: place, confirm, lift, list, show.", pretty_exceptions_enable=False)
_ALL = "/holds"
# Instants that an operator gives as days: the hold or its secrecy ends at the beginning of that day.
_DAYS = ("until", "secret_until")


@app.command("list")
def list_holds(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the holds that have not ended, by their end."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", _ALL).body
        emit_listing(Listing(**found), "holds", tables.listed(found["items"]))


@app.command()
def show(hold: PlacedHold, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one hold, also after its end."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", f"{_ALL}/{hold}").body
        emit(found, tables.whole(found))


@app.command()
def place(
    user: Annotated[str, typer.Option(help="user id of the subject, u_...")],
    text_file: FieldsFile,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Place a hold. It ends after 72 hours unless another operator confirms it."""
    body = {"user_id": user, **read_toml(text_file, _DAYS)}
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", _ALL, body).body)


@app.command()
def confirm(hold: PlacedHold, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Confirm the hold of another operator. It is then in force until its end."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{hold}/confirmation").body)


@app.command()
def propose_lift(hold: PlacedHold, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Propose to lift a hold before its end. Your own unconfirmed hold is lifted at once."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{hold}/lift-proposal").body)


@app.command()
def lift(
    hold: PlacedHold,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Lift a hold, as another operator proposed. Records past their period are deleted within days."""
    with connected(stage, region, endpoint) as api:
        if dry_run:
            found = api.call("GET", f"{_ALL}/{hold}").body
            emit(found, tables.whole(found), tables.liftable(found))
            return
        confirm_unless(yes, f"Lift {hold}? Records that it alone keeps are deleted within days.")
        _print_result(api.call("POST", f"{_ALL}/{hold}/lift").body)


def _print_result(hold: dict[str, Any]) -> None:
    emit(hold, tables.line(hold))
