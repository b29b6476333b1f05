"""Routes for operators about disclosures of data (NOT-2, NOT-3, NOT-5), authorised as those in `api`."""

from chalice.app import Blueprint

from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound
from chalicelib.core.http import Created, Cursor, IfMatch, Operator, Tagged, route
from chalicelib.core.ids import DisclosureId
from chalicelib.operations.admin.disclosure_views import (
    DisclosureList,
    DisclosureView,
    GivenData,
    InspectedDisclosureView,
    NewApproval,
    NewRefusal,
    NewSecrecy,
)
from chalicelib.staff import service as staff
from chalicelib.staff.disclosures import decide, moves, service
from chalicelib.staff.disclosures.model import (
    DecidedAlready,
    Disclosure,
    NotApproved,
    NotInForce,
    ProposalLapsed,
)
from chalicelib.staff.disclosures.service import NewDisclosure
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready

routes = Blueprint(__name__)

_ALL = "/admin/v1/disclosures"
_ONE = _ALL + "/{disclosure_id}"


@route(routes, "GET", _ALL)
def list_disclosures(operator: Operator, cursor: Cursor | None) -> DisclosureList:
    """List all disclosures, newest first."""
    return DisclosureList.of(service.list_all(cursor, staff.register(operator.arn)))


@route(routes, "POST", _ALL, problems=(InvalidRequest, NotFound, NotInForce))
def propose_disclosure(operator: Operator, body: NewDisclosure) -> Created[DisclosureView]:
    """Propose a disclosure. No data may go out before another operator approves it."""
    return Created(DisclosureView.of(service.propose(staff.register(operator.arn), body)))


@route(routes, "GET", _ONE)
def show_disclosure(operator: Operator, disclosure_id: DisclosureId) -> Tagged[InspectedDisclosureView]:
    """Show a disclosure with its evidence, and the staff behind its pseudonyms."""
    seen = service.show(disclosure_id, staff.register(operator.arn))
    view = InspectedDisclosureView.with_history(seen, staff.resolve(seen.staff))
    return Tagged(view, etag=moves.etag(seen.disclosure))


@route(
    routes,
    "POST",
    _ONE + "/approval",
    problems=(ChangedMeanwhile, DecidedAlready, InvalidRequest, OwnProposal, ProposalLapsed),
)
def approve_disclosure(
    operator: Operator, disclosure_id: DisclosureId, shown: IfMatch, body: NewApproval
) -> Tagged[DisclosureView]:
    """Approve the proposal of another operator, in the version that was shown."""
    by = staff.register(operator.arn)
    return _shown(decide.approve(disclosure_id, by, shown, body.assessment))


@route(routes, "POST", _ONE + "/refusal", problems=(DecidedAlready, OwnProposal))
def refuse_disclosure(
    operator: Operator, disclosure_id: DisclosureId, body: NewRefusal
) -> Tagged[DisclosureView]:
    """Refuse the proposal of another operator."""
    return _shown(decide.refuse(disclosure_id, staff.register(operator.arn), body.assessment))


@route(routes, "POST", _ONE + "/withdrawal", problems=(DecidedAlready,))
def withdraw_disclosure(operator: Operator, disclosure_id: DisclosureId) -> Tagged[DisclosureView]:
    """Withdraw a proposal, or an approved disclosure whose data did not go out."""
    return _shown(decide.withdraw(disclosure_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/given", problems=(DecidedAlready, InvalidRequest, NotApproved))
def record_given(operator: Operator, disclosure_id: DisclosureId, body: GivenData) -> Tagged[DisclosureView]:
    """Record that the data of an approved disclosure went out."""
    return _shown(decide.record_given(disclosure_id, staff.register(operator.arn), body.disclosed_at))


@route(routes, "PUT", _ONE + "/secrecy", problems=(InvalidRequest, NotApproved, ProposedAlready))
def propose_secrecy(
    operator: Operator, disclosure_id: DisclosureId, body: NewSecrecy
) -> Tagged[DisclosureView]:
    """Propose to place, renew or lift the secrecy of an approved disclosure."""
    by = staff.register(operator.arn)
    return _shown(decide.propose_secrecy(disclosure_id, by, body.secret_until, body.reference))


@route(routes, "DELETE", _ONE + "/secrecy")
def withdraw_secrecy(operator: Operator, disclosure_id: DisclosureId) -> Tagged[DisclosureView]:
    """Withdraw a proposed change of the secrecy."""
    return _shown(decide.withdraw_secrecy(disclosure_id, staff.register(operator.arn)))


@route(
    routes,
    "POST",
    _ONE + "/secrecy/approval",
    problems=(ChangedMeanwhile, InvalidRequest, NothingProposed, OwnProposal),
)
def approve_secrecy(
    operator: Operator, disclosure_id: DisclosureId, shown: IfMatch
) -> Tagged[DisclosureView]:
    """Approve another operator's change of the secrecy, in the version that was shown."""
    return _shown(decide.approve_secrecy(disclosure_id, staff.register(operator.arn), shown))


def _shown(disclosure: Disclosure) -> Tagged[DisclosureView]:
    return Tagged(DisclosureView.of(disclosure), etag=moves.etag(disclosure))
