"""Routes of privacy rights. All of them also serve frozen and restricted accounts (RGT-11)."""

from typing import Annotated

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import RightsCaller, StepUpCaller, StepUpRequired
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import IdempotencyMismatch
from chalicelib.core.http import (
    Accepted,
    Cursor,
    DailyLimit,
    HtmlPage,
    PageSize,
    ReaderLanguage,
    Requirement,
    Unlimited,
    route,
)
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.core.page import POLICY
from chalicelib.core.settings import settings
from chalicelib.rights import service
from chalicelib.rights.answers.views import ExportView, ReceivedRequestView, RequestList, RequestView
from chalicelib.rights.erasure import certificate
from chalicelib.rights.erasure.certificate import CertificateFile
from chalicelib.rights.guests import service as guests
from chalicelib.rights.intake.body import NewRequest
from chalicelib.rights.intake.submission import SUBJECT, Subject, rule_of
from chalicelib.rights.request import declaration, recipients
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.receipts import Receipt
from chalicelib.rights.request.states import AlreadyOpen, ExportDeleted, NotNow, NotReady, TooLate

rights = Blueprint(__name__)

declaration.load_all()


def _is_limited(body: NewRequest, **_: object) -> bool:
    return rule_of(body.right).is_limited


def _check_right(caller: RightsCaller, body: NewRequest, **_: object) -> None:
    if rule_of(body.right).wants_step_up:
        caller.require_step_up()


def _view(request: RightsRequest, language: Language | None = None) -> RequestView:
    return RequestView.of(request, language, recipients.named_disclosures(request))


def _language(reader: ReaderLanguage | None) -> Language | None:
    return reader.language if reader else None


def _check_end(caller: RightsCaller, rights_request_id: RightsRequestId) -> None:
    request = service.own(caller.account.account_id, rights_request_id)
    if service.wants_step_up_to_end(request):
        caller.require_step_up()
        service.check_number_to_end(caller.account, request)


_Exercise = Annotated[RightsCaller, Requirement(StepUpRequired, "access, portability, erasure", _check_right)]
_Ending = Annotated[
    RightsCaller,
    Requirement(StepUpRequired, "restrictions requested by letter, telephone or as a guest", _check_end),
]


@route(
    rights,
    "POST",
    "/v1/rights-requests",
    needs=SUBJECT,
    limit=DailyLimit(LimitName.RIGHTS_REQUESTS, lambda: settings().limits.rights_requests_day, _is_limited),
    problems=(AlreadyOpen, IdempotencyMismatch),
)
def exercise_right(
    caller: _Exercise, body: NewRequest, key: IdempotencyKey | None
) -> Accepted[ReceivedRequestView]:
    """Exercise a privacy right.

    Access, portability and erasure require a session that was stepped up in the last minutes. Only this
    response contains the receipt. Repeat the request with the same Idempotency-Key to get it again.

    An objection or a withdrawal of consent that changes nothing, because it repeats an answered request,
    makes no new request: the response is that one, with its receipt.

    A restriction without `purposes` stops all use of the account's data but storage, from this response on:
    only routes of rights, consents, sessions, announcements and breach notices serve the account, others
    answer 403 `restricted`; chat ends, the profile is not shown, and no usage is recorded. The app has to
    show this before it sends the request.
    The caller ends it with `POST /v1/rights-requests/{rights_request_id}/lift`.
    """
    taken = service.submit(Subject.found(caller.account, caller.found), body.requested(), key)
    return Accepted(ReceivedRequestView.with_receipt(taken.request, taken.receipt))


@route(rights, "GET", "/v1/rights-requests")
def list_rights_requests(caller: RightsCaller, cursor: Cursor | None, size: PageSize) -> RequestList:
    """List the caller's rights requests, newest first."""
    found, more = service.listed(caller.account.account_id, cursor, size)
    return RequestList(items=tuple(map(_view, found)), next_cursor=more)


@route(rights, "GET", "/v1/rights-requests/{rights_request_id}")
def get_rights_request(caller: RightsCaller, rights_request_id: RightsRequestId) -> RequestView:
    """Get one of the caller's rights requests."""
    return _view(service.own(caller.account.account_id, rights_request_id))


@route(
    rights,
    "POST",
    "/v1/rights-requests/{rights_request_id}/cancel",
    limit=Unlimited("A cancellation is never refused; new requests are limited"),
    problems=(NotNow, TooLate),
)
def cancel_rights_request(caller: _Ending, rights_request_id: RightsRequestId) -> RequestView:
    """Cancel a rights request that is not answered yet.

    A restriction that was requested by letter, telephone or as a guest needs a step-up: it may protect the
    account from a person who has the phone. If it began within 72 hours after a change of the number, only
    operators end it: 409 `not_now`.
    """
    return _view(service.cancel(caller.account.account_id, rights_request_id))


@route(
    rights,
    "POST",
    "/v1/rights-requests/{rights_request_id}/lift",
    limit=Unlimited("Ending one's own restriction is never refused; new requests are limited"),
    problems=(NotNow,),
)
def lift_restriction(caller: _Ending, rights_request_id: RightsRequestId) -> RequestView:
    """End the caller's own restriction or objection, at once.

    Others that cover the same stay in force. A request that is not answered yet is cancelled. Repeating the
    call changes nothing. A restriction that was requested by letter, telephone or as a guest needs a step-up,
    and is not ended here if it began within 72 hours after a change of the number (409 `not_now`).
    """
    return RequestView.of(service.lift(caller.account.account_id, rights_request_id))


@route(rights, "GET", "/v1/rights-requests/{rights_request_id}/export", problems=(NotReady, ExportDeleted))
def get_export(caller: StepUpCaller, rights_request_id: RightsRequestId) -> ExportView:
    """Get a download link to the copy. The link works for fifteen minutes; the copy is kept for days.

    For 72 hours after a change of the account's number there is no link: 409 `not_ready`. If the account was
    frozen in that time by letter, telephone or a guest, there is none until operators end that.
    """
    link = service.export_link(caller.account, rights_request_id)
    return ExportView(url=link.url, expires_at=link.expires_at, sha256=link.file.sha256, size=link.file.size)


@route(rights, "GET", "/v1/rights-requests/{rights_request_id}/certificate", problems=(NotReady,))
def get_certificate(caller: RightsCaller, rights_request_id: RightsRequestId) -> CertificateFile:
    """Get the signed certificate of an erasure."""
    return CertificateFile.of(
        certificate.of_request(service.own(caller.account.account_id, rights_request_id))
    )


@route(rights, "GET", "/v1/rights-receipts/{rights_request_id}")
def get_by_receipt(
    rights_request_id: RightsRequestId, receipt: Receipt, reader: ReaderLanguage | None
) -> RequestView:
    """Get a rights request by its receipt. Also works after the account is deleted."""
    request = service.by_receipt(rights_request_id, receipt.text)
    named, papers = recipients.named_disclosures(request), guests.papers_of(request)
    return RequestView.of(request, _language(reader), named, papers)


@route(
    rights,
    "POST",
    "/v1/rights-receipts/{rights_request_id}/cancel",
    limit=Unlimited("A cancellation is never refused, and a receipt cancels one request"),
    problems=(TooLate,),
)
def cancel_by_receipt(
    rights_request_id: RightsRequestId, receipt: Receipt, reader: ReaderLanguage | None
) -> RequestView:
    """Cancel a rights request by its receipt, without a session."""
    return _view(service.cancel_by_receipt(rights_request_id, receipt.text), _language(reader))


@route(rights, "GET", "/v1/rights-receipts/{rights_request_id}/certificate", problems=(NotReady,))
def get_certificate_by_receipt(rights_request_id: RightsRequestId, receipt: Receipt) -> CertificateFile:
    """Get the signed certificate of an erasure by the receipt of the request, without an account."""
    return CertificateFile.of(certificate.of_request(service.by_receipt(rights_request_id, receipt.text)))


@route(rights, "GET", "/privacy/certificate", problems=(NotReady,))
def get_certificate_page(
    rights_request_id: RightsRequestId, receipt: Receipt, reader: ReaderLanguage | None
) -> HtmlPage:
    """Get the readable page of a certificate, by the receipt of its request. Only the file is signed."""
    markup = certificate.page_of_request(
        service.by_receipt(rights_request_id, receipt.text), _language(reader)
    )
    return HtmlPage(markup=markup, policy=POLICY)
