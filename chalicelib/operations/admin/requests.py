"""Routes for operators about rights requests (RGT-10, RGT-11)."""

from chalice.app import Blueprint

from chalicelib.accounts.challenges.model import InvalidPhone
from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Created, Cursor, IfMatch, Ok, Operator, Tagged, route
from chalicelib.core.ids import RightsRequestId
from chalicelib.messages.model import InvalidEmail
from chalicelib.operations.admin.views import (
    CaseView,
    CheckedView,
    EnteredView,
    ListView,
    NewExtension,
    NewLifting,
    NewProposal,
    OpenedPaperView,
    PageView,
    WholeCaseView,
)
from chalicelib.rights.operators import decide, enter, extend, inspect, lists
from chalicelib.rights.operators.enter import LateReceipt, ReceivedRequest
from chalicelib.rights.operators.lists import RequestSearch
from chalicelib.rights.papers import files
from chalicelib.rights.request import declaration
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import AlreadyOpen, ExtensionNotAllowed, NotCarriedOut, NotNow, TooLate
from chalicelib.staff import service as staff
from chalicelib.staff.cases import etag
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready

routes = Blueprint(__name__)

declaration.load_all()

_ALL = "/admin/v1/rights-requests"
_ONE = _ALL + "/{request_id}"


@route(routes, "GET", _ALL)
def list_open_cases(operator: Operator, cursor: Cursor | None) -> PageView[CaseView]:
    """List the requests that await an answer, most urgent first."""
    page = lists.search(RequestSearch(), cursor, staff.register(operator.arn))
    return PageView[CaseView].of(page, CaseView.of)


@route(routes, "POST", _ALL + "/search", problems=(InvalidRequest, Unavailable))
def search_cases(operator: Operator, body: RequestSearch, cursor: Cursor | None) -> Ok[PageView[CaseView]]:
    """Find requests, also closed ones and those of erased users; without bounds the open ones."""
    page = lists.search(body, cursor, staff.register(operator.arn))
    return Ok(PageView[CaseView].of(page, CaseView.of))


@route(
    routes,
    "POST",
    _ALL,
    problems=(AlreadyOpen, InvalidEmail, InvalidPhone, LateReceipt, NotFound, Unavailable),
)
def enter_request(operator: Operator, body: ReceivedRequest) -> Created[EnteredView]:
    """Enter a request that was received outside the app, with the day of receipt. It counts as a look.

    An erasure waits until a second operator has checked it too.
    """
    taken = enter.enter(staff.register(operator.arn), body)
    view = EnteredView.with_receipt(taken.request, taken.receipt)
    return Created(view, location=f"{_ALL}/{view.rights_request_id}")


@route(routes, "GET", _ONE)
def show_case(operator: Operator, request_id: RightsRequestId) -> Tagged[WholeCaseView]:
    """Show a request with its evidence, and the staff behind its pseudonyms."""
    seen = inspect.inspect(request_id, staff.register(operator.arn))
    return Tagged(WholeCaseView.inspected(seen), etag=etag(seen.case))


@route(
    routes,
    "PUT",
    _ONE + "/proposal",
    problems=(InvalidRequest, TooLate, NotCarriedOut, NotNow, ProposedAlready),
)
def propose_decision(operator: Operator, request_id: RightsRequestId, body: NewProposal) -> Tagged[CaseView]:
    """Propose a decision. Work on the request waits until another operator approves it."""
    return _shown(decide.propose(request_id, staff.register(operator.arn), body.decision))


@route(routes, "DELETE", _ONE + "/proposal", problems=(TooLate,))
def withdraw_proposal(operator: Operator, request_id: RightsRequestId) -> Tagged[CaseView]:
    """Withdraw a proposal."""
    return _shown(decide.withdraw(request_id, staff.register(operator.arn)))


@route(
    routes,
    "POST",
    _ONE + "/approval",
    problems=(ChangedMeanwhile, InvalidRequest, NotCarriedOut, TooLate, NothingProposed, OwnProposal),
)
def approve_decision(operator: Operator, request_id: RightsRequestId, shown: IfMatch) -> Tagged[CaseView]:
    """Approve the proposal of another operator, in the version that was shown."""
    return _shown(decide.approve(request_id, staff.register(operator.arn), shown))


@route(routes, "PUT", _ONE + "/lifting", problems=(NotFound, NotNow, ProposedAlready))
def propose_lifting(operator: Operator, request_id: RightsRequestId, body: NewLifting) -> Tagged[CaseView]:
    """Propose to end a restriction. It lasts until another operator approved that and the notice is over."""
    return _shown(decide.propose_lifting(request_id, staff.register(operator.arn), body.text))


@route(routes, "DELETE", _ONE + "/lifting", problems=(NotFound, NotNow))
def withdraw_lifting(operator: Operator, request_id: RightsRequestId) -> Tagged[CaseView]:
    """Withdraw the end of a restriction before it takes effect."""
    return _shown(decide.withdraw_lifting(request_id, staff.register(operator.arn)))


@route(
    routes,
    "POST",
    _ONE + "/lifting/approval",
    problems=(ChangedMeanwhile, NotFound, NotNow, NothingProposed, OwnProposal),
)
def approve_lifting(operator: Operator, request_id: RightsRequestId, shown: IfMatch) -> Tagged[CaseView]:
    """Approve the end of a restriction that another operator proposed. The subject is notified before."""
    return _shown(decide.approve_lifting(request_id, staff.register(operator.arn), shown))


@route(routes, "PUT", _ONE + "/extension", problems=(TooLate, ExtensionNotAllowed))
def extend_period(operator: Operator, request_id: RightsRequestId, body: NewExtension) -> Tagged[CaseView]:
    """Extend the deadline for the answer. The subject is notified."""
    return _shown(extend.extend(request_id, staff.register(operator.arn), body.days, body.reason))


@route(routes, "POST", _ONE + "/identity-check", problems=(TooLate, ProposedAlready))
def ask_identity(operator: Operator, request_id: RightsRequestId) -> Tagged[CaseView]:
    """Record that proof of identity was requested. The procedure waits for it."""
    return _shown(extend.record_identity_request(request_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/identity-proof", problems=(TooLate, OwnProposal))
def note_identity(operator: Operator, request_id: RightsRequestId) -> Tagged[CheckedView]:
    """Record that an operator checked the subject's identity. The procedure continues.

    A copy or erasure that was requested without a session continues after a second operator's check. If the
    account gets another number, repeat the call to get the key again.
    """
    by = staff.register(operator.arn)
    request = extend.record_identity_proof(request_id, by)
    return Tagged(CheckedView.checked(request, by), etag=etag(request))


@route(routes, "GET", _ONE + "/papers")
def open_papers(operator: Operator, request_id: RightsRequestId) -> ListView[OpenedPaperView]:
    """Get links to the papers that prove an identity. Each call is recorded."""
    found = inspect.open_papers(request_id, staff.register(operator.arn))
    return ListView(
        items=tuple(OpenedPaperView.showing(one, url=files.link_to(request_id, one)) for one in found)
    )


@route(routes, "POST", _ONE + "/retry")
def retry_step(operator: Operator, request_id: RightsRequestId) -> Tagged[CaseView]:
    """Retry a step that stopped."""
    return _shown(extend.retry_step(request_id, staff.register(operator.arn)))


def _shown(request: RightsRequest) -> Tagged[CaseView]:
    return Tagged(CaseView.of(request), etag=etag(request))
