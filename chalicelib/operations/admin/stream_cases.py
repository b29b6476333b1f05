"""Routes for operators about users who were deleted at Stream, but not by us (STR-6), and their bodies.

The bodies contain ids and our own words.
"""

from collections.abc import Iterable
from typing import Self

from chalice.app import Blueprint

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Body, Ok, Operator, View, route
from chalicelib.core.ids import StreamCaseId, UserId
from chalicelib.reconciliation import cases
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
        return cls(
            id=case.case_id,
            user_id=case.user_id,
            loss=case.loss,
            opened_at=case.opened_at,
            days_open=((case.closed_at or clock.now()) - case.opened_at).days,
            closed_at=case.closed_at,
            outcome=case.outcome,
        )


class StreamCaseList(View):
    """The open cases, the oldest first; at most 500."""

    items: tuple[StreamCaseView, ...]

    @classmethod
    def of(cls, cases: Iterable[StreamCase]) -> Self:
        """Build the view of a list."""
        return cls(items=tuple(map(StreamCaseView.of, cases)))


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
