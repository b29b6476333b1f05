"""Routes for operators about complaints about the answers to rights requests (ADR 94)."""

from typing import Any, Self

from chalice.app import Blueprint

from chalicelib.core.clock import Instant
from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound
from chalicelib.core.http import Body, Created, Cursor, IfMatch, Operator, Tagged, View, route
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.operations.admin.views import PageView, WithEvidence, evidence_of
from chalicelib.rights.complaints import model, service
from chalicelib.rights.complaints.model import Complaint, ComplaintAnswer, ComplaintId
from chalicelib.rights.complaints.service import COMPLAINTS
from chalicelib.rights.request.states import NotNow, TooLate
from chalicelib.staff import service as staff
from chalicelib.staff.cases import etag
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready


class ProposedAnswer(Body, ComplaintAnswer):
    """The decision about a complaint as an operator proposes it."""


class ComplaintLine(View):
    """A complaint in a list: no text. `version` is the version in its ETag."""

    id: str
    rights_request_id: RightsRequestId
    complainant: model.Complainant
    status: model.ComplaintStatus
    complained_at: Instant
    due_at: Instant
    outcome: model.ComplaintOutcome | None = None
    decided_at: Instant | None = None
    closed_at: Instant | None = None
    version: int

    @classmethod
    def of(cls, one: Complaint, **more: Any) -> Self:  # noqa: ANN401 - fields of a view
        """Build the view of the current state of a complaint."""
        outcome = one.decision and one.decision.outcome
        return cls.showing(
            one, id=one.complaint_id, rights_request_id=one.request_id, outcome=outcome, **more
        )


class InspectedComplaintView(WithEvidence, ComplaintLine):
    """A complaint with its texts and its evidence, newest first; without it if an entry was altered."""

    letter: model.AuthorityLetter | None = None
    text: str
    proposal: ComplaintAnswer | None = None
    proposed_by: StaffId | None = None
    decision: ComplaintAnswer | None = None
    approved_by: StaffId | None = None


routes = Blueprint(__name__)

_ALL = "/admin/v1/complaints"
_ONE = _ALL + "/{complaint_id}"
_APPROVAL = (ChangedMeanwhile, NothingProposed, OwnProposal, model.TookPart, TooLate)


@route(routes, "GET", _ALL)
def list_complaints(operator: Operator, cursor: Cursor | None) -> PageView[ComplaintLine]:
    """List all complaints, open ones first."""
    page = COMPLAINTS.list_all(cursor, staff.register(operator.arn))
    return PageView[ComplaintLine].of(page, ComplaintLine.of)


@route(routes, "POST", _ALL, problems=(model.ComplainedAlready, InvalidRequest, NotFound))
def open_complaint(operator: Operator, body: model.NewComplaint) -> Created[ComplaintLine]:
    """Record a complaint about the answer to a rights request."""
    view = ComplaintLine.of(service.open_complaint(staff.register(operator.arn), body))
    return Created(view, location=f"{_ALL}/{view.id}")


@route(routes, "GET", _ONE)
def show_complaint(operator: Operator, complaint_id: ComplaintId) -> Tagged[InspectedComplaintView]:
    """Show a complaint with its evidence, and the staff behind its pseudonyms."""
    seen = COMPLAINTS.show(complaint_id, staff.register(operator.arn))
    return Tagged(InspectedComplaintView.of(seen.case, **evidence_of(seen)), etag=etag(seen.case))


@route(routes, "PUT", _ONE + "/proposal", problems=(InvalidRequest, ProposedAlready, model.TookPart, TooLate))
def propose_answer(operator: Operator, complaint_id: ComplaintId, body: ProposedAnswer) -> ComplaintLine:
    """Propose a decision, which another operator must approve."""
    answer = ComplaintAnswer(outcome=body.outcome, text=body.text)
    return ComplaintLine.of(service.propose(complaint_id, staff.register(operator.arn), answer))


@route(routes, "DELETE", _ONE + "/proposal", problems=(TooLate,))
def withdraw_answer(operator: Operator, complaint_id: ComplaintId) -> ComplaintLine:
    """Withdraw a proposed decision."""
    return ComplaintLine.of(service.withdraw(complaint_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/approval", problems=_APPROVAL)
def approve_answer(operator: Operator, complaint_id: ComplaintId, shown: IfMatch) -> ComplaintLine:
    """Approve the decision that another operator proposed, in the version that was shown."""
    return ComplaintLine.of(service.approve(complaint_id, staff.register(operator.arn), shown))


@route(routes, "POST", _ONE + "/closing", problems=(NotNow,))
def close_complaint(operator: Operator, complaint_id: ComplaintId) -> ComplaintLine:
    """Close a complaint whose decision is with the complainant."""
    return ComplaintLine.of(service.close(complaint_id, staff.register(operator.arn)))
