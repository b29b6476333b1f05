"""Routes for operators about users who were deleted at Stream, but not by us (STR-6), and their bodies.

The bodies contain ids and our own words.
"""

from typing import Self

from chalice.app import Blueprint

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Body, Cursor, Ok, Operator, View, route
from chalicelib.core.ids import StreamCaseId, UserId
from chalicelib.operations.admin.views import PageView
from chalicelib.reconciliation.cases import service as cases
from chalicelib.reconciliation.cases.model import CaseOutcome, SettledAs, StreamCase, StreamLoss
from chalicelib.staff import service as staff


class CaseSettlement(Body):
    """How a case was settled."""

    outcome: SettledAs


class StreamCaseView(View):
    """A user of an active account who was deleted or deactivated at Stream, but not by us."""

    id: StreamCaseId
    user_id: UserId
    loss: StreamLoss
    opened_at: Instant
    days_open: int
    closed_at: Instant | None = None
    outcome: CaseOutcome | None = None

    @classmethod
    def of(cls, case: StreamCase) -> Self:
        """Build the view of a case."""
        days = ((case.closed_at or clock.now()) - case.opened_at).days
        return cls.showing(case, id=case.case_id, days_open=days)


routes = Blueprint(__name__)

_ALL = "/admin/v1/stream-cases"


@route(routes, "GET", _ALL)
def list_stream_cases(operator: Operator, cursor: Cursor | None) -> PageView[StreamCaseView]:
    """List the open cases, the oldest first."""
    page = cases.list_open(cursor, staff.register(operator.arn))
    return PageView[StreamCaseView].of(page, StreamCaseView.of)


@route(routes, "PUT", _ALL + "/{user_id}/outcome", problems=(InvalidRequest, NotFound))
def close_stream_case(operator: Operator, user_id: UserId, body: CaseSettlement) -> Ok[StreamCaseView]:
    """Close the open case of a user."""
    outcome = CaseOutcome(body.outcome)
    return Ok(StreamCaseView.of(cases.close(user_id, staff.register(operator.arn), outcome)))
