"""`python -m infra.ops invoices`: record invoices, and list those of a user.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. The API records each action
and each view under a pseudonym of the operator.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from chalicelib.core.ids import UserId
from infra.ops.internal_api import connected, emit_listing, read_list
from infra.ops.operator_console import emit
from infra.ops.options import Endpoint, Region, Stage, checked, read_json

app = typer.Typer(help="Invoices: record, list.", pretty_exceptions_enable=False)

_ALL = "/invoices"


@app.command()
def record(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSON file with the invoice; not options, because shells keep a history",
        ),
    ],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Record an invoice. Safe to run again: the same invoice is recorded once."""
    body = read_json(file)
    with connected(stage, region, endpoint) as api:
        recorded = api.call("POST", _ALL, body).body
        emit(recorded, f"{recorded['invoice_number']}  kept until {recorded['kept_until']}")


@app.command("list")
def list_invoices(
    user: Annotated[
        str, typer.Option(help="user id of the subject, u_...", callback=checked(UserId, "user"))
    ],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """List the invoices of a user by number."""
    with connected(stage, region, endpoint) as api:
        found = read_list(api, f"{_ALL}?user_id={user}")
        emit_listing(found, "invoices", _listed(found.items))


def _listed(invoices: list[dict[str, Any]]) -> Table:
    """Return a table with one row per invoice."""
    table = Table(title=f"{len(invoices)} invoices")
    table.add_column("number", no_wrap=True)
    for name in ("issued", "amount (minor units)", "service", "reference", "kept until"):
        table.add_column(name)
    for invoice in invoices:
        table.add_row(
            invoice["invoice_number"],
            invoice["issued_on"],
            f"{invoice['amount_minor']} {invoice['currency']}",
            f"{invoice['service_from']} to {invoice['service_to']}",
            invoice["provider_reference"],
            invoice["kept_until"],
        )
    return table
