"""The engine: advances one request by one piece of work, however often a message asks for it.

Invariants:

- One worker at a time works on a request. It takes a lease, and each write is conditional on the version
  that it read. A worker that lost its lease cannot write: its version is stale (the fence).
- The write that takes the lease counts the run, so a worker that is killed is counted too. An outcome, a
  wait included, resets the count. After `MOST_TRIES` runs without an outcome the step stops, and a person
  has to look at it; the clock runs on.
- A step's outcome, its evidence and the request's new state are one transaction. A crash before it leaves
  a lease that ends, and the step is run again; a crash after it loses a message, and the sweep of due rows
  sends another.
- A service that does not answer is a wait, not a failed run, however long it lasts. Its age is a metric
  with an alarm.
- A run does the duties that are due, or one step, never both. So a duty that kills its worker stops no
  step for ever, and the other way round. Each run of duties begins with another one, so a duty that kills
  its worker stops no other duty either.
- One worker at a time works for one account (`core/turns`), so no account occupies them all.
- A worker sends messages to its own queue only so many times in a row (`queue.MOST_HOPS`).

The evidence of a step says: what, when, by which kind of actor, in how many runs, counts, and the ids of
tasks at a processor. It never holds a value of a person.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.core import clock, metrics, observe
from chalicelib.core.chain import HeadMoved
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.turns import Turns
from chalicelib.rights import duties, evidence, plans, queue, states, store
from chalicelib.rights.duties import Duty
from chalicelib.rights.model import RightsRequest, Status, StepStatus
from chalicelib.rights.plans.step import WHOLE_RUN, Again, Done, Job, Outcome, Step, Wait
from chalicelib.rights.queue import Destination
from chalicelib.rights.store import MovedMeanwhile

Steps = Mapping[str, Step]
Duties = Mapping[Duty, Callable[[Job], None]]

# Runs without an outcome. Failed ones end after half a day of ever longer waits, killed ones after three
# hours of leases.
MOST_TRIES = 12
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = 6 * HOUR
# A message that comes so early is sent once more; one that comes earlier has a successor already.
_EARLY = timedelta(seconds=5)
# Between two looks at a service that does not answer.
LONGEST_LOOK = 30 * MINUTE
_NEXT_TURN = timedelta(seconds=30)


@dataclass(frozen=True)
class Worker:
    """What one kind of worker can do; it hands everything else to the queue of the other kind."""

    queue: Destination
    steps: Steps
    duties: Duties = field(default_factory=dict)
    turns: Turns | None = None  # None: its steps are one at a time for an account by themselves


def advance(request_id: RightsRequestId, worker: Worker, hops: int = 0) -> None:
    """Do what is due for a request, and send a message for what is due next.

    Args:
        request_id: the request.
        worker: what the caller can do.
        hops: how many messages in a row workers have sent to each other about it.

    Raises:
        Unavailable: the table does not answer; everything done so far can be done again.
    """
    request = store.read(request_id)
    wakes = duties.wakes_at(request, clock.now()) if request else None
    if request is None or wakes is None:
        return
    if wakes > clock.now() + _EARLY:
        return  # the run that made it wait sent a message, or the sweep will: messages must not multiply
    if wakes <= clock.now():
        try:
            request = _run(request, worker, hops)
        except (MovedMeanwhile, HeadMoved):
            return  # another worker has the lease, or a person decided: they send the next message
        if request is None:
            return
        wakes = duties.wakes_at(request, clock.now())
    if wakes:
        queue.send(request_id, wakes, _destination(request), hops + 1)


def _destination(request: RightsRequest) -> Destination:
    """Which queue's worker does what is next; duties are the first worker's."""
    step = request.next_step
    by_duty = duties.due(request, clock.now()) is not None
    return plans.DESTINATIONS.get(step.name, Destination.WORK) if step and not by_duty else Destination.WORK


def _run(request: RightsRequest, worker: Worker, hops: int) -> RightsRequest | None:
    """Do what is due; None if that is another worker's, or has to wait for its turn."""
    free, now = _free(request), clock.now()
    state = request.next_step
    has_duties = duties.due(free, now) is not None
    due = state if state and not has_duties and duties.step_is_due(request, now) else None
    to = _destination(free)
    if to is not worker.queue and (has_duties or due):
        queue.send(request.request_id, now, to, hops + 1)
        return None
    if due and due.name not in worker.steps:
        return _stop(request, due.name, "UnknownStep")
    step = worker.steps[due.name] if due else None
    if has_duties and request.duty_tries >= MOST_TRIES:
        return _postpone_duties(request, 0, DAY)
    if step and request.tries >= MOST_TRIES:
        return _stop(request, step.name, "Killed")
    turn, length = worker.turns, step.lease if step else WHOLE_RUN
    if turn and not turn.acquire(request.account_id, request.request_id, length):
        queue.send(request.request_id, now + _NEXT_TURN, worker.queue, hops + 1)
        return None
    leased = _lease(request, length, step)  # lost: another worker has it, and the turn
    try:
        return _do_step(leased, step) if step else _do_duties(leased, worker.duties)
    finally:
        if turn:
            turn.release(request.account_id, request.request_id)


def _lease(request: RightsRequest, length: timedelta, step: Step | None) -> RightsRequest:
    """Take the lease and count the run, in one write."""
    if step is None and request.duty_tries and request.leased_until:
        metrics.count(Metric.RIGHTS_DUTY_FAILED)  # the run before was killed over its duties
    runs = {"tries": request.tries + 1} if step else {"duty_tries": request.duty_tries + 1}
    leased = request.model_copy(update={"leased_until": clock.now() + length, **runs})
    if request.status is Status.RECEIVED:
        leased = leased.model_copy(update={"status": Status.IN_PROGRESS})
    return store.move(request, leased)


def _do_duties(request: RightsRequest, known: Duties) -> RightsRequest:
    """Do the duties that are due, each by itself: one that fails or kills keeps no other one waiting."""
    job = Job(request)
    failed = False
    due = duties.all_due(_free(request), clock.now())
    # After a killed run the next duty begins: one that always kills its worker keeps no other one waiting.
    first = (request.duty_tries - 1) % max(len(due), 1)
    for duty in (*due[first:], *due[:first]):
        try:
            known[duty](job)
        except (MovedMeanwhile, HeadMoved):
            raise
        except Exception as error:  # noqa: BLE001 - the request goes on whatever it is
            failed = True
            observe.log_failure("duty_failed", error, reason=duty)
    if failed:
        metrics.count(Metric.RIGHTS_DUTY_FAILED)
        tries = job.request.duty_tries
        return _postpone_duties(job.request, min(tries, MOST_TRIES - 1), backoff(tries))
    return store.move(job.request, _free(job.request, duty_tries=0, duties_at=None))


def _postpone_duties(request: RightsRequest, tries: int, wait: timedelta) -> RightsRequest:
    """Try the duties again later. They are never given up: the clock runs on."""
    return store.move(request, _free(request, duty_tries=tries, duties_at=clock.now() + wait))


def _do_step(request: RightsRequest, step: Step) -> RightsRequest:
    """Run a step under its lease, and record what it led to."""
    job = Job(request)
    try:
        outcome = step.run(job)
        return _record(job.request, step, outcome)
    except (MovedMeanwhile, HeadMoved):
        raise
    except Unavailable:
        return _await_service(job.request, step)
    except Exception as error:  # noqa: BLE001 - the request must not be lost, whatever it is
        return _record_failure(job.request, step, error)


def _free(request: RightsRequest, **changes: object) -> RightsRequest:
    return request.model_copy(update={"leased_until": None, **changes})


def _record(request: RightsRequest, step: Step, outcome: Outcome) -> RightsRequest:
    match outcome:
        case Done():
            return _record_end(request, step, outcome)
        case Wait():
            return _record_wait(request, step, outcome)
        case Again():
            return _record_return(request, step, outcome)


def _record_end(request: RightsRequest, step: Step, outcome: Done) -> RightsRequest:
    now = clock.now()
    after = _free(
        request.with_step(step.name, StepStatus.DONE, now),
        notes={**request.notes, **outcome.notes},
        missing=(*request.missing, *outcome.missing),
        tries=0,
        unreachable_since=None,
    )
    if request.is_open:
        after = _answered(after, outcome.answers, now)
    after = after.model_copy(update={"run_at": now if after.next_step else None})
    since = request.unreachable_since
    said: dict[str, object] = {
        "by": "engine",
        "tries": request.tries,
        **outcome.notes,
        **outcome.counts,
        **({"missing": list(outcome.missing)} if outcome.missing else {}),
        **({"unreachable_since": clock.to_text(since)} if since else {}),
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


def _record_wait(request: RightsRequest, step: Step, outcome: Wait) -> RightsRequest:
    """Let the step wait. What it learnt goes on record; that it still waits does not."""
    now = clock.now()
    notes = {**request.notes, **outcome.notes}
    after = _waiting(request, step, run_at=now + outcome.for_, unreachable_since=None, notes=notes)
    news = {name: value for name, value in outcome.notes.items() if request.notes.get(name) != value}
    said = evidence.entry(f"{step.name}_waits", {"by": "engine", **news}) if news else None
    return store.move(request, after, said)


def _record_return(request: RightsRequest, step: Step, outcome: Again) -> RightsRequest:
    """Go back to an earlier step: what it and those after it left is forgotten."""
    now = clock.now()
    names = [state.name for state in request.steps]
    again = names[names.index(outcome.from_step) : names.index(step.name) + 1]
    after = _free(request, run_at=now, tries=0, unreachable_since=None, notes=outcome.notes, missing=())
    for name in again:
        after = after.with_step(name, StepStatus.WAITING, now)
    said = {"by": "engine", "again_from": outcome.from_step}
    return store.move(request, after, evidence.entry(f"{step.name}_returned", said))


def _waiting(request: RightsRequest, step: Step, **changes: object) -> RightsRequest:
    """The request, free and waiting in a step."""
    after = _free(request, tries=0, **changes)
    state = request.next_step
    if state and state.status is not StepStatus.IN_PROGRESS:
        after = after.with_step(step.name, StepStatus.IN_PROGRESS, clock.now())
    if not request.is_open:
        return after
    status = Status.AWAITING_PROCESSOR if step.waits_for_processor else Status.IN_PROGRESS
    states.check(request.status, status)
    return after.model_copy(update={"status": status})


def _await_service(request: RightsRequest, step: Step) -> RightsRequest:
    """Look again at a service that does not answer, after as long as it has been silent so far."""
    now = clock.now()
    since = request.unreachable_since or now
    metrics.gauge(Metric.RIGHTS_UNREACHABLE_MINUTES, (now - since) // MINUTE)
    wait = _spread(min(max(now - since, _FIRST_WAIT), LONGEST_LOOK))
    return store.move(request, _waiting(request, step, run_at=now + wait, unreachable_since=since))


def _record_failure(request: RightsRequest, step: Step, error: Exception) -> RightsRequest:
    """Let a failed step be run again after a while; after the last run it stops."""
    observe.log_failure("step_failed", error, reason=step.name)
    metrics.count(Metric.RIGHTS_STEP_FAILED)
    if request.tries >= MOST_TRIES:
        return _stop(request, step.name, type(error).__name__)
    run_at = clock.now() + backoff(request.tries)
    return store.move(request, _free(request, run_at=run_at, unreachable_since=None))


def _stop(request: RightsRequest, step: str, error: str) -> RightsRequest:
    """Stop a step for a person to look at."""
    metrics.count(Metric.RIGHTS_STEP_STOPPED)
    stopped = _free(request, run_at=None, unreachable_since=None)
    said = {"by": "engine", "tries": request.tries, "error": error}
    after = stopped.with_step(step, StepStatus.STOPPED, clock.now())
    return store.move(request, after, evidence.entry(f"{step}_stopped", said))


def backoff(tries: int) -> timedelta:
    """How long to wait after so many failed runs: doubled each time, and spread."""
    return _spread(min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT))


def _spread(longest: timedelta) -> timedelta:
    """A random wait between half of the longest and the longest, so that many do not return at once."""
    least = int(longest.total_seconds() / 2)
    return timedelta(seconds=least + secrets.randbelow(least + 1))
