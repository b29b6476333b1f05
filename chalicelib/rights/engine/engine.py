"""The engine: advances one request by one piece of work; repeated messages do no harm.

Invariants:

- One worker at a time works on a request. It takes a lease, and each write is conditional on the version
  that it read. A worker that lost its lease cannot write: its version is stale (the fence). If a person
  changed the request meanwhile, the lease is still the worker's, and it gives the lease back.
- The write that takes the lease counts the run, so a run whose worker is killed is counted too. An outcome,
  a wait included, resets the count. After `MAX_TRIES` runs without an outcome the step stops until an
  operator retries it or decides the request; the legal clock keeps running. A step may also stop itself.
- A step's outcome, its evidence and the request's new state are one transaction. After a crash before it,
  the lease expires and the step is run again. A crash after it loses the next message, and the sweep sends
  another.
- A service that does not answer is a wait, not a failed run, however long it lasts. The duration of a step's
  wait is a metric with an alarm; a duty that waits for about two hours counts as failed.
- A run does the duties that are due, or one step, never both. A duty that kills its worker therefore cannot
  block a step forever, nor a step a duty. Each run of duties starts with a different duty, so one that
  kills its worker cannot block the others either.
- One worker at a time works for one account (`privacy/leases`), so one account cannot occupy all workers.
- Workers send at most `queue.MAX_HOPS` messages in a row about one request.

The evidence of a step holds the event, its time, the kind of actor, the number of runs, counts, and the ids
of tasks at a processor. It never holds personal values.
"""

from datetime import datetime, timedelta

from chalicelib.core import clock, metrics, observe
from chalicelib.core.chain import HeadMoved
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import retry_on
from chalicelib.rights.engine import queue
from chalicelib.rights.engine.moves import awaiting_identity
from chalicelib.rights.engine.step import (
    LONGEST_LOOK,
    WHOLE_RUN,
    Again,
    AnyJob,
    AnyStep,
    AwaitIdentity,
    Done,
    Duties,
    NotSent,
    Outcome,
    Stop,
    Wait,
    Worker,
    backoff,
    until_next_look,
)
from chalicelib.rights.request import declaration, duties, evidence, states, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RequestNotes, changes
from chalicelib.rights.request.store import MovedMeanwhile
from chalicelib.rights.request.terms import Destination, Status, StepStatus
from chalicelib.rights.request.waits import WaitReason
from chalicelib.stream.model import StreamUnavailable

# Runs without an outcome. Failed runs reach this limit after half a day of growing waits, killed runs after
# about three hours of leases.
MAX_TRIES = 12
# Tries of duties that wait, after about two hours. One killed run more must not postpone them by a day.
_WAITED = MAX_TRIES - 2
# A message that arrives at most this early is sent once more; for an earlier one another is under way.
_EARLY = timedelta(seconds=5)
_NEXT_TURN = timedelta(seconds=30)


def advance(request_id: RightsRequestId, worker: Worker, hops: int = 0) -> None:
    """Do the work that a request has due, and send a message for the work that is due next.

    Args:
        request_id: the request.
        worker: the steps and duties that the caller runs.
        hops: how many messages in a row workers have sent about this request.

    Raises:
        Unavailable: DynamoDB does not answer; all work done so far can be repeated safely.
    """
    request = store.read(request_id)
    wakes = duties.wakes_at(request, clock.now()) if request else None
    if request is None or wakes is None:
        return
    if wakes > clock.now() + _EARLY:
        return  # another message is under way, or the sweep will send one: messages must not multiply
    if wakes <= clock.now():
        try:
            request = _run(request, worker, hops)
        except (MovedMeanwhile, HeadMoved):
            return  # another worker has the lease, and sends the next message
        if request is None:
            return
        wakes = duties.wakes_at(request, clock.now())
    if wakes:
        queue.send(request_id, wakes, _destination(request), hops + 1)


def _destination(request: RightsRequest) -> Destination:
    """The queue whose worker does the next work; duties always go to the usual worker."""
    step = request.next_step
    by_duty = duties.due(request, clock.now()) is not None
    return declaration.worker_of(step.name) if step and not by_duty else Destination.WORK


def _run(request: RightsRequest, worker: Worker, hops: int) -> RightsRequest | None:
    """Do the due work; None if another worker has to do it, or the account's turn is taken."""
    free, now = _without_lease(request), clock.now()
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
    if has_duties and request.duty_tries >= MAX_TRIES:
        return _postpone_duties(request, 0, DAY)
    if step and request.tries >= MAX_TRIES:
        return _stop(request, step.name, "Killed")
    return _run_in_turn(request, worker, step, hops)


def _run_in_turn(
    request: RightsRequest, worker: Worker, step: AnyStep | None, hops: int
) -> RightsRequest | None:
    """Run a step, or the duties, with the turn of the account and the lease; None if either is not free."""
    turn, length = worker.turns, step.lease if step else WHOLE_RUN
    if turn and not turn.acquire(request.account_id, request.request_id, length):
        queue.send(request.request_id, clock.now() + _NEXT_TURN, worker.queue, hops + 1)
        return None
    leased = _acquire_lease(request, length, step)  # on a conflict another worker has the lease, and the turn
    try:
        return _run_step(leased, step) if step else _run_duties(leased, worker.duties)
    except (MovedMeanwhile, HeadMoved):
        return _give_back_lease(leased)
    finally:
        if turn:
            turn.release(request.account_id, request.request_id)


def _acquire_lease(request: RightsRequest, length: timedelta, step: AnyStep | None) -> RightsRequest:
    """Acquire the lease and count the run, in one write."""
    if step is None and request.duty_tries and request.leased_until:
        metrics.count(Metric.RIGHTS_DUTY_FAILED)  # the run before was killed during its duties
    runs = {"tries": request.tries + 1} if step else {"duty_tries": request.duty_tries + 1}
    leased = request.model_copy(update={"leased_until": clock.now() + length, **runs})
    if request.status is Status.RECEIVED:
        leased = leased.model_copy(update={"status": Status.IN_PROGRESS})
    return store.move(request, leased)


@retry_on(MovedMeanwhile)
def _give_back_lease(leased: RightsRequest) -> RightsRequest | None:
    """Return the request that a person changed during a run, without the run's lease; None if it is lost."""
    found = store.read(leased.request_id)
    if found is None or found.leased_until != leased.leased_until:
        return None
    return store.move(found, _without_lease(found))


def _run_duties(request: RightsRequest, known: Duties) -> RightsRequest:
    """Do the duties that are due, each on its own: one that fails or waits keeps no other from its try."""
    job = AnyJob(request)
    failed = waits = False
    due = duties.all_due(_without_lease(request), clock.now())
    # After a killed run start with the next duty, so that one which always kills its worker delays no other.
    first = (request.duty_tries - 1) % max(len(due), 1)
    for duty in (*due[first:], *due[:first]):
        try:
            known[duty](job)
        except (MovedMeanwhile, HeadMoved):
            raise
        except Unavailable as error:
            waits = True
            observe.log_failure("duty_waits", error, reason=duty)
        except Exception as error:  # noqa: BLE001 - no failure of a duty may stop the request
            failed = True
            observe.log_failure("duty_failed", error, reason=duty)
    tries = job.request.duty_tries
    if failed or (waits and tries >= _WAITED):
        metrics.count(Metric.RIGHTS_DUTY_FAILED)
    if failed:
        return _postpone_duties(job.request, min(tries, MAX_TRIES - 1), backoff(tries))
    if waits:
        return _postpone_duties(job.request, min(tries, _WAITED), min(backoff(tries), LONGEST_LOOK))
    return store.move(job.request, _without_lease(job.request, duty_tries=0, duties_at=None))


def _postpone_duties(request: RightsRequest, tries: int, wait: timedelta) -> RightsRequest:
    """Postpone the duties. The engine never gives up on them: the legal clock keeps running."""
    return store.move(request, _without_lease(request, duty_tries=tries, duties_at=clock.now() + wait))


def _run_step(request: RightsRequest, step: AnyStep) -> RightsRequest:
    """Run a step under its lease, and record its outcome."""
    job = AnyJob(request)
    try:
        outcome = step.run(job)
        return _record(job.request, step, outcome)
    except (MovedMeanwhile, HeadMoved):
        raise
    except Unavailable as silent:
        return _record_unreachable(job.request, step, silent)
    except Exception as error:  # noqa: BLE001 - no failure of a step may lose the request
        return _record_failure(job.request, step, error)


def _without_lease(request: RightsRequest, **changes: object) -> RightsRequest:
    return request.model_copy(update={"leased_until": None, **changes})


def _after_step(request: RightsRequest, **changes: object) -> RightsRequest:
    """The request after a run of a step: it has no lease, and waits for nothing but what `changes` say."""
    return _without_lease(request, **{"unreachable_since": None, "waits_for": None, **changes})


def _record(request: RightsRequest, step: AnyStep, outcome: Outcome) -> RightsRequest:
    match outcome:
        case Done():
            return _record_done(request, step, outcome)
        case Wait():
            return _record_wait(request, step, outcome)
        case Again():
            return _record_restart(request, step, outcome)
        case Stop():
            return _stop(_with_notes(request, outcome.notes), step.name, outcome.why)
        case AwaitIdentity():
            return _record_identity_wait(request, step, outcome)


def _with_notes(request: RightsRequest, notes: RequestNotes | None) -> RightsRequest:
    return request.model_copy(update={"notes": notes}) if notes else request


def _record_done(request: RightsRequest, step: AnyStep, outcome: Done) -> RightsRequest:
    now = clock.now()
    after = _after_step(
        request.with_step(step.name, StepStatus.DONE, now),
        notes=outcome.notes or request.notes,
        missing=(*request.missing, *outcome.missing),
        tries=0,
    )
    if request.is_open:
        after = _with_answer(after, outcome.answers, now)
    after = after.model_copy(update={"run_at": now if after.next_step else None})
    since = request.unreachable_since
    said: dict[str, object] = {
        "by": "engine",
        "tries": request.tries,
        **changes(request.notes, outcome.notes or request.notes),
        **outcome.counts,
        **({"missing": list(outcome.missing)} if outcome.missing else {}),
        **({"unreachable_since": clock.to_text(since)} if since else {}),
    }
    moved = store.move(
        request, after, evidence.entry(f"{step.name}_done", said, request.kept_since), outcome.also
    )
    if request.is_open and not moved.is_open:
        metrics.count(Metric.RIGHTS_ANSWERED)
    return moved


def _with_answer(request: RightsRequest, answer: Status | None, now: datetime) -> RightsRequest:
    """The request after a step: closed if the step answers it, in progress otherwise."""
    status = answer or Status.IN_PROGRESS
    states.check(request.status, status)
    ended = {"decided_at": now, "closed_at": now} if answer else {}
    return request.model_copy(update={"status": status, **ended})


def _record_wait(request: RightsRequest, step: AnyStep, outcome: Wait) -> RightsRequest:
    """Let the step wait. Evidence is recorded only if the step left new notes."""
    now = clock.now()
    notes = outcome.notes or request.notes
    after = _waiting(request, step, run_at=now + outcome.for_, waits_for=outcome.why, notes=notes)
    news = changes(request.notes, notes)
    said = (
        evidence.entry(f"{step.name}_waits", {"by": "engine", **news}, request.kept_since) if news else None
    )
    return store.move(request, after, said)


def _record_restart(request: RightsRequest, step: AnyStep, outcome: Again) -> RightsRequest:
    """Restart from an earlier step, and drop the notes of that step and of those after it."""
    now = clock.now()
    names = [state.name for state in request.steps]
    again = names[names.index(outcome.from_step) : names.index(step.name) + 1]
    after = _after_step(request, run_at=now, tries=0, notes=outcome.notes, missing=())
    for name in again:
        after = after.with_step(name, StepStatus.WAITING, now)
    said = {"by": "engine", "again_from": outcome.from_step}
    return store.move(request, after, evidence.entry(f"{step.name}_returned", said, request.kept_since))


def _record_identity_wait(request: RightsRequest, step: AnyStep, outcome: AwaitIdentity) -> RightsRequest:
    """Let the request wait until operators have checked the identity; the step is run again then."""
    after = awaiting_identity(_waiting(request, step), clock.now())
    said = {"by": "engine", "why": outcome.why, **outcome.counts}
    metrics.count(Metric.RIGHTS_IDENTITY_AWAITED)
    return store.move(request, after, evidence.entry("identity_asked", said, request.kept_since))


def _waiting(request: RightsRequest, step: AnyStep, **changes: object) -> RightsRequest:
    """The request without a lease, waiting in a step."""
    after = _after_step(request, tries=0, **changes)
    state = request.next_step
    if state and state.status is not StepStatus.IN_PROGRESS:
        after = after.with_step(step.name, StepStatus.IN_PROGRESS, clock.now())
    if not request.is_open:
        return after
    status = Status.AWAITING_PROCESSOR if step.waits_for_processor else Status.IN_PROGRESS
    states.check(request.status, status)
    return after.model_copy(update={"status": status})


def _record_unreachable(request: RightsRequest, step: AnyStep, silent: Unavailable) -> RightsRequest:
    """Let the step wait for a silent service; `until_next_look` says how long."""
    now = clock.now()
    since = request.unreachable_since or now
    metrics.gauge(Metric.RIGHTS_UNREACHABLE_MINUTES, (now - since) // MINUTE)
    wait = until_next_look(now - since)
    why = next((why for kind, why in _SILENT if isinstance(silent, kind)), WaitReason.AWS_SILENT)
    after = _waiting(request, step, run_at=now + wait, unreachable_since=since, waits_for=why)
    return store.move(request, after)


# The errors of services other than AWS.
_SILENT = ((StreamUnavailable, WaitReason.STREAM_SILENT), (NotSent, WaitReason.PROVIDER_SILENT))


def _record_failure(request: RightsRequest, step: AnyStep, error: Exception) -> RightsRequest:
    """Schedule another run of a failed step, or stop it after `MAX_TRIES` runs."""
    observe.log_failure("step_failed", error, reason=step.name)
    metrics.count(Metric.RIGHTS_STEP_FAILED)
    if request.tries >= MAX_TRIES:
        return _stop(request, step.name, type(error).__name__)
    run_at = clock.now() + backoff(request.tries)
    return store.move(request, _after_step(request, run_at=run_at, waits_for=WaitReason.FAILED))


def _stop(request: RightsRequest, step: str, error: str) -> RightsRequest:
    """Stop a step until an operator retries it or decides the request."""
    metrics.count(Metric.RIGHTS_STEP_STOPPED)
    stopped = _after_step(request, run_at=None)
    said = {"by": "engine", "tries": request.tries, "error": error}
    after = stopped.with_step(step, StepStatus.STOPPED, clock.now(), error)
    return store.move(request, after, evidence.entry(f"{step}_stopped", said, request.kept_since))
