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
- An entry of operators that should not exist is voided by the decision `cancelled`. It then counts nowhere:
  in no list, report, deadline or figure. Its evidence stays.
- A refusal needs a reason that the law gives for the right (its declaration). A refusal after the first
  period is recorded as late, even if the answer was extended (Art. 12(4) GDPR). A partial refusal counts as
  one.

The end of a restriction (Art. 18(3) GDPR) is decided by two operators as well:

- The subject is notified before: the approval sets the end to a later instant, and the step `uphold` sends a
  mail and ends the restriction then. The app shows both at once.
- Until then operators can withdraw it, and the subject can end the restriction sooner.
- An objection is never ended this way: only its decision refuses it.

Failures: each change is one transaction with its evidence, so none is left half done. If a response is lost,
repeating the call returns the same result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import does_not_apply, existing
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.rights.engine.moves import Move, with_next_step_due, without_proposal
from chalicelib.rights.intake import record
from chalicelib.rights.operators.inspect import apply_move
from chalicelib.rights.rectification import intake as rectification
from chalicelib.rights.request import declaration, states
from chalicelib.rights.request.model import AskedCorrection, Proposal, RightsRequest
from chalicelib.rights.request.notes import Lifting, RequestAnnouncement, RestraintNotes
from chalicelib.rights.request.restraints import restraint_of
from chalicelib.rights.request.states import NotCarriedOut, NotNow, TooLate
from chalicelib.rights.request.terms import RefusalReason, Right, Status
from chalicelib.rights.restriction.right import UPHOLD
from chalicelib.staff.cases import check_second, check_shown, staff_move
from chalicelib.staff.model import NothingProposed, ProposedAlready

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


@staff_move(apply_move)
def propose(request: RightsRequest, by: StaffId, decision: ProposedDecision) -> Move | None:
    """Propose a decision; it takes effect once another operator approves it.

    Raises:
        InvalidRequest: the status is no answer, nor does it void an entry; a refusal has no reason, a reason
            comes without a refusal, or it is no ground to refuse this right.
        NotCarriedOut: a rectification without values, so a refusal is the only answer.
        TooLate: the request is decided already.
        NotNow: only a refusal is possible before the subject's identity is proven.
        ProposedAlready: another proposal waits.
    """
    _check(request, decision)
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
            "proposal": Proposal(status=decision.status, reason=decision.reason, by=by, at=clock.now()),
            "decision_text": decision.text,
            "correction": _with_proposed(request, values),
            "run_at": None,
        }
    )
    return Move(after, "proposed", {"status": decision.status, "reason": decision.reason})


@staff_move(apply_move)
def withdraw(request: RightsRequest, _by: StaffId) -> Move | None:
    """Withdraw a proposal, the operator's own or another's; the procedure resumes.

    Raises:
        TooLate: the request is decided already.
    """
    if not request.is_open:
        raise TooLate
    if request.proposal is None:
        return None
    # A request without steps before its decision stays in review.
    goes_on = request.status is Status.AWAITING_REVIEW and request.next_step
    after = without_proposal(request).model_copy(
        update={"status": Status.IN_PROGRESS if goes_on else request.status}
    )
    return Move(with_next_step_due(after, clock.now()), "proposal_withdrawn", {})


@staff_move(apply_move)
def approve(request: RightsRequest, by: StaffId, shown: IfMatch) -> Move | None:
    """Approve another operator's proposal, which makes it the decision.

    Raises:
        TooLate: the request was decided already, not by this operator's approval.
        NothingProposed: no proposal waits, or it was withdrawn.
        OwnProposal: this operator made the proposal.
        ChangedMeanwhile: the request changed since the operator saw it.
        InvalidRequest, NotCarriedOut: as for `propose`.
    """
    proposal = request.proposal
    if not request.is_open:
        if proposal and proposal.approved_by == by:
            return None
        raise TooLate
    proposal = existing(proposal, NothingProposed)
    check_second(by, proposal.by)
    check_shown(request, shown)
    # The rules may have changed since the proposal.
    _check_for(request, _proposal(request, proposal))
    late = proposal.reason is not None and not request.clock.refusal_is_in_time(clock.now())
    said = {"proposed_by": proposal.by, "status": proposal.status, "reason": proposal.reason}
    is_void = proposal.status is Status.CANCELLED
    event = "voided" if is_void else "decided"
    move = record.closing_move(request, proposal.status, event, {**said, "late": int(late)})
    after = move.after.model_copy(
        update={
            "refusal": proposal.reason,
            "decision_text": request.decision_text,
            "correction": request.correction,
            "proposal": proposal.model_copy(update={"approved_by": by}),
            "voided_at": clock.now() if is_void else None,
        }
    )
    if is_void:
        return replace(move, after=after)
    counts = (Metric.RIGHTS_ANSWERED, *((Metric.RIGHTS_REFUSED_LATE,) if late else ()))
    return replace(move, after=after, counts=counts, said={**move.said, **_corrected(request)})


def _check(request: RightsRequest, decision: ProposedDecision) -> None:
    voids = decision.status is Status.CANCELLED and request.received_by.is_entered
    if decision.status not in states.ANSWERS and not voids:
        raise does_not_apply("status", "A decision is an answer; only an entry of operators is voided")
    wants = decision.status not in {Status.COMPLETED, Status.CANCELLED}
    if wants != (decision.reason is not None):
        raise does_not_apply("reason", "A refusal needs one" if wants else "Nothing is refused")


def _check_for(request: RightsRequest, decision: ProposedDecision) -> None:
    if decision.status is Status.CANCELLED:
        return
    right = request.right
    # One of a person without an account names no values.
    has_none = right is Right.RECTIFICATION and not request.correction
    if decision.status is not Status.REFUSED and (has_none or request.gives_number):
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


def _with_proposed(request: RightsRequest, values: dict[str, str] | None) -> AskedCorrection | None:
    correction = request.correction
    return correction.model_copy(update={"proposed": values}) if correction else None


def _proposal(request: RightsRequest, standing: Proposal) -> ProposedDecision:
    values = request.correction.proposed if request.correction else None
    return ProposedDecision(standing.status, standing.reason, request.decision_text or "", values)


def _corrected(request: RightsRequest) -> dict[str, object]:
    """The names of the fields that a decision corrects, for the evidence."""
    correction = request.correction
    if correction is None:
        return {}
    return {"corrected": sorted({*(correction.proposed or {}), *correction.deferred})}


@staff_move(apply_move)
def propose_lifting(request: RightsRequest, by: StaffId, text: str) -> Move | None:
    """Propose to end a restriction; `text` says why, for the subject.

    Raises:
        NotFound: no such request.
        NotNow: it is no restriction that was carried out and lasts.
        ProposedAlready: another proposal waits, or was approved.
    """
    notes = _lasting(request)
    if notes.lifting:
        if (notes.lifting.by, request.lifting_text) == (by, text):
            return None
        raise ProposedAlready
    proposed = replace(notes, lifting=Lifting(by, clock.now()))
    return Move(_with(request, proposed, text), "lifting_proposed", {})


@staff_move(apply_move)
def withdraw_lifting(request: RightsRequest, _by: StaffId) -> Move | None:
    """Withdraw the proposal, also an approved one; the restriction lasts.

    Raises:
        NotFound, NotNow: as for `propose_lifting`.
    """
    notes = _lasting(request)
    if notes.lifting is None:
        return None
    mails = dict(notes.mails)
    mails.pop(RequestAnnouncement.LIFTING, None)  # another lifting is announced again
    after = _with(request, replace(notes, lifting=None, mails=mails), None)
    return Move(with_next_step_due(after, clock.now()), "lifting_withdrawn", {})


@staff_move(apply_move)
def approve_lifting(request: RightsRequest, by: StaffId, shown: IfMatch) -> Move | None:
    """Approve another operator's proposal; the restriction ends after the time of notice.

    Raises:
        NotFound, NotNow: as for `propose_lifting`.
        NothingProposed: no proposal waits.
        OwnProposal: this operator made it.
        ChangedMeanwhile: the request changed since the operator saw it.
    """
    notes = _lasting(request)
    lifting = existing(notes.lifting, NothingProposed)
    if lifting.approved_by:
        if lifting.approved_by == by:
            return None
        raise NothingProposed
    check_second(by, lifting.by)
    check_shown(request, shown)
    now = clock.now()
    ends_at = now + settings().choices.lifting_notice_hours * HOUR
    approved = replace(notes, lifting=replace(lifting, approved_by=by, ends_at=ends_at))
    after = with_next_step_due(_with(request, approved, request.lifting_text), now)
    said = {"proposed_by": lifting.by, "ends_at": clock.to_text(ends_at)}
    return Move(after, "lifting_approved", said)


def _lasting(request: RightsRequest) -> RestraintNotes:
    """The notes of a restriction that was carried out and lasts."""
    notes = request.notes
    by_step = request.right is Right.RESTRICTION and UPHOLD in {step.name for step in request.steps}
    if request.is_open or not (by_step and isinstance(notes, RestraintNotes) and notes.is_in_force):
        raise NotNow
    return notes


def _with(request: RightsRequest, notes: RestraintNotes, text: str | None) -> RightsRequest:
    return request.model_copy(update={"notes": notes, "lifting_text": text})
