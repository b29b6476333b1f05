"""`python -m infra.ops recipients`: the register of recipients. It needs no access to a stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from chalicelib.privacy import reviews
from chalicelib.privacy.recipients import Recipient
from infra.ops.cases.tables import table_of
from infra.ops.operator_console import emit

app = typer.Typer(
    name="recipients", help="Recipients of personal data: the register of this version of the code."
)


@app.command("list")
def list_register() -> None:
    """List the recipients: role, purposes, mechanism of the transfer, and until when to review."""
    found = [_row(one) for one in Recipient]
    columns = ("recipient", "country", "role", "purposes", "transfer", "review by")
    emit({"items": found}, table_of("recipients", columns, map(_shown, found)))


@app.command("reviews")
def list_reviews() -> None:
    """List the days by which agreements, certificates and measures have to be reviewed."""
    found = [{"by": one.by.isoformat(), "what": one.what} for one in reviews.declared()]
    emit({"items": found}, table_of("reviews", ("by", "what"), (tuple(one.values()) for one in found)))


def _shown(one: dict[str, Any]) -> Sequence[object]:
    purposes, review = ", ".join(one["purposes"]), one.get("review_by", "")
    return one["label"], one["country"], one["role"], purposes, one["mechanism"], review


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
