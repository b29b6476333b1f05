"""Responses about invoices for operators."""

from datetime import date
from typing import Self

from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import InvoiceId
from chalicelib.staff.billing.model import Invoice
from chalicelib.staff.billing.service import InvoicePage


class InvoiceView(View):
    """An invoice as operators see it. `invoice_id` names its evidence in the Ledger."""

    invoice_id: InvoiceId
    invoice_number: str
    issued_on: date
    amount_minor: int = Field(description="In the smallest unit of the currency")
    currency: str
    service_from: date
    service_to: date
    provider_reference: str
    kept_until: Instant = Field(description="The end of the statutory period")

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        """Build the view."""
        shown = invoice.model_dump(exclude={"account_id", "issued_at"})
        return cls(**shown, issued_on=invoice.issued_at.date(), kept_until=invoice.kept_until)


class InvoiceList(View):
    """A page of a user's invoices, by number."""

    items: tuple[InvoiceView, ...]
    unreadable: tuple[str, ...] = Field(
        (), description="Numbers of invoices of this page that cannot be read, because they were altered"
    )
    next: str | None = None

    @classmethod
    def of(cls, page: InvoicePage) -> Self:
        """Build the view of a page."""
        items = tuple(map(InvoiceView.of, page.found))
        return cls(items=items, unreadable=page.unreadable, next=page.next)
