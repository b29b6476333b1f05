"""Moves that a person makes: a pure rule over the request as it is, written under the version that was read.

Who loses a race reads what came of it and is judged by that anew. A rule that finds its move made already
answers None: the same call again changes nothing, and is answered with the request as it is. A member of
staff who gets it that way has looked at it, which goes on record.

A worker that is at the request meanwhile loses its fence: what it meant to write does not come to be. Its
lease stays, so nobody takes the step up again before its time is over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.rights import duties, evidence, inspections, queue, store
from chalicelib.rights.model import RightsRequest, Status, StepStatus
from chalicelib.rights.store import MovedMeanwhile

_TRIES = 3


@dataclass(frozen=True)
class Move:
    """A request as it shall be, and what goes on record of that beside who moved it."""

    after: RightsRequest
    event: str
    said: Mapping[str, object]
    counts: tuple[Metric, ...] = ()


def moved(
    request_id: RightsRequestId, by: StaffId | None, rule: Callable[[RightsRequest], Move | None]
) -> RightsRequest:
    """The request after a rule was applied to it.

    Args:
        request_id: the request.
        by: the member of staff who moves it; None: its subject.
        rule: what becomes of it; None where that was done before.

    Raises:
        NotFound: there is none.
        Unavailable: others moved it each time.
    """
    for _ in range(_TRIES):
        request = store.read(request_id)
        if request is None:
            raise NotFound
        move = rule(request)
        if move is None:
            if by:
                inspections.record(request, by)
            return request
        said = {"by": by or evidence.SUBJECT, **move.said}
        try:
            after = store.move(request, move.after, evidence.entry(move.event, said))
        except (MovedMeanwhile, HeadMoved):
            continue
        for metric in move.counts:
            metrics.count(metric)
        if wakes := duties.wakes_at(after, clock.now()):
            queue.send(request_id, wakes)
        return after
    raise Unavailable


def going_on(request: RightsRequest, now: datetime) -> RightsRequest:
    """The same, its plan going on now unless a person is waited for."""
    held = request.is_open and (request.proposal or request.status is Status.AWAITING_VERIFICATION)
    step = request.next_step
    runs = step is not None and step.status is not StepStatus.STOPPED and not held
    return request.model_copy(update={"run_at": now if runs else None})


def reminded_anew(request: RightsRequest, now: datetime) -> RightsRequest:
    """The same, once its day has moved: what lies behind counts as given, all that is ahead will be."""
    behind = sum(at <= now for at in request.clock.reminders(now))
    return request.model_copy(update={"reminded": behind})
