"""`python -m infra.ops invoices`: record invoices, and list those of a user.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. The API records each action
and each view under a pseudonym of the operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.core.ids import UserId
from chalicelib.staff.billing.model import amount
from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import FILE, checked, read_json

app = typer.Typer(name="invoices", help="Invoices: record, list.")

_ALL = "/invoices"


@api_command(app)
def record(
    api: InternalApi,
    file: Annotated[
        Path,
        typer.Argument(**FILE, help="JSON file with the invoice; not options, because shells keep a history"),
    ],
) -> None:
    """Record an invoice. Safe to run again: the same invoice is recorded once."""
    body = read_json(file)
    recorded = api.call("POST", _ALL, body)
    emit(recorded, f"{recorded['invoice_number']}  kept until {tables.local_time(recorded['kept_until'])}")


@api_command(app, "list")
def list_invoices(
    api: InternalApi,
    user: Annotated[
        str, typer.Option(help="user id of the subject, u_...", callback=checked(UserId, "user"))
    ],
) -> None:
    """List the invoices of a user by number."""
    tables.print_list(api, f"{_ALL}?user_id={user}", LISTED)


def _row(one: dict[str, Any]) -> Sequence[object]:
    charged = amount(one["amount_minor"], one["currency"])
    service = f"{one['service_from']} to {one['service_to']}"
    reference, end = one["provider_reference"], one["kept_until"]
    return one["invoice_number"], one["issued_on"], charged, service, reference, end


LISTED = tables.CaseList(
    "invoices", ("number", "issued", "amount", "service", "reference", "kept until"), _row
)
