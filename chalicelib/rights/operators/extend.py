"""Operator actions other than decisions: extension, identity, retry of a step (RGT-10).

Invariants:

- An answer is extended at most once, inside its first period, for a reason of the closed list. The extension
  is announced to the subject.
- No data is delivered while proof of identity is outstanding. The legal clock pauses only if the proof was
  requested without delay; after a later request the procedure waits and the clock keeps running.
- Proof of identity never changes a decision. It drops a waiting proposal, which was made without the proof.
- Two operators check the identity for a copy or an erasure that was requested without a session: one person
  alone cannot release an account's data.
- Two operators extend what they entered and what waits for a warning: that waits as long as its deadline
  permits, if no channel can be warned.
"""

from dataclasses import replace

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.rights.engine.moves import (
    Move,
    awaiting_identity,
    with_identity_proven,
    with_next_step_due,
    with_reminders_reset,
)
from chalicelib.rights.operators.inspect import apply_move
from chalicelib.rights.request import procedures, receipts, states, store
from chalicelib.rights.request.deadline import ExtensionReason, NotAllowed
from chalicelib.rights.request.model import IdentityProof, RightsRequest
from chalicelib.rights.request.notes import ProposedExtension, Release
from chalicelib.rights.request.states import ExtensionNotAllowed, TooLate
from chalicelib.rights.request.terms import Right, Status, StepStatus
from chalicelib.staff.cases import check_second, staff_move
from chalicelib.staff.model import ProposedAlready


@staff_move(apply_move)
def extend(request: RightsRequest, by: StaffId, days: int, reason: ExtensionReason) -> Move | None:
    """Extend the time for an answer (Art. 12(3) GDPR); the engine announces it to the subject.

    Of what operators entered, the first call only proposes it. The same call of another one makes it.

    Raises:
        TooLate: the request is answered already.
        ExtensionNotAllowed: the extension is too long, too late, or the second one.
    """
    if not request.is_open:
        raise TooLate
    taken, now = request.extension, clock.now()
    if taken and (taken.days, taken.reason) == (days, reason):
        return None
    try:
        longer = request.clock.extended(days * DAY, reason, now)
    except NotAllowed as refused:
        raise ExtensionNotAllowed(str(refused)) from None
    proposed = request.notes.proposed_extension
    if procedures.is_for_two(request) and not (proposed and _is_second(proposed, by, days, reason)):
        mine = ProposedExtension(by, days, reason)
        if proposed == mine:
            return None
        after = request.model_copy(update={"notes": replace(request.notes, proposed_extension=mine)})
        return Move(after, "extension_proposed", {"days": days, "reason": reason})
    extended = request.model_copy(update={"notes": replace(request.notes, proposed_extension=None)})
    after = with_reminders_reset(extended.with_clock(longer), now)
    said = {"days": days, "reason": reason, "until": clock.to_text(longer.due_at(now))}
    return Move(after, "extended", said)


def _is_second(proposed: ProposedExtension, by: StaffId, days: int, reason: ExtensionReason) -> bool:
    return proposed.by != by and (proposed.days, proposed.reason) == (days, reason)


@staff_move(apply_move)
def record_identity_request(request: RightsRequest, _by: StaffId) -> Move | None:
    """Record that the subject was asked to prove their identity; the procedure waits for the proof.

    Raises:
        TooLate: the request is answered already.
        ProposedAlready: a decision waits for approval.
    """
    states.check_open(request)
    if request.status is Status.AWAITING_VERIFICATION:
        return None
    if request.proposal:
        raise ProposedAlready
    states.check(request.status, Status.AWAITING_VERIFICATION)
    after = awaiting_identity(request, clock.now())
    return Move(after, "identity_asked", {"clock_stands_still": int(after.pause != request.pause)})


@staff_move(apply_move)
def record_identity_proof(request: RightsRequest, by: StaffId) -> Move | None:
    """Record that an operator checked the subject's identity; the procedure resumes.

    A request without a session resumes once a second operator has checked it too.

    Raises:
        TooLate: the request is decided already, and the decision stands.
        OwnProposal: this operator entered the request, and so was the first of the two.
    """
    if not request.is_open:
        raise TooLate
    if request.status is not Status.AWAITING_VERIFICATION:
        return None
    first = request.notes.identity_checked_by
    if procedures.is_recovery(request):
        if first is None:
            notes = replace(request.notes, identity_checked_by=by)
            return Move(request.model_copy(update={"notes": notes}), "identity_checked", {})
        if first == by != request.notes.entered_by:
            return None
        check_second(by, first)
    known = with_identity_proven(request, clock.now())
    if first and request.gives_number:
        known = _released(known, first if by == request.notes.entered_by else by)
    proofs = tuple(dict.fromkeys((*request.proofs, IdentityProof.STAFF))) if first else request.proofs
    said = {"proposal_dropped": int(request.proposal is not None)}
    return Move(known.model_copy(update={"proofs": proofs}), "identity_came", said)


def _released(request: RightsRequest, to: StaffId) -> RightsRequest:
    """The request with the decision that its account gets another number; `to`: who gets the key."""
    before = request.notes.release
    release = Release(to, clock.now(), was_contested=bool(before and before.was_contested))
    return request.model_copy(update={"notes": replace(request.notes, release=release)})


def release_key(request: RightsRequest, by: StaffId) -> str | None:
    """The key that an operator gives the owner of the account; None for others, and while none is released.

    The one who entered the request has its receipt. So no operator has both.
    """
    release = request.notes.release
    if release is None or release.to != by or request.status is not Status.IN_PROGRESS:
        return None
    return receipts.release_key(request.request_id, release.at)


def open_erasure(request: RightsRequest) -> RightsRequestId | None:
    """The open erasure of an account that gets another number: it may be that of a thief."""
    return store.exercised_by(request.account_id, Right.ERASURE) if request.gives_number else None


@staff_move(apply_move)
def retry_step(request: RightsRequest, _by: StaffId) -> Move | None:
    """Have a stopped step run again, even one that follows the answer."""
    step = request.next_step
    if step is None or step.status is not StepStatus.STOPPED:
        return None
    now = clock.now()
    retried = request.with_step(step.name, StepStatus.WAITING, now).model_copy(
        update={"tries": 0, "unreachable_since": None}
    )
    return Move(with_next_step_due(retried, now), "step_retried", {"step": step.name})
