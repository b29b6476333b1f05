"""Changes that a person makes to a request, each by a pure rule over the version read.

If another write came first, the request is read again and the rule is applied to its new state. A rule
returns None if its change was made before: repeating a call changes nothing, and returns the request as it
is.

If a worker is running a step during the change, it cannot write the outcome: its version is stale. Its lease
remains, so no other worker runs the step beside it. The worker gives the lease back when its write fails.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import clock, metrics
from chalicelib.core.errors import existing
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Conflict, Write, retry_on
from chalicelib.rights.engine import queue
from chalicelib.rights.request import duties, evidence, store
from chalicelib.rights.request.deadline import ASKED_WITHOUT_DELAY
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.terms import Status, StepStatus


@dataclass(frozen=True)
class Move:
    """The new state of a request, and the evidence of the change (its actor is added).

    `also`: further writes in the same transaction. A conflict of theirs means that what they were built from
    has changed; the rule is applied again, so it has to read again.
    """

    after: RightsRequest
    event: str
    said: Mapping[str, object]
    counts: tuple[Metric, ...] = ()
    also: Sequence[Write] = ()


@dataclass(frozen=True)
class AppliedMove:
    """The request after a move. `changed`: whether this call changed it, or an earlier one had."""

    request: RightsRequest
    changed: bool


@retry_on(Conflict)  # of the request, its history, or what `also` changes
def apply_move(
    request_id: RightsRequestId, by: StaffId | None, rule: Callable[[RightsRequest], Move | None]
) -> AppliedMove:
    """Apply a rule to a request, record the evidence, and send a message for the next work.

    Args:
        request_id: the request.
        by: the member of staff who makes the change; None: its subject.
        rule: computes the change; returns None if it was made before.

    Raises:
        NotFound: no such request.
        Unavailable: another write came first in every try.
    """
    request = existing(store.read(request_id))
    move = rule(request)
    if move is None:
        return AppliedMove(request, changed=False)
    said = {"by": by or evidence.SUBJECT, **move.said}
    after = store.move(request, move.after, evidence.entry(move.event, said), move.also)
    for metric in move.counts:
        metrics.count(metric)
    if wakes := duties.wakes_at(after, clock.now()):
        queue.send(request_id, wakes)
    return AppliedMove(after, changed=True)


def with_next_step_due(request: RightsRequest, now: datetime) -> RightsRequest:
    """The request with its next step due now, unless it waits for a person."""
    held = request.is_open and (request.proposal or request.status is Status.AWAITING_VERIFICATION)
    step = request.next_step
    runs = step is not None and step.status is not StepStatus.STOPPED and not held
    return request.model_copy(update={"run_at": now if runs else None, "waits_for": None})


def without_proposal(request: RightsRequest) -> RightsRequest:
    """The request without its proposal, and without the text and the values of that."""
    correction = request.correction and request.correction.model_copy(update={"proposed": None})
    return request.model_copy(update={"proposal": None, "decision_text": None, "correction": correction})


def awaiting_identity(request: RightsRequest, now: datetime) -> RightsRequest:
    """The request after its subject was asked for proof of identity.

    The legal clock is paused only if the subject is asked without delay, and only once.
    """
    stops = request.pause is None and now <= request.received_at + ASKED_WITHOUT_DELAY
    paused = request.with_clock(request.clock.paused(now)) if stops else request
    notes = replace(request.notes, identity_asked_at=now, identity_reminded=0)
    return paused.model_copy(update={"status": Status.AWAITING_VERIFICATION, "notes": notes, "run_at": None})


def with_identity_proven(request: RightsRequest, now: datetime) -> RightsRequest:
    """The request after its subject proved their identity. It drops a proposal made without the proof."""
    running = request
    if request.clock.is_paused():
        running = with_reminders_reset(request.with_clock(request.clock.resumed(now)), now)
    known = without_proposal(running).model_copy(
        update={
            "status": Status.IN_PROGRESS,
            "notes": replace(request.notes, identity_asked_at=None, identity_checked_by=None),
        }
    )
    return with_next_step_due(known, now)


def undecided(request: RightsRequest, notes: RequestNotes) -> RightsRequest:
    """The request waiting for both checks of the identity again, with other notes."""
    notes = replace(notes, identity_checked_by=None)
    waits = {"status": Status.AWAITING_VERIFICATION, "proofs": (), "notes": notes, "run_at": None}
    return request.model_copy(update=waits)


def with_reminders_reset(request: RightsRequest, now: datetime) -> RightsRequest:
    """The request after its due day changed: past reminders count as sent, later ones do not."""
    behind = sum(at <= now for at in request.clock.reminders(now))
    return request.model_copy(update={"reminded": behind})
