"""Decisions by operators: one operator proposes, another one approves (RGT-10).

Invariants:

- The approver is never the proposer: one person has one pseudonym, whatever the permission set of a call
  (ADR 27). The approval names the version of the request that the approver saw.
- While a proposal waits, the procedure is suspended, so no data is delivered that may be refused. The legal
  clock keeps running.
- A decision is final. Neither a later proof of identity nor a second approval changes it.
- An erasure or a restriction is never answered as completed by a person, neither in full nor in part: only
  its procedure completes it. Nor is a rectification without values. An erasure cannot be refused any more
  once its procedure has begun to delete.
- A decision that corrects data carries the values, and its approval applies them in the same transaction.
- A refusal needs a reason that the law gives for the right (its declaration). A refusal after the first
  period is recorded as late, even if the answer was extended (Art. 12(4) GDPR). A partial refusal counts as
  one.

Failures: each change is one transaction with its evidence, so none is left half done. If a response is lost,
repeating the call returns the same result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.errors import ChangedMeanwhile, does_not_apply
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.rights.engine.moves import Move, with_next_step_due, without_proposal
from chalicelib.rights.intake import record
from chalicelib.rights.operators.inspect import apply_move
from chalicelib.rights.rectification import intake as rectification
from chalicelib.rights.request import declaration, states
from chalicelib.rights.request.model import AskedCorrection, Proposal, RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.restraints import restraint_of
from chalicelib.rights.request.states import NotCarriedOut, NotNow, TooLate
from chalicelib.rights.request.terms import RefusalReason, Right, Status
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready

# Their answer says what was done, so a person cannot give it.
_BY_PROCEDURE_ONLY = frozenset({Right.ERASURE, Right.RESTRICTION})


@dataclass(frozen=True)
class ProposedDecision:
    """A decision as proposed.

    The text explains it to the subject, in the subject's language, and may hold personal data. The subject
    gets it between the outcome with its reason and the remedies (`rights/answers/decisions`).
    """

    status: Status
    reason: RefusalReason | None
    text: str
    corrections: Mapping[str, str] | None = None  # the values that a rectification gets


def etag(request: RightsRequest) -> str:
    """The entity tag of the version that an operator sees."""
    return f'"{request.version}"'


def staff_of(request: RightsRequest) -> set[StaffId]:
    """The members of staff that a request names."""
    proposal, authority = request.proposal, request.authority
    lifting = request.notes.lifting if isinstance(request.notes, RestraintNotes) else None
    named = (
        *((proposal.by, proposal.approved_by) if proposal else ()),
        *((lifting.by, lifting.approved_by) if lifting else ()),
        authority.seen_by if authority else None,
        request.notes.identity_checked_by,
    )
    return {member for member in named if member}


def propose(request_id: RightsRequestId, by: StaffId, decision: ProposedDecision) -> RightsRequest:
    """Propose a decision; it takes effect once another operator approves it.

    Raises:
        InvalidRequest: the status is no answer, a refusal has no reason, a reason comes without a refusal, or
            it is no ground to refuse this right.
        NotCarriedOut: a rectification without values, so a refusal is the only answer.
        TooLate: the request is decided already.
        NotNow: only a refusal is possible before the subject's identity is proven.
        ProposedAlready: another proposal waits.
    """
    _check(decision)
    return apply_move(request_id, by, lambda request: _proposal_move(request, by, decision, clock.now()))


def withdraw(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Withdraw a proposal, the operator's own or another's; the procedure resumes.

    Raises:
        TooLate: the request is decided already.
    """
    return apply_move(request_id, by, lambda request: _withdrawal_move(request, clock.now()))


def approve(request_id: RightsRequestId, by: StaffId, shown: IfMatch) -> RightsRequest:
    """Approve another operator's proposal, which makes it the decision.

    Raises:
        TooLate: the request was decided already, not by this operator's approval.
        NothingProposed: no proposal waits, or it was withdrawn.
        OwnProposal: this operator made the proposal.
        ChangedMeanwhile: the request changed since the operator saw it.
        InvalidRequest, NotCarriedOut: as for `propose`.
    """
    return apply_move(request_id, by, lambda request: _approval_move(request, by, shown, clock.now()))


def _check(decision: ProposedDecision) -> None:
    if decision.status not in states.ANSWERS:
        raise does_not_apply("status", "A decision is an answer")
    wants = decision.status is not Status.COMPLETED
    if wants != (decision.reason is not None):
        raise does_not_apply("reason", "A refusal needs one" if wants else "Nothing is refused")


def _check_for(request: RightsRequest, decision: ProposedDecision) -> None:
    right = request.right
    # One of a person without an account names no values.
    has_none = right is Right.RECTIFICATION and not request.correction
    if decision.status is not Status.REFUSED and has_none:
        raise NotCarriedOut
    if right in _BY_PROCEDURE_ONLY and decision.status is not Status.REFUSED:
        raise does_not_apply("status", f"Only its procedure completes this {right}; it can be refused")
    if decision.reason is not None and decision.reason not in declaration.of(right).refusals:
        raise does_not_apply("reason", "The law knows no such ground to refuse this right")


def _check_parts(request: RightsRequest, decision: ProposedDecision) -> None:
    """Refuse a partial answer where the request has no parts that can be answered differently.

    An objection has: what stopped at once is upheld, and what goes on while it is weighed is refused.

    Raises:
        InvalidRequest: the status does not apply.
    """
    if decision.status is not Status.PARTIALLY_COMPLETED or not isinstance(request.notes, RestraintNotes):
        return
    objection = restraint_of(request) if request.right is Right.OBJECTION else None
    if objection is None or not (objection.weighed and objection.stopped):
        raise does_not_apply("status", "It can only be completed or refused as a whole")


def _proposal_move(
    request: RightsRequest, by: StaffId, decision: ProposedDecision, now: datetime
) -> Move | None:
    states.check_open(request)
    if standing := request.proposal:
        values = rectification.proposed_values(request, decision.status, decision.corrections)
        if (standing.by, _proposal(request, standing)) == (by, replace(decision, corrections=values)):
            return None
        raise ProposedAlready
    _check_for(request, decision)
    _check_parts(request, decision)
    if decision.status not in states.MOVES[request.status]:
        raise NotNow
    values = rectification.proposed_values(request, decision.status, decision.corrections)
    reviewed = Status.AWAITING_REVIEW in states.MOVES[request.status]
    after = request.model_copy(
        update={
            "status": Status.AWAITING_REVIEW if reviewed else request.status,
            "proposal": Proposal(status=decision.status, reason=decision.reason, by=by, at=now),
            "decision_text": decision.text,
            "correction": _with_proposed(request, values),
            "run_at": None,
        }
    )
    return Move(after, "proposed", {"status": decision.status, "reason": decision.reason})


def _with_proposed(request: RightsRequest, values: dict[str, str] | None) -> AskedCorrection | None:
    correction = request.correction
    return correction.model_copy(update={"proposed": values}) if correction else None


def _proposal(request: RightsRequest, standing: Proposal) -> ProposedDecision:
    values = request.correction.proposed if request.correction else None
    return ProposedDecision(standing.status, standing.reason, request.decision_text or "", values)


def _withdrawal_move(request: RightsRequest, now: datetime) -> Move | None:
    if not request.is_open:
        raise TooLate
    if request.proposal is None:
        return None
    # A request without steps before its decision stays in review.
    goes_on = request.status is Status.AWAITING_REVIEW and request.next_step
    after = without_proposal(request).model_copy(
        update={"status": Status.IN_PROGRESS if goes_on else request.status}
    )
    return Move(with_next_step_due(after, now), "proposal_withdrawn", {})


def _approval_move(request: RightsRequest, by: StaffId, shown: IfMatch, now: datetime) -> Move | None:
    proposal = request.proposal
    if not request.is_open:
        if proposal and proposal.approved_by == by:
            return None
        raise TooLate
    if proposal is None:
        raise NothingProposed
    if proposal.by == by:
        raise OwnProposal
    if not shown.allows(etag(request)):
        raise ChangedMeanwhile
    # The rules may have changed since the proposal.
    _check_for(request, _proposal(request, proposal))
    late = proposal.reason is not None and not request.clock.refusal_is_in_time(now)
    said = {"proposed_by": proposal.by, "status": proposal.status, "reason": proposal.reason}
    move = record.closing_move(request, proposal.status, "decided", {**said, "late": int(late)})
    after = move.after.model_copy(
        update={
            "refusal": proposal.reason,
            "decision_text": request.decision_text,
            "correction": request.correction,
            "proposal": proposal.model_copy(update={"approved_by": by}),
        }
    )
    counts = (Metric.RIGHTS_ANSWERED, *((Metric.RIGHTS_REFUSED_LATE,) if late else ()))
    return replace(move, after=after, counts=counts, said={**move.said, **_corrected(request)})


def _corrected(request: RightsRequest) -> dict[str, object]:
    """The names of the fields that a decision corrects, for the evidence."""
    correction = request.correction
    if correction is None:
        return {}
    return {"corrected": sorted({*(correction.proposed or {}), *correction.deferred})}
