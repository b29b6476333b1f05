"""Routes for operators about breaches of personal data (SEC-4), authorised as those in `api`."""

from chalice.app import Blueprint

from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound
from chalicelib.core.http import Created, Cursor, IfMatch, Operator, Tagged, route
from chalicelib.core.ids import BreachId
from chalicelib.operations.admin.breach_views import BreachList, BreachView, InspectedBreachView
from chalicelib.operations.breaches import decide, moves, record
from chalicelib.operations.breaches.model import (
    AssessedOtherwise,
    Breach,
    BreachClosed,
    BreachUnfinished,
    NoticesBegun,
    TooManyParts,
)
from chalicelib.operations.breaches.words import (
    AffectedUsers,
    AuthorityNotification,
    BreachFinding,
    Closing,
    NewAssessment,
    NewBreach,
)
from chalicelib.staff import service as staff
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready

routes = Blueprint(__name__)

_ALL = "/admin/v1/breaches"
_ONE = _ALL + "/{breach_id}"


@route(routes, "GET", _ALL)
def list_breaches(operator: Operator, cursor: Cursor | None) -> BreachList:
    """List all breaches, open ones first."""
    return BreachList.of(record.list_all(cursor, staff.register(operator.arn)))


@route(routes, "POST", _ALL, problems=(InvalidRequest,))
def open_breach(operator: Operator, body: NewBreach) -> Created[BreachView]:
    """Record a breach. The deadlines of authorities run from the instant of awareness."""
    return Created(BreachView.of(record.open_breach(staff.register(operator.arn), body)))


@route(routes, "GET", _ONE)
def show_breach(operator: Operator, breach_id: BreachId) -> Tagged[InspectedBreachView]:
    """Show a breach with its findings, its evidence, and the staff behind its pseudonyms."""
    seen = record.show(breach_id, staff.register(operator.arn))
    view = InspectedBreachView.with_history(seen, staff.resolve(seen.staff))
    return Tagged(view, etag=moves.etag(seen.breach))


@route(routes, "POST", _ONE + "/facts", problems=(InvalidRequest, NotFound, TooManyParts))
def add_breach_fact(operator: Operator, breach_id: BreachId, body: BreachFinding) -> Tagged[BreachView]:
    """Add what was found out later. A closed breach is open again."""
    return _shown(record.add_fact(breach_id, staff.register(operator.arn), body))


@route(
    routes,
    "POST",
    _ONE + "/affected",
    problems=(AssessedOtherwise, BreachClosed, InvalidRequest, NotFound, TooManyParts),
)
def add_affected_users(operator: Operator, breach_id: BreachId, body: AffectedUsers) -> Tagged[BreachView]:
    """Add users whom the breach affects, once the approved audience is `listed`."""
    return _shown(record.add_affected(breach_id, staff.register(operator.arn), body))


@route(
    routes,
    "POST",
    _ONE + "/notifications",
    problems=(BreachClosed, InvalidRequest, NotFound, TooManyParts),
)
def record_authority_notification(
    operator: Operator, breach_id: BreachId, body: AuthorityNotification
) -> Tagged[BreachView]:
    """Record that an authority was notified; a late notification states its reasons."""
    return _shown(decide.record_notification(breach_id, staff.register(operator.arn), body))


@route(
    routes,
    "PUT",
    _ONE + "/assessment",
    problems=(BreachClosed, InvalidRequest, NotFound, ProposedAlready, NoticesBegun, TooManyParts),
)
def propose_assessment(operator: Operator, breach_id: BreachId, body: NewAssessment) -> Tagged[BreachView]:
    """Propose an assessment of the risk, and whom to notify."""
    return _shown(decide.propose(breach_id, staff.register(operator.arn), body))


@route(routes, "DELETE", _ONE + "/assessment", problems=(NotFound,))
def withdraw_assessment(operator: Operator, breach_id: BreachId) -> Tagged[BreachView]:
    """Withdraw a proposed assessment."""
    return _shown(decide.withdraw(breach_id, staff.register(operator.arn)))


@route(
    routes,
    "POST",
    _ONE + "/assessment/approval",
    problems=(BreachClosed, ChangedMeanwhile, NotFound, NothingProposed, OwnProposal, NoticesBegun),
)
def approve_assessment(operator: Operator, breach_id: BreachId, shown: IfMatch) -> Tagged[BreachView]:
    """Approve the assessment of another operator, in the version that was shown."""
    return _shown(decide.approve(breach_id, staff.register(operator.arn), shown))


@route(
    routes,
    "POST",
    _ONE + "/notices",
    problems=(AssessedOtherwise, BreachClosed, InvalidRequest, NotFound),
)
def begin_breach_notices(operator: Operator, breach_id: BreachId) -> Tagged[BreachView]:
    """Begin to notify the people affected, as the approved assessment says."""
    return _shown(decide.begin_notices(breach_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/closing", problems=(BreachUnfinished, NotFound))
def close_breach(operator: Operator, breach_id: BreachId, body: Closing) -> Tagged[BreachView]:
    """Close a breach without an open duty."""
    return _shown(decide.close(breach_id, staff.register(operator.arn), body))


def _shown(breach: Breach) -> Tagged[BreachView]:
    return Tagged(BreachView.of(breach), etag=moves.etag(breach))
