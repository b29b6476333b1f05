"""What operators do to a request short of deciding it: more time, who asks, a step that stopped (RGT-10).

What always holds:

- An answer is extended once, inside its first period, for a reason of the closed list; the subject is told.
- Nobody gets anything while proof of identity is outstanding. The clock stands still for that only if it was
  asked for without delay; asked for later, the plan waits and the clock runs on.
- That proof came never changes a decision; it takes a proposal off the table, which was made without it.
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.rights import states
from chalicelib.rights.clock import ASKED_WITHOUT_DELAY, ExtensionReason, NotAllowed
from chalicelib.rights.deciding import without_proposal
from chalicelib.rights.model import RightsRequest, Status, StepStatus, TooLate
from chalicelib.rights.moving import Move, going_on, moved, reminded_anew
from chalicelib.rights.refusals import ExtensionNotAllowed, ProposedAlready


def extend(request_id: RightsRequestId, by: StaffId, days: int, reason: ExtensionReason) -> RightsRequest:
    """Take more time for an answer (Art. 12(3) GDPR); the engine tells the subject.

    Raises:
        TooLate: it is answered already.
        ExtensionNotAllowed: too long, too late, or for a second time.
    """
    return moved(request_id, by, lambda request: _extended(request, days, reason))


def ask_identity(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Note that data was asked for that proves who asks; the plan waits for it.

    Raises:
        TooLate: it is answered already.
        ProposedAlready: a decision waits for approval.
    """
    return moved(request_id, by, lambda request: _asked(request, clock.now()))


def identity_came(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Note that it came and proves it; the plan goes on.

    Raises:
        TooLate: it is decided already, and stays so.
    """
    return moved(request_id, by, lambda request: _proven(request, clock.now()))


def retry(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Let a step that stopped be tried anew, also one that follows the answer."""
    return moved(request_id, by, lambda request: _retried(request, clock.now()))


def _extended(request: RightsRequest, days: int, reason: ExtensionReason) -> Move | None:
    if not request.is_open:
        raise TooLate
    taken, now = request.extension, clock.now()
    if taken and (taken.days, taken.reason) == (days, reason):
        return None
    try:
        longer = request.clock.extended(days * DAY, reason, now)
    except NotAllowed as refused:
        raise ExtensionNotAllowed(str(refused)) from None
    after = reminded_anew(request.with_clock(longer), now)
    said = {"days": days, "reason": reason, "until": clock.to_text(longer.due_at(now))}
    return Move(after, "extended", said)


def _asked(request: RightsRequest, now: datetime) -> Move | None:
    states.check_open(request)
    if request.status is Status.AWAITING_VERIFICATION:
        return None
    if request.proposal:
        raise ProposedAlready
    states.check(request.status, Status.AWAITING_VERIFICATION)
    stops = request.pause is None and now <= request.received_at + ASKED_WITHOUT_DELAY
    paused = request.with_clock(request.clock.paused(now)) if stops else request
    after = paused.model_copy(update={"status": Status.AWAITING_VERIFICATION, "run_at": None})
    return Move(after, "identity_asked", {"clock_stands_still": int(stops)})


def _proven(request: RightsRequest, now: datetime) -> Move | None:
    if not request.is_open:
        raise TooLate
    if request.status is not Status.AWAITING_VERIFICATION:
        return None
    running = request
    if request.clock.is_paused():
        running = reminded_anew(request.with_clock(request.clock.resumed(now)), now)
    known = without_proposal(running).model_copy(update={"status": Status.IN_PROGRESS})
    said = {"proposal_dropped": int(request.proposal is not None)}
    return Move(going_on(known, now), "identity_came", said)


def _retried(request: RightsRequest, now: datetime) -> Move | None:
    step = request.next_step
    if step is None or step.status is not StepStatus.STOPPED:
        return None
    anew = request.with_step(step.name, StepStatus.WAITING, now).model_copy(
        update={"tries": 0, "unreachable_since": None}
    )
    return Move(going_on(anew, now), "step_retried", {"step": step.name})
