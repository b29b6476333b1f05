"""Routes for operators about subjects and their consents (ADR 52), and their bodies.

The bodies contain ids, instants and fixed words, and nothing of a profile.
"""

from typing import Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.accounts.challenges.model import InvalidPhone
from chalicelib.consents.model import ConsentState, Method
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.consents.proof import ConsentProof, DecisionProof, ProvenDecision
from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Ok, Operator, View, route
from chalicelib.core.ids import ConsentRecordId, HoldId, RightsRequestId, UserId
from chalicelib.messages.model import InvalidEmail
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Ground, RestraintKind
from chalicelib.retention.model import Hold
from chalicelib.rights.operators import subjects
from chalicelib.rights.operators.subjects import FoundSubject, ShownSubject, SubjectSearch, SubjectState
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right, Status
from chalicelib.staff import service as staff


class FoundSubjectView(View):
    """The account that has a contact."""

    state: SubjectState = Field(
        description="`no_account`: no account has the contact, or it was idle before it was frozen for its "
        "erasure, so that the contact may have a new owner"
    )
    user_id: UserId | None = None
    number_was_changed: bool | None = Field(
        None, description="Present if the account had the number until it was changed some days ago"
    )

    @classmethod
    def of(cls, found: FoundSubject) -> Self:
        """Build the view."""
        return cls(state=found.state, user_id=found.user_id, number_was_changed=found.was_changed or None)


class OpenRequestView(View):
    """An open request of a subject; `rights show` has the rest."""

    rights_request_id: RightsRequestId
    right: Right
    status: Status
    due_at: Instant

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the view."""
        due_at = request.clock.due_at(clock.now())
        return cls.showing(request, rights_request_id=request.request_id, due_at=due_at)


class SubjectHoldView(View):
    """A hold that has not ended; `holds show` has the rest."""

    id: HoldId
    in_force: bool
    ends_at: Instant

    @classmethod
    def of(cls, hold: Hold) -> Self:
        """Build the view."""
        return cls(id=hold.hold_id, in_force=hold.is_in_force(clock.now()), ends_at=hold.ends_at)


class SubjectRestraintView(View):
    """A restriction or objection in force, and the request that caused it."""

    rights_request_id: RightsRequestId
    kind: RestraintKind
    since: Instant
    purposes: tuple[Purpose, ...] = Field(
        description="Empty for a restriction of each use that the law lets it stop"
    )
    ground: Ground | None = None


class SubjectView(View):
    """The state of an account."""

    user_id: UserId
    state: SubjectState
    created_at: Instant
    last_used_at: Instant | None = Field(None, description="To the week")
    closes_at: Instant | None = Field(None, description="An idle account may be closed from then on")
    erasure_from: Instant | None = Field(None, description="When the grace period of its erasure ends")
    open_requests: tuple[OpenRequestView, ...]
    holds: tuple[SubjectHoldView, ...]
    restraints: tuple[SubjectRestraintView, ...]
    unreadable: tuple[str, ...] = Field(
        (), description="What cannot be read because it was altered: ids of requests, `holds`, `restraints`"
    )

    @classmethod
    def of(cls, shown: ShownSubject) -> Self:
        """Build the view."""
        account, use = shown.account, shown.last_use
        restraints = shown.purposes.restraints if shown.purposes else {}
        lost = ("holds",) if shown.holds is None else ()
        return cls.showing(
            account,
            state=SubjectState.of(account.state),
            last_used_at=use.used_at if use else None,
            closes_at=use.closes_at if use else None,
            erasure_from=account.frozen.ends_at if account.frozen else None,
            open_requests=tuple(map(OpenRequestView.of, shown.requests)),
            holds=tuple(map(SubjectHoldView.of, shown.holds or ())),
            restraints=tuple(
                SubjectRestraintView.showing(one, rights_request_id=request_id)
                for request_id, one in restraints.items()
            ),
            unreadable=(*shown.unreadable, *lost, *(("restraints",) if shown.restraints_unreadable else ())),
        )


class ProvenDecisionView(View):
    """The current decision about a purpose, and whether the Ledger proves it."""

    purpose: Purpose
    state: ConsentState
    since: Instant
    method: Method
    notice_version: NoticeVersion | None = None
    record_id: ConsentRecordId
    proof: DecisionProof = Field(
        description="`owed`: the history was altered, so the decision could not be recorded in it so far. "
        "`uncertain`: it was not found in the entries that were read, and the one before these was altered, "
        "or was not read because there are too many"
    )

    @classmethod
    def of(cls, decision: ProvenDecision) -> Self:
        """Build the view."""
        return cls.showing(decision.consent, purpose=decision.purpose, proof=decision.proof)


class ConsentProofView(View):
    """All decisions of a subject. A purpose that is not listed was never decided, so it is not permitted."""

    items: tuple[ProvenDecisionView, ...]
    readable: bool = Field(description="Whether the decisions can be opened")
    entries: int = Field(description="Entries of the subject's history that were read")
    intact: bool = Field(description="Whether each of these is unaltered and follows the one before")

    @classmethod
    def of(cls, found: ConsentProof | None) -> Self:
        """Build the view."""
        if found is None:
            return cls(items=(), readable=False, entries=0, intact=False)
        items = tuple(map(ProvenDecisionView.of, found.decisions))
        return cls(items=items, readable=True, entries=found.entries, intact=found.intact)


routes = Blueprint(__name__)

_ALL = "/admin/v1/subjects"


@route(
    routes,
    "POST",
    _ALL + "/search",
    problems=(InvalidRequest, InvalidEmail, InvalidPhone, Unavailable),
)
def find_subject(operator: Operator, body: SubjectSearch) -> Ok[FoundSubjectView]:
    """Find the account that has a number or mailbox. The search is recorded, without either."""
    return Ok(FoundSubjectView.of(subjects.find(staff.register(operator.arn), body)))


@route(routes, "GET", _ALL + "/{user_id}", problems=(NotFound, Unavailable))
def show_subject(operator: Operator, user_id: UserId) -> SubjectView:
    """Show the state of an account, its open requests, holds and restrictions, and nothing of its profile."""
    return SubjectView.of(subjects.show(staff.register(operator.arn), user_id))


@route(routes, "GET", _ALL + "/{user_id}/consents", problems=(NotFound, Unavailable))
def show_consents(operator: Operator, user_id: UserId) -> ConsentProofView:
    """Show the decisions of a subject, and whether the Ledger proves them."""
    return ConsentProofView.of(subjects.show_consents(staff.register(operator.arn), user_id))
