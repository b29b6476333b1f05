"""Decisions by operators: one operator proposes, another one approves (RGT-10).

Invariants:

- The approver is never the proposer: one person has one pseudonym, whatever the permission set of a call
  (ADR 27). The approval names the version of the request that the approver saw.
- While a proposal waits, the procedure is suspended, so no data is delivered that may be refused. The legal
  clock keeps running.
- A decision is final. Neither a later proof of identity nor a second approval changes it.
- A right without a procedure is never answered as completed, neither in full nor in part. Nor is an erasure:
  only its procedure completes it, and it cannot be refused any more once that has begun to delete.
- A refusal needs a ground that the law gives for the right (`GROUNDS`). A refusal after the first period is
  recorded as late, even if the answer was extended (Art. 12(4) GDPR). A partial refusal counts as one.

Failures: each change is one transaction with its evidence, so none is left half done. If a response is lost,
repeating the call returns the same result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.errors import ChangedMeanwhile, does_not_apply
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.rights import procedures, service, states
from chalicelib.rights.model import Proposal, RefusalReason, Right, RightsRequest, Status
from chalicelib.rights.moves import Move, with_next_step_due
from chalicelib.rights.operators.inspect import apply_move
from chalicelib.rights.problems import (
    NotCarriedOut,
    NothingProposed,
    NotNow,
    OwnProposal,
    ProposedAlready,
    TooLate,
)

_IN_GENERAL = frozenset(
    {
        RefusalReason.IDENTITY_FAILURE,
        RefusalReason.MANIFESTLY_UNFOUNDED,
        RefusalReason.MANIFESTLY_EXCESSIVE,
    }
)
_OF_ERASURE = frozenset(
    {
        RefusalReason.LEGALLY_REQUIRED,
        RefusalReason.LEGAL_CLAIMS,
        RefusalReason.FREEDOM_OF_EXPRESSION,
        RefusalReason.PUBLIC_INTEREST,
        RefusalReason.PUBLIC_HEALTH,
        RefusalReason.ARCHIVING,
    }
)

# The legal grounds to refuse each right: a closed list (Art. 12 and 17 GDPR; ZZPL, Art. 21 and 30).
# Art. 12(2), (5) and (6) GDPR apply to Art. 15 to 21: the requester cannot be identified, or the request is
# manifestly unfounded or excessive. Art. 17(3) applies to erasure only. An objection to direct marketing
# (Art. 21(3)) and the withdrawal of a consent (Art. 7(3)) cannot be refused. Compelling grounds can outweigh
# any other objection (Art. 21(1)), but must be shown in writing, which no procedure does yet.
GROUNDS: Mapping[Right, frozenset[RefusalReason]] = {
    Right.ACCESS: _IN_GENERAL,
    Right.PORTABILITY: _IN_GENERAL,
    Right.RECTIFICATION: _IN_GENERAL,
    Right.ERASURE: _IN_GENERAL | _OF_ERASURE,
    Right.RESTRICTION: _IN_GENERAL,
    Right.OBJECTION: _IN_GENERAL,
    Right.MARKETING_OBJECTION: frozenset(),
    Right.CONSENT_WITHDRAWAL: frozenset(),
}


@dataclass(frozen=True)
class ProposedDecision:
    """A decision as proposed. The text is addressed to the subject, and may hold personal data."""

    status: Status
    reason: RefusalReason | None
    text: str


def etag(request: RightsRequest) -> str:
    """The entity tag of the version that an operator sees."""
    return f'"{request.version}"'


def staff_of(request: RightsRequest) -> set[StaffId]:
    """The members of staff that a request names."""
    proposal = request.proposal
    return {member for member in (proposal.by, proposal.approved_by) if member} if proposal else set()


def propose(request_id: RightsRequestId, by: StaffId, decision: ProposedDecision) -> RightsRequest:
    """Propose a decision; it takes effect once another operator approves it.

    Raises:
        InvalidRequest: the status is no answer, a refusal has no reason, a reason comes without a refusal, or
            it is no ground to refuse this right.
        NotCarriedOut: no procedure carries the right out, so a refusal is the only answer.
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


def _check_for(right: Right, decision: ProposedDecision) -> None:
    if decision.status is not Status.REFUSED and right not in procedures.OFFERED:
        raise NotCarriedOut
    if right is Right.ERASURE and decision.status is not Status.REFUSED:
        raise does_not_apply("status", "An erasure is completed by its procedure only; it can be refused")
    if decision.reason is not None and decision.reason not in GROUNDS[right]:
        raise does_not_apply("reason", "The law knows no such ground to refuse this right")


def _proposal_move(
    request: RightsRequest, by: StaffId, decision: ProposedDecision, now: datetime
) -> Move | None:
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


def _withdrawal_move(request: RightsRequest, now: datetime) -> Move | None:
    if not request.is_open:
        raise TooLate
    if request.proposal is None:
        return None
    # A right without a procedure stays in review.
    goes_on = request.status is Status.AWAITING_REVIEW and request.next_step
    after = without_proposal(request).model_copy(
        update={"status": Status.IN_PROGRESS if goes_on else request.status}
    )
    return Move(with_next_step_due(after, now), "proposal_withdrawn", {})


def without_proposal(request: RightsRequest) -> RightsRequest:
    """The request without its proposal."""
    return request.model_copy(update={"proposal": None, "decision_text": None})


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
    _check_for(request.right, _proposal(request, proposal))
    late = proposal.reason is not None and not request.clock.refusal_is_in_time(now)
    after = service.closed_early(request, proposal.status).model_copy(
        update={
            "refusal": proposal.reason,
            "decision_text": request.decision_text,
            "proposal": proposal.model_copy(update={"approved_by": by}),
        }
    )
    said = {"proposed_by": proposal.by, "status": proposal.status, "reason": proposal.reason}
    counts = (Metric.RIGHTS_ANSWERED, *((Metric.RIGHTS_REFUSED_LATE,) if late else ()))
    return Move(after, "decided", {**said, "late": int(late)}, counts)
