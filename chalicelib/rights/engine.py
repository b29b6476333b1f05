"""The engine: brings one request on by one step, whoever calls it and however often.

What always holds:

- One worker at a time is at a request: it takes a lease, and each write is conditional on the version that
  it read. Who lost the lease can't write any more, whatever it has done (its version is gone: the fence).
- A step's outcome, its evidence and where the request stands then are one transaction. A crash before it
  leaves a lease that runs out, and the step is run again; a crash after it loses a message, which the sweep
  of due rows sends again.
- A failing step is tried again after ever longer waits, then stopped for a person. The clock runs on, and
  the request's duties (reminders, pins) are done all the same.
- A step that waits is no failing step.

What goes on record, per step: what, when, by whom, after how many tries, counts, and the ids of tasks at a
processor. Never a value of a person.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from chalicelib.core import clock, metrics, observe
from chalicelib.core.chain import HeadMoved
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.rights import duties, evidence, queue, states, store
from chalicelib.rights.duties import Duty
from chalicelib.rights.model import RightsRequest, Status, StepStatus
from chalicelib.rights.plans.step import SHORT, Done, Job, Outcome, Step, Wait
from chalicelib.rights.store import MovedMeanwhile

Steps = Mapping[str, Step]
Duties = Mapping[Duty, Callable[[RightsRequest], RightsRequest]]

MOST_TRIES = 12  # half a day in all: outages of hours end by themselves
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = 6 * HOUR


def advance(request_id: RightsRequestId, steps: Steps, at_hand: Duties) -> None:
    """Do what is due for a request, and see to it that somebody comes back when more is.

    Raises:
        Unavailable: its table does not answer; nothing was done that can't be done again.
    """
    request = store.read(request_id)
    if request is None:
        return
    wakes = duties.wakes_at(request, clock.now())
    if wakes is None:
        return
    if wakes <= clock.now():
        try:
            request = _worked_on(request, steps, at_hand)
        except (MovedMeanwhile, HeadMoved):
            return  # another worker is at it, or somebody decided: it is theirs to go on
        wakes = duties.wakes_at(request, clock.now())
    if wakes:
        queue.send(request_id, wakes)


def _worked_on(request: RightsRequest, steps: Steps, at_hand: Duties) -> RightsRequest:
    """A request after a lease, the duties that are due, and the next step if it is due."""
    step = _due_step(request, steps)
    request = _leased(request, step.lease if step else SHORT)
    for _ in Duty:
        if duty := duties.due(request.model_copy(update={"leased_until": None}), clock.now()):
            request = at_hand[duty](request)
    if step is None:
        return store.move(request, _free(request))
    job = Job(request)
    try:
        outcome = step.run(job)
    except MovedMeanwhile:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the request must not be lost over it
        return _failed(job.request, step, error)
    return _came_of(job.request, step, outcome)


def _due_step(request: RightsRequest, steps: Steps) -> Step | None:
    state = request.next_step
    if state is None or request.run_at is None or request.run_at > clock.now():
        return None
    return steps[state.name]


def _leased(request: RightsRequest, length: timedelta) -> RightsRequest:
    """The request while this worker is at it."""
    leased = request.model_copy(update={"leased_until": clock.now() + length})
    if request.status is Status.RECEIVED:
        leased = leased.model_copy(update={"status": Status.IN_PROGRESS})
    return store.move(request, leased)


def _free(request: RightsRequest, **changes: object) -> RightsRequest:
    return request.model_copy(update={"leased_until": None, **changes})


def _came_of(request: RightsRequest, step: Step, outcome: Outcome) -> RightsRequest:
    match outcome:
        case Done():
            return _done(request, step, outcome)
        case Wait():
            return _waiting(request, step, outcome)


def _done(request: RightsRequest, step: Step, outcome: Done) -> RightsRequest:
    now = clock.now()
    after = _free(
        request.with_step(step.name, StepStatus.DONE, now),
        notes={**request.notes, **outcome.notes},
        missing=(*request.missing, *outcome.missing),
        tries=0,
    )
    if request.is_open:
        after = _answered(after, outcome.answers, now)
    after = after.model_copy(update={"run_at": now if after.next_step else None})
    said: dict[str, object] = {
        "by": "engine",
        "tries": request.tries + 1,
        **outcome.notes,
        **outcome.counts,
        **({"missing": list(outcome.missing)} if outcome.missing else {}),
    }
    moved = store.move(request, after, evidence.entry(f"{step.name}_done", said), outcome.also)
    if request.is_open and not moved.is_open:
        metrics.count(Metric.RIGHTS_ANSWERED)
    return moved


def _answered(request: RightsRequest, answer: Status | None, now: datetime) -> RightsRequest:
    """The request as the step leaves it: answered, or on its way."""
    status = answer or Status.IN_PROGRESS
    states.check(request.status, status)
    ended = {"decided_at": now, "closed_at": now} if answer else {}
    return request.model_copy(update={"status": status, **ended})


def _waiting(request: RightsRequest, step: Step, outcome: Wait) -> RightsRequest:
    """It waits; what it learnt goes on record, that it still waits does not."""
    now = clock.now()
    after = _free(request, run_at=now + outcome.for_, tries=0, notes={**request.notes, **outcome.notes})
    state = request.next_step
    if state and state.status is not StepStatus.IN_PROGRESS:
        after = after.with_step(step.name, StepStatus.IN_PROGRESS, now)
    if request.is_open:
        status = Status.AWAITING_PROCESSOR if step.waits_for_processor else Status.IN_PROGRESS
        states.check(request.status, status)
        after = after.model_copy(update={"status": status})
    news = {name: value for name, value in outcome.notes.items() if request.notes.get(name) != value}
    said = evidence.entry(f"{step.name}_waits", {"by": "engine", **news}) if news else None
    return store.move(request, after, said)


def _failed(request: RightsRequest, step: Step, error: Exception) -> RightsRequest:
    """Another try after a while; after the last one it is stopped for a person to look at."""
    if not isinstance(error, Unavailable):
        observe.log_failure("step_failed", error, reason=step.name)
    metrics.count(Metric.RIGHTS_STEP_FAILED)
    now, tries = clock.now(), request.tries + 1
    if tries < MOST_TRIES:
        return store.move(request, _free(request, tries=tries, run_at=now + backoff(tries)))
    metrics.count(Metric.RIGHTS_STEP_STOPPED)
    stopped = _free(request, tries=tries, run_at=None).with_step(step.name, StepStatus.STOPPED, now)
    said = {"by": "engine", "tries": tries, "error": type(error).__name__}
    return store.move(request, stopped, evidence.entry(f"{step.name}_stopped", said))


def backoff(tries: int) -> timedelta:
    """How long to wait after so many failed tries: doubled each time, and spread."""
    longest = min(_FIRST_WAIT.total_seconds() * 2 ** (tries - 1), _LONGEST_WAIT.total_seconds())
    least = int(longest / 2)
    return timedelta(seconds=least + secrets.randbelow(least + 1))
