"""Decisions that people make: one operator proposes, another one approves (RGT-10).

What always holds:

- An approver never proposed it: one person has one pseudonym, whatever the permission set of a call (ADR 27).
  They approve the version of the request that was shown.
- While a proposal waits, the plan stands still: nothing is handed out that may be refused. The clock runs on.
- A decision is made once. No proof of identity and no second approval that comes after it changes it.
- A right that nothing carries out is not answered as done, neither wholly nor in part.
- A refusal is for a ground that the law knows for the right (`grounds`). One after the first period
  is on record as late, even where the answer was extended (Art. 12(4) GDPR); a refusal in part is one.

What may break: nothing half-way, since each move is one transaction with its evidence. An answer that is
lost is had by the same call again.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.errors import ChangedMeanwhile
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.rights import plans, service, states
from chalicelib.rights.grounds import GROUNDS
from chalicelib.rights.model import Proposal, RefusalReason, Right, RightsRequest, Status, TooLate
from chalicelib.rights.moving import Move, going_on, moved
from chalicelib.rights.refusals import (
    NotCarriedOut,
    NothingProposed,
    NotNow,
    OwnProposal,
    ProposedAlready,
    does_not_apply,
)


@dataclass(frozen=True)
class ProposedDecision:
    """What is proposed. The text is for the subject, and may be about them."""

    status: Status
    reason: RefusalReason | None
    text: str


def etag(request: RightsRequest) -> str:
    """Names the version that was shown."""
    return f'"{request.version}"'


def staff_of(request: RightsRequest) -> set[StaffId]:
    """Whom of the staff a request names."""
    proposal = request.proposal
    return {one for one in (proposal.by, proposal.approved_by) if one} if proposal else set()


def propose(request_id: RightsRequestId, by: StaffId, decision: ProposedDecision) -> RightsRequest:
    """Propose a decision; it takes effect once another operator approves it.

    Raises:
        InvalidRequest: no answer, a refusal without a reason, a reason without a refusal, or a reason that is
            no ground to refuse this right.
        NotCarriedOut: no plan carries the right out, so a refusal is the only answer.
        TooLate: it is decided already.
        NotNow: nothing but a refusal is possible before it is known who asks.
        ProposedAlready: another proposal waits.
    """
    _check(decision)
    return moved(request_id, by, lambda request: _proposed(request, by, decision, clock.now()))


def withdraw(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Take a proposal off the table, whoever made it; the plan goes on.

    Raises:
        TooLate: it is decided already.
    """
    return moved(request_id, by, lambda request: _withdrawn(request, clock.now()))


def approve(request_id: RightsRequestId, by: StaffId, shown: IfMatch) -> RightsRequest:
    """Make what another operator proposed the decision.

    Raises:
        TooLate: it is decided already, by others.
        NothingProposed: or it was withdrawn.
        OwnProposal: the approver is never the proposer.
        ChangedMeanwhile: it is not what was shown any more.
    """
    return moved(request_id, by, lambda request: _approved(request, by, shown, clock.now()))


def _check(decision: ProposedDecision) -> None:
    if decision.status not in states.ANSWERS:
        raise does_not_apply("status", "A decision is an answer")
    wants = decision.status is not Status.COMPLETED
    if wants != (decision.reason is not None):
        raise does_not_apply("reason", "A refusal needs one" if wants else "Nothing is refused")


def _check_for(right: Right, decision: ProposedDecision) -> None:
    if decision.status is not Status.REFUSED and right not in plans.OFFERED:
        raise NotCarriedOut
    if decision.reason is not None and decision.reason not in GROUNDS[right]:
        raise does_not_apply("reason", "The law knows no such ground to refuse this right")


def _proposed(request: RightsRequest, by: StaffId, decision: ProposedDecision, now: datetime) -> Move | None:
    states.check_open(request)
    if standing := request.proposal:
        if (standing.by, _proposal(request, standing)) == (by, decision):
            return None
        raise ProposedAlready
    _check_for(request.right, decision)
    if decision.status not in states.MOVES[request.status]:
        raise NotNow
    reviewed = Status.AWAITING_REVIEW in states.MOVES[request.status]
    after = request.model_copy(
        update={
            "status": Status.AWAITING_REVIEW if reviewed else request.status,
            "proposal": Proposal(status=decision.status, reason=decision.reason, by=by, at=now),
            "decision_text": decision.text,
            "run_at": None,
        }
    )
    return Move(after, "proposed", {"status": decision.status, "reason": decision.reason})


def _proposal(request: RightsRequest, standing: Proposal) -> ProposedDecision:
    return ProposedDecision(standing.status, standing.reason, request.decision_text or "")


def _withdrawn(request: RightsRequest, now: datetime) -> Move | None:
    if not request.is_open:
        raise TooLate
    if request.proposal is None:
        return None
    # What nothing carries out stays with whoever reviews it.
    goes_on = request.status is Status.AWAITING_REVIEW and request.next_step
    after = without_proposal(request).model_copy(
        update={"status": Status.IN_PROGRESS if goes_on else request.status}
    )
    return Move(going_on(after, now), "proposal_withdrawn", {})


def without_proposal(request: RightsRequest) -> RightsRequest:
    """The same with nothing on the table."""
    return request.model_copy(update={"proposal": None, "decision_text": None})


def _approved(request: RightsRequest, by: StaffId, shown: IfMatch, now: datetime) -> Move | None:
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
    late = proposal.reason is not None and not request.clock.refusal_is_in_time(now)
    after = service.ended(request, proposal.status, plans.TELL, plans.DISCARD).model_copy(
        update={
            "refusal": proposal.reason,
            "decision_text": request.decision_text,
            "proposal": proposal.model_copy(update={"approved_by": by}),
        }
    )
    said = {"proposed_by": proposal.by, "status": proposal.status, "reason": proposal.reason}
    counts = (Metric.RIGHTS_ANSWERED, *((Metric.RIGHTS_REFUSED_LATE,) if late else ()))
    return Move(after, "decided", {**said, "late": int(late)}, counts)
