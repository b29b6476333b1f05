"""Routes of privacy rights. All of them also serve frozen and restricted accounts (RGT-11)."""

from chalice.app import Blueprint

from chalicelib.core.errors import IdempotencyMismatch
from chalicelib.core.http import Accepted, Cursor, DailyLimit, HtmlPage, PublicPage, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.page import POLICY
from chalicelib.core.settings import settings
from chalicelib.rights import service
from chalicelib.rights.erasure import certificate
from chalicelib.rights.intake.body import NewRequest
from chalicelib.rights.intake.submission import SUBJECT, Subject
from chalicelib.rights.problems import AlreadyOpen, ExportGone, NotOfferedHere, NotReady, TooLate
from chalicelib.rights.receipt_page.document import RECEIPT_POLICY, receipt_page
from chalicelib.rights.views import (
    CertificateFile,
    ExportView,
    Receipt,
    ReceivedRequestView,
    RequestList,
    RequestView,
)
from chalicelib.sessions.caller import RightsCaller, StepUpCaller, StepUpRequired

rights = Blueprint(__name__)


def _is_limited(caller: RightsCaller, body: NewRequest, **_: object) -> bool:
    """Do not count calls without a required step-up: a stolen token could use up the limit."""
    return service.is_limited(body.right) and (caller.is_stepped_up or not service.wants_step_up(body.right))


@route(
    rights,
    "POST",
    "/v1/rights-requests",
    needs=SUBJECT,
    limit=DailyLimit("rights_requests", lambda: settings().limits.rights_requests_day, _is_limited),
    problems=(AlreadyOpen, IdempotencyMismatch, NotOfferedHere, StepUpRequired),
)
def exercise_right(
    caller: RightsCaller, body: NewRequest, key: IdempotencyKey | None
) -> Accepted[ReceivedRequestView]:
    """Exercise a privacy right.

    Access, portability and erasure require a session that was stepped up in the last minutes. Only this
    response contains the receipt. Repeat the request with the same Idempotency-Key to get it again.
    """
    if service.wants_step_up(body.right):
        caller.require_step_up()
    taken = service.submit(Subject.found(caller.account, caller.found), body, key)
    return Accepted(ReceivedRequestView.with_receipt(taken.request, taken.receipt))


@route(rights, "GET", "/v1/rights-requests")
def list_rights_requests(caller: RightsCaller, cursor: Cursor | None) -> RequestList:
    """List the caller's rights requests, newest first."""
    found, more = service.listed(caller.account.account_id, cursor)
    return RequestList(items=tuple(map(RequestView.of, found)), next=more)


@route(rights, "GET", "/v1/rights-requests/{request_id}")
def get_rights_request(caller: RightsCaller, request_id: RightsRequestId) -> RequestView:
    """Get one of the caller's rights requests."""
    return RequestView.of(service.own(caller.account.account_id, request_id))


@route(
    rights,
    "POST",
    "/v1/rights-requests/{request_id}/cancel",
    limit=Unlimited("A cancellation is never refused; new requests are limited"),
    problems=(TooLate,),
)
def cancel_rights_request(caller: RightsCaller, request_id: RightsRequestId) -> RequestView:
    """Cancel a rights request that is not answered yet."""
    return RequestView.of(service.cancel(caller.account.account_id, request_id))


@route(rights, "GET", "/v1/rights-requests/{request_id}/export", problems=(NotReady, ExportGone))
def get_export(caller: StepUpCaller, request_id: RightsRequestId) -> ExportView:
    """Get a download link to the copy. The link works for fifteen minutes; the copy is kept for days."""
    link = service.export_link(caller.account.account_id, request_id)
    return ExportView(url=link.url, expires_at=link.expires_at, sha256=link.file.sha256, size=link.file.size)


@route(rights, "GET", "/v1/rights-requests/{request_id}/certificate", problems=(NotReady,))
def get_certificate(caller: RightsCaller, request_id: RightsRequestId) -> CertificateFile:
    """Get the signed certificate of an erasure."""
    return CertificateFile.of(certificate.own(caller.account.account_id, request_id))


@route(rights, "GET", "/v1/receipt")
def get_receipt_page() -> PublicPage:
    """Get the page that shows a request by its receipt.

    Messages link to it with `#`, the id of the request, a dot and the receipt. A browser does not send that
    part; the page's script reads it, and sends the receipt in the header of the routes below.
    """
    return PublicPage(markup=receipt_page(settings().contact_email), policy=RECEIPT_POLICY)


@route(rights, "GET", "/v1/rights-receipts/{request_id}")
def get_by_receipt(request_id: RightsRequestId, receipt: Receipt) -> RequestView:
    """Get a rights request by its receipt. Also works after the account is deleted."""
    return RequestView.of(service.by_receipt(request_id, receipt.text))


@route(
    rights,
    "POST",
    "/v1/rights-receipts/{request_id}/cancel",
    limit=Unlimited("A cancellation is never refused, and a receipt cancels one request"),
    problems=(TooLate,),
)
def cancel_by_receipt(request_id: RightsRequestId, receipt: Receipt) -> RequestView:
    """Cancel a rights request by its receipt, without a session."""
    return RequestView.of(service.cancel_by_receipt(request_id, receipt.text))


@route(rights, "GET", "/v1/rights-receipts/{request_id}/certificate", problems=(NotReady,))
def get_certificate_by_receipt(request_id: RightsRequestId, receipt: Receipt) -> CertificateFile:
    """Get the signed certificate of an erasure by the receipt of the request, without an account."""
    return CertificateFile.of(certificate.by_receipt(request_id, receipt.text))


@route(rights, "GET", "/v1/rights-receipts/{request_id}/certificate/page", problems=(NotReady,))
def get_certificate_page_by_receipt(request_id: RightsRequestId, receipt: Receipt) -> HtmlPage:
    """Get the readable page of a certificate by the receipt of the request. Only the file is signed."""
    found = certificate.by_receipt(request_id, receipt.text)
    return HtmlPage(markup=certificate.readable_page(found), policy=POLICY)
