"""`python -m infra.ops recipients`: the register of recipients. It needs no access to a stage."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from chalicelib.privacy.recipients import Recipient
from infra.ops.operator_console import emit

app = typer.Typer(help="Recipients of personal data: the register of this version of the code.")


@app.callback()
def _group() -> None:
    """Recipients of personal data: the register of this version of the code."""


@app.command("list")
def list_register() -> None:
    """List the recipients: role, purposes, mechanism of the transfer, and until when to review."""
    found = [_row(one) for one in Recipient]
    table = Table("recipient", "country", "role", "purposes", "transfer", "review by", title="recipients")
    for one in found:
        table.add_row(
            one["label"], one["country"], one["role"], ", ".join(one["purposes"]), one["mechanism"],
            one.get("review_by", ""),
        )  # fmt: skip
    emit({"items": found}, table)


def _row(recipient: Recipient) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": recipient.name,
        "label": recipient.label,
        "country": recipient.country,
        "role": recipient.entry.role,
        "activity": recipient.activity,
        "purposes": sorted(recipient.purposes),
        "categories": sorted(recipient.categories),
        "mechanism": recipient.entry.mechanism,
        "safeguards": list(recipient.entry.safeguards),
    }
    if agreement := recipient.entry.agreement:
        row |= {"agreement": agreement.name, "review_by": agreement.review_by.isoformat()}
    return row
