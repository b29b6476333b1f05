"""Runs over the idle accounts: run, count as a dry run, release (RET-5, ADR 36)."""

from contextlib import suppress
from datetime import datetime

from chalicelib.core import clock, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.privacy.gates import BlockedReason
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.rights.erasure.idle import gate, store
from chalicelib.rights.erasure.idle.work import IdleRun, IdleWork

_LEASED_BEYOND = MINUTE  # the call that is in progress at the deadline


def run(as_of: datetime, deadline: datetime) -> IdleRun:
    """Cancel, close and warn what is due at an instant, as far as the state of the job permits.

    Raises:
        Unavailable: a table does not answer; the next run continues.
    """
    try:
        leased = store.STATE.lease(deadline + _LEASED_BEYOND)
    except LeaseTaken:
        return IdleRun(permitted=False, complete=False)
    work = IdleWork(leased, as_of, deadline)
    try:
        work.do()
    except LeaseTaken:  # this run took longer than its lease, and another one goes on
        work.done.complete = False
    finally:
        with suppress(LeaseTaken):
            store.STATE.release(work.state)
    done = work.done
    metrics.gauge(Metric.IDLE_BLOCKED, int(done.blocked is not None))
    metrics.gauge(Metric.IDLE_CLOSINGS_OPEN, done.figures.open)
    metrics.count(Metric.IDLE_DONE, int(done.complete and done.blocked is None))
    return done


def count(as_of: datetime, deadline: datetime) -> IdleRun:
    """Count as a dry run, whatever the notices and the state of the job; nothing is changed.

    It counts on where a run would stop, so that an operator sees how many there are.

    Raises:
        Unavailable: a table does not answer.
    """
    work = IdleWork(store.STATE.read(), as_of, deadline)
    work.count()
    work.done.blocked = gate.gate().blocked(work.state)
    return work.done


def release() -> bool:
    """Let the job go on after an operator has looked; the next run only counts.

    Returns False while a run is in progress: it could block the job again.
    """
    try:
        leased = store.STATE.lease(clock.now())
    except LeaseTaken:
        return False
    restored = gate.gate().blocked(leased) is BlockedReason.OTHER_TABLES
    changes: dict[str, object] = {"warnings_from": clock.now()} if restored else {}
    store.STATE.release(leased, **gate.gate().released(), **changes)
    return True
