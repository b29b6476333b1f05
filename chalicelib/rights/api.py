"""Routes of rights. All of them serve frozen and restricted accounts too (RGT-11)."""

from chalice.app import Blueprint

from chalicelib.core.errors import IdempotencyMismatch
from chalicelib.core.http import Accepted, Cursor, DailyLimit, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE
from chalicelib.rights import service
from chalicelib.rights.headers import Receipt
from chalicelib.rights.model import AlreadyOpen, ExportGone, NotOfferedHere, NotReady, TooLate
from chalicelib.rights.views import ExportView, NewRequest, RequestList, RequestView, TakenView
from chalicelib.sessions.caller import RightsCaller, StepUpCaller, StepUpRequired

rights = Blueprint(__name__)


def _is_limited(caller: RightsCaller, body: NewRequest, **_: object) -> bool:
    """What is refused for want of a step-up is not counted, or a stolen token would use up the requests."""
    return service.is_limited(body.right) and (caller.is_stepped_up or not service.wants_step_up(body.right))


@route(
    rights,
    "POST",
    "/v1/rights-requests",
    needs=(DATA_KEY, PROFILE),
    limit=DailyLimit("rights_requests", lambda: settings().limits.rights_requests_day, _is_limited),
    problems=(AlreadyOpen, IdempotencyMismatch, NotOfferedHere, StepUpRequired),
)
def exercise_right(caller: RightsCaller, body: NewRequest, key: IdempotencyKey | None) -> Accepted[TakenView]:
    """Exercise a right.

    Access, portability and erasure need a session that was stepped up minutes ago. The answer alone
    carries the receipt; asked again with the same Idempotency-Key, it is told again.
    """
    if service.wants_step_up(body.right):
        caller.require_step_up()
    taken = service.submit(caller.account, caller[PROFILE], body, key)
    return Accepted(TakenView.with_receipt(taken.request, taken.receipt))


@route(rights, "GET", "/v1/rights-requests")
def list_rights_requests(caller: RightsCaller, cursor: Cursor | None) -> RequestList:
    """The caller's requests, the newest first."""
    found, more = service.listed(caller.account.account_id, cursor)
    return RequestList(items=tuple(map(RequestView.of, found)), next=more)


@route(rights, "GET", "/v1/rights-requests/{request_id}")
def get_rights_request(caller: RightsCaller, request_id: RightsRequestId) -> RequestView:
    """One of the caller's requests."""
    return RequestView.of(service.own(caller.account.account_id, request_id))


@route(
    rights,
    "POST",
    "/v1/rights-requests/{request_id}/cancel",
    limit=Unlimited("Taking a request back is never refused; asking is limited"),
    problems=(TooLate,),
)
def cancel_rights_request(caller: RightsCaller, request_id: RightsRequestId) -> RequestView:
    """Take a request back that is not answered yet."""
    return RequestView.of(service.cancel(caller.account.account_id, request_id))


@route(rights, "GET", "/v1/rights-requests/{request_id}/export", problems=(NotReady, ExportGone))
def get_export(caller: StepUpCaller, request_id: RightsRequestId) -> ExportView:
    """A link to the copy, good for fifteen minutes; the copy is kept for some days."""
    link = service.export_link(caller.account.account_id, request_id)
    return ExportView(url=link.url, expires_at=link.expires_at, sha256=link.file.sha256, size=link.file.size)


@route(rights, "GET", "/v1/rights-receipts/{request_id}")
def get_by_receipt(request_id: RightsRequestId, receipt: Receipt) -> RequestView:
    """A request for whoever holds its receipt, also once the account is gone."""
    return RequestView.of(service.by_receipt(request_id, receipt.text))
