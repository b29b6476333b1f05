"""Routes for operators about disclosures of data (NOT-2, NOT-3, NOT-5), and their bodies."""

from typing import Any, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound
from chalicelib.core.http import Body, Created, Cursor, IfMatch, Operator, Tagged, View, route
from chalicelib.core.ids import DisclosureId, StaffId, UserId
from chalicelib.operations.admin.views import PageView, WithEvidence, evidence_of
from chalicelib.safety.reports import service as reports
from chalicelib.staff import service as staff
from chalicelib.staff.cases import etag
from chalicelib.staff.disclosures import decide, service
from chalicelib.staff.disclosures.model import (
    DecidedAlready,
    Disclosure,
    DisclosureGround,
    DisclosureKind,
    DisclosureStatus,
    NotApproved,
    NotInForce,
    ProposalLapsed,
)
from chalicelib.staff.disclosures.service import DISCLOSURES, AssessmentText, NewDisclosure, ShortText
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready


class NewApproval(Body):
    """An approval."""

    assessment: AssessmentText | None = Field(None, description="Required for a voluntary disclosure")


class NewRefusal(Body):
    """A refusal, and why."""

    assessment: AssessmentText


class GivenData(Body):
    """The statement that the data went out."""

    disclosed_at: Instant | None = Field(None, description="When; now if it is absent")


class NewSecrecy(Body):
    """A change of the secrecy."""

    secret_until: Instant | None = Field(description="null: the secrecy ends")
    reference: ShortText = Field(description="The order that requires or allows the change")


class SecrecyProposalView(View):
    """A proposed change of the secrecy. `until` is absent if the secrecy is to end."""

    until: Instant | None = None
    reference: str
    by: StaffId
    at: Instant


class DisclosureLine(View):
    """A disclosure in a list: no text. `version` is the version in its ETag."""

    id: DisclosureId
    user_id: UserId
    kind: DisclosureKind
    ground: DisclosureGround
    status: DisclosureStatus
    proposed_at: Instant
    reviewed_at: Instant | None = None
    disclosed_at: Instant | None = None
    secret: bool = Field(description="Whether an order forbids now to inform the user")
    secret_until: Instant | None = None
    secrecy_proposed: bool = Field(description="Whether a change of the secrecy awaits approval")
    version: int

    @classmethod
    def of(cls, disclosure: Disclosure) -> Self:
        """Build the view of the current state of a disclosure."""
        return cls.showing(disclosure, **_derived(disclosure))


class DisclosureView(DisclosureLine):
    """A disclosure with its texts."""

    recipient: str
    reference: str | None = None
    scope: tuple[str, ...]
    extract: str
    reason: str
    notice: NoticeVersion | None = None
    proposed_by: StaffId
    assessment: str | None = Field(None, description="By the second operator")
    reviewed_by: StaffId | None = None
    given_by: StaffId | None = None
    secrecy_reference: str | None = None
    secrecy_proposal: SecrecyProposalView | None = None


class InspectedDisclosureView(WithEvidence, DisclosureView):
    """A disclosure with its evidence, newest first; without it if an entry was altered."""


def _derived(disclosure: Disclosure) -> dict[str, Any]:
    """The fields of a view that the record does not have under the same name."""
    return {
        "id": disclosure.disclosure_id,
        "kind": disclosure.ground.kind,
        "secret": disclosure.is_secret(clock.now()),
        "secrecy_proposed": disclosure.secrecy_proposal is not None,
        "assessment": disclosure.review,
    }


routes = Blueprint(__name__)

_ALL = "/admin/v1/disclosures"
_ONE = _ALL + "/{disclosure_id}"


@route(routes, "GET", _ALL)
def list_disclosures(operator: Operator, cursor: Cursor | None) -> PageView[DisclosureLine]:
    """List all disclosures, newest first."""
    page = DISCLOSURES.list_all(cursor, staff.register(operator.arn))
    return PageView[DisclosureLine].of(page, DisclosureLine.of)


@route(routes, "POST", _ALL, problems=(InvalidRequest, NotFound, NotInForce))
def propose_disclosure(operator: Operator, body: NewDisclosure) -> Created[DisclosureView]:
    """Propose a disclosure. No data may go out before another operator approves it."""
    by, report_id = staff.register(operator.arn), body.abuse_report_id
    reported = reports.account_of(report_id, body.user_id) if report_id else None
    view = DisclosureView.of(service.propose(by, body, reported))
    return Created(view, location=f"{_ALL}/{view.id}")


@route(routes, "GET", _ONE)
def show_disclosure(operator: Operator, disclosure_id: DisclosureId) -> Tagged[InspectedDisclosureView]:
    """Show a disclosure with its evidence, and the staff behind its pseudonyms."""
    seen = DISCLOSURES.show(disclosure_id, staff.register(operator.arn))
    view = InspectedDisclosureView.showing(seen.case, **_derived(seen.case), **evidence_of(seen))
    return Tagged(view, etag=etag(seen.case))


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
    return Tagged(DisclosureView.of(disclosure), etag=etag(disclosure))
