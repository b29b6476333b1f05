"""Changes that a person makes to a request, each by a pure rule over the version read.

If another write came first, the request is read again and the rule is applied to its new state. A rule
returns None if its change was made before: repeating a call changes nothing, and returns the request as it
is.

If a worker is running a step during the change, it cannot write the outcome: its version is stale. Its lease
remains, so no other worker runs the step again before the lease expires.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.rights import evidence, store
from chalicelib.rights.engine import duties, queue
from chalicelib.rights.model import RightsRequest, Status, StepStatus
from chalicelib.rights.store import MovedMeanwhile

_TRIES = 3


@dataclass(frozen=True)
class Move:
    """The new state of a request, and the evidence of the change (its actor is added)."""

    after: RightsRequest
    event: str
    said: Mapping[str, object]
    counts: tuple[Metric, ...] = ()


@dataclass(frozen=True)
class AppliedMove:
    """The request after a move. `changed`: whether this call changed it, or an earlier one had."""

    request: RightsRequest
    changed: bool


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
    for _ in range(_TRIES):
        request = store.read(request_id)
        if request is None:
            raise NotFound
        move = rule(request)
        if move is None:
            return AppliedMove(request, changed=False)
        said = {"by": by or evidence.SUBJECT, **move.said}
        try:
            after = store.move(request, move.after, evidence.entry(move.event, said))
        except (MovedMeanwhile, HeadMoved):
            continue
        for metric in move.counts:
            metrics.count(metric)
        if wakes := duties.wakes_at(after, clock.now()):
            queue.send(request_id, wakes)
        return AppliedMove(after, changed=True)
    raise Unavailable


def with_next_step_due(request: RightsRequest, now: datetime) -> RightsRequest:
    """The request with its next step due now, unless it waits for a person."""
    held = request.is_open and (request.proposal or request.status is Status.AWAITING_VERIFICATION)
    step = request.next_step
    runs = step is not None and step.status is not StepStatus.STOPPED and not held
    return request.model_copy(update={"run_at": now if runs else None})


def with_reminders_reset(request: RightsRequest, now: datetime) -> RightsRequest:
    """The request after its due day changed: past reminders count as sent, later ones do not."""
    behind = sum(at <= now for at in request.clock.reminders(now))
    return request.model_copy(update={"reminded": behind})
