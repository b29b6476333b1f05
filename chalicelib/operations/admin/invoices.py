"""Routes for operators about invoices (USE-7), and their bodies."""

from datetime import date
from typing import Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Created, Cursor, Operator, View, route
from chalicelib.core.ids import InvoiceId, UserId
from chalicelib.operations.admin.views import PageView
from chalicelib.staff import service as staff
from chalicelib.staff.billing import service as billing
from chalicelib.staff.billing.model import Invoice, InvoiceNumberUsed, NewInvoice

routes = Blueprint(__name__)

_ALL = "/admin/v1/invoices"


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
        return cls.showing(invoice, issued_on=invoice.issued_at.date())


@route(routes, "POST", _ALL, problems=(InvalidRequest, NotFound, InvoiceNumberUsed))
def record_invoice(operator: Operator, body: NewInvoice) -> Created[InvoiceView]:
    """Record an invoice of a user. A repeated call with the same content returns the same invoice."""
    view = InvoiceView.of(billing.record(staff.register(operator.arn), body))
    return Created(view, location=f"{_ALL}?user_id={body.user_id}")


@route(routes, "GET", _ALL, problems=(NotFound,))
def list_invoices(operator: Operator, user_id: UserId, cursor: Cursor | None) -> PageView[InvoiceView]:
    """List the invoices of a user by number."""
    page = billing.list_invoices(user_id, cursor, staff.register(operator.arn))
    return PageView[InvoiceView].of(page, InvoiceView.of)
