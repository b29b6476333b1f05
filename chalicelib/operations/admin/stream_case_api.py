"""Routes for operators about users who were deleted at Stream, but not by us (STR-6)."""

from chalice.app import Blueprint

from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Ok, Operator, route
from chalicelib.core.ids import UserId
from chalicelib.operations.admin.stream_case_views import CaseSettlement, StreamCaseList, StreamCaseView
from chalicelib.reconciliation import cases
from chalicelib.reconciliation.cases.model import CaseOutcome
from chalicelib.staff import service as staff

routes = Blueprint(__name__)

_ALL = "/admin/v1/stream-cases"


@route(routes, "GET", _ALL)
def list_stream_cases(operator: Operator) -> StreamCaseList:
    """List the open cases, the oldest first."""
    return StreamCaseList.of(cases.list_open(staff.register(operator.arn)))


@route(routes, "PUT", _ALL + "/{user_id}/outcome", problems=(InvalidRequest, NotFound))
def close_stream_case(operator: Operator, user_id: UserId, body: CaseSettlement) -> Ok[StreamCaseView]:
    """Close the open case of a user."""
    outcome = CaseOutcome(body.outcome)
    return Ok(StreamCaseView.of(cases.close(user_id, staff.register(operator.arn), outcome)))
