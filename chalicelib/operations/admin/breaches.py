"""Routes for operators about breaches of personal data (SEC-4), and their bodies."""

from typing import Any, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import HOUR, Instant
from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound
from chalicelib.core.http import Created, Cursor, IfMatch, Operator, Tagged, View, route
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.core.settings import settings
from chalicelib.operations.admin.views import PageView, WithEvidence, evidence_of
from chalicelib.operations.breaches import decide, record
from chalicelib.operations.breaches.clocks import AuthorityClock, authority_of
from chalicelib.operations.breaches.decide import BREACHES, open_duties
from chalicelib.operations.breaches.model import (
    AssessedOtherwise,
    Breach,
    BreachClosed,
    BreachStatus,
    BreachUnfinished,
    NoticesBegun,
    RenderingChanged,
    TooManyParts,
)
from chalicelib.operations.breaches.record import InspectedBreach, NoticePreview, NoticeTotals
from chalicelib.operations.breaches.words import (
    AffectedUsers,
    Assessment,
    Audience,
    AuthorityNotification,
    AuthorityReport,
    BreachFinding,
    BreachRisk,
    Closing,
    Conclusion,
    NewAssessment,
    NewBreach,
    PeopleAffected,
)
from chalicelib.privacy import accountability
from chalicelib.privacy.purposes import Category
from chalicelib.staff import service as staff
from chalicelib.staff.cases import etag
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready


class ClockView(View):
    """The deadlines of the authority of one country."""

    country: str
    authority: str
    url: str
    rule: str
    due_at: Instant
    notified_at: Instant | None = None
    follow_up_due_at: Instant | None = None
    completed_at: Instant | None = None
    hours_left: int | None = Field(
        None, description="Until the next notification; negative once it is overdue, absent if none is due"
    )


class BreachLine(View):
    """A breach in a list: no text. `version` is the version in its ETag."""

    id: BreachId
    status: BreachStatus
    discovered_at: Instant
    opened_at: Instant
    risk: BreachRisk | None = None
    audience: Audience | None = None
    country: str | None = None
    notices_from: Instant | None = None
    notices_done_at: Instant | None = None
    closed_at: Instant | None = None
    clocks: tuple[ClockView, ...]
    open_duties: tuple[str, ...]
    findings: int
    lists: int
    version: int

    @classmethod
    def of(cls, breach: Breach) -> Self:
        """Build the view of the current state of a breach."""
        return cls.showing(breach, **_derived(breach))


class BreachView(BreachLine):
    """A breach with its texts."""

    opened_by: StaffId
    proposal: Assessment | None = None
    assessments: tuple[Assessment, ...]
    reports: tuple[AuthorityReport, ...]
    conclusions: tuple[Conclusion, ...]


class FactView(View):
    """One finding."""

    number: int
    found_at: Instant
    found_by: StaffId
    what: str
    categories: tuple[Category, ...]
    people: tuple[PeopleAffected, ...]
    people_count: int | None = None
    record_count: int | None = None
    consequences: str | None = None
    measures: str | None = None
    countries: tuple[str, ...]


class InspectedBreachView(WithEvidence, BreachView):
    """A breach with its findings and its evidence, newest first; without it if an entry was altered."""

    contact: str = Field(description="Data protection officer, else our address: the contact of authorities")
    facts: tuple[FactView, ...]
    unreadable_facts: int
    notices: NoticeTotals

    @classmethod
    def inspected(cls, seen: InspectedBreach) -> Self:
        """Build the view of a breach, its findings and its evidence."""
        return cls.showing(
            seen.case,
            **_derived(seen.case),
            contact=accountability.of_stage(settings().environment).data_protection_officer
            or settings().contact_email,
            facts=seen.facts,
            unreadable_facts=seen.unreadable_facts,
            notices=seen.notices,
            **evidence_of(seen),
        )


def _derived(breach: Breach) -> dict[str, Any]:
    """The fields of a view that the record does not have under the same name."""
    running, now = breach.running, clock.now()

    def shown(one: AuthorityClock) -> ClockView:
        authority = authority_of(one.country)
        left = (one.deadline - now) // HOUR if one in running and one.deadline else None
        return ClockView.showing(one, authority=authority.name, url=authority.url, hours_left=left)

    return {
        "id": breach.breach_id,
        "clocks": tuple(map(shown, breach.clocks)),
        "open_duties": tuple(open_duties(breach)),
    }


routes = Blueprint(__name__)

_ALL = "/admin/v1/breaches"
_ONE = _ALL + "/{breach_id}"


@route(routes, "GET", _ALL)
def list_breaches(operator: Operator, cursor: Cursor | None) -> PageView[BreachLine]:
    """List all breaches, open ones first."""
    page = BREACHES.list_all(cursor, staff.register(operator.arn))
    return PageView[BreachLine].of(page, BreachLine.of)


@route(routes, "POST", _ALL, problems=(InvalidRequest,))
def open_breach(operator: Operator, body: NewBreach) -> Created[BreachView]:
    """Record a breach. The deadlines of authorities run from the instant of awareness."""
    view = BreachView.of(record.open_breach(staff.register(operator.arn), body))
    return Created(view, location=f"{_ALL}/{view.id}")


@route(routes, "GET", _ONE)
def show_breach(operator: Operator, breach_id: BreachId) -> Tagged[InspectedBreachView]:
    """Show a breach with its findings, its evidence, and the staff behind its pseudonyms."""
    seen = record.show(breach_id, staff.register(operator.arn))
    return Tagged(InspectedBreachView.inspected(seen), etag=etag(seen.case))


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
    problems=(
        *(BreachClosed, ChangedMeanwhile, NotFound, NothingProposed, OwnProposal, NoticesBegun),
        RenderingChanged,
    ),
)
def approve_assessment(operator: Operator, breach_id: BreachId, shown: IfMatch) -> Tagged[BreachView]:
    """Approve the assessment of another operator, in the version that was shown."""
    return _shown(decide.approve(breach_id, staff.register(operator.arn), shown))


@route(routes, "GET", _ONE + "/notices", problems=(AssessedOtherwise, InvalidRequest, NotFound))
def preview_breach_notices(operator: Operator, breach_id: BreachId, cursor: Cursor | None) -> NoticePreview:
    """Show the notice as it would be sent now, and count a page of the accounts that get it."""
    return record.preview_notices(breach_id, staff.register(operator.arn), cursor)


@route(
    routes,
    "POST",
    _ONE + "/notices",
    problems=(AssessedOtherwise, BreachClosed, InvalidRequest, NotFound, RenderingChanged),
)
def begin_breach_notices(operator: Operator, breach_id: BreachId) -> Tagged[BreachView]:
    """Begin to notify the people affected, as the approved assessment says."""
    return _shown(decide.begin_notices(breach_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/closing", problems=(BreachUnfinished, NotFound))
def close_breach(operator: Operator, breach_id: BreachId, body: Closing) -> Tagged[BreachView]:
    """Close a breach without an open duty."""
    return _shown(decide.close(breach_id, staff.register(operator.arn), body))


def _shown(breach: Breach) -> Tagged[BreachView]:
    return Tagged(BreachView.of(breach), etag=etag(breach))
