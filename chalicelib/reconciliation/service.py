"""One run of reconciliation: the checks that are due, then the repairs.

A run ends when Stream does not answer or limits it; what is left stays due for the next run, an hour later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.chat.gateway import StreamRefused, StreamUnavailable
from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.reconciliation import checks, gate, repairs, store
from chalicelib.reconciliation.gate import Permission
from chalicelib.reconciliation.model import BlockedReason, CheckStage, ReconciliationState

_LEASED_BEYOND = MINUTE  # the call that is in progress at the deadline
# Stream permits 60 deletions a minute; half of them are left to erasures.
_BETWEEN_REPAIRS = timedelta(seconds=2)


@dataclass
class ReconciliationRun:
    """The outcome of a run. `complete`: everything that was due was checked and taken a step further."""

    checked: int = 0
    found: int = 0
    gone: int = 0
    complete: bool = True
    acted: bool = False
    blocked: BlockedReason | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the run."""
        flags = {"acted": self.acted, "complete": self.complete, "blocked": self.blocked is not None}
        return {"checked": self.checked, "found": self.found, "gone": self.gone} | {
            name: int(value) for name, value in flags.items()
        }


def run(deadline: datetime) -> ReconciliationRun:
    """Check and repair what is due, as far as the state of the job permits.

    Raises:
        StreamRefused: Stream refuses the query; nothing was changed.
        Unavailable: a table does not answer.
    """
    try:
        state = store.lease(deadline + _LEASED_BEYOND)
    except LeaseTaken:
        return ReconciliationRun(complete=False)
    done, changes = ReconciliationRun(), dict[str, object]()
    try:
        changes = _work(state, done, deadline)
    except StreamUnavailable:
        done.complete = False
    finally:
        store.release(state, **changes)
    metrics.gauge(Metric.RECONCILIATION_BLOCKED, int(done.blocked is not None))
    metrics.count(Metric.RECONCILIATION_DONE, int(done.complete and done.blocked is None))
    return done


def count(deadline: datetime) -> ReconciliationRun:
    """Count as a dry run, whatever the state of the job; nothing is changed."""
    done = ReconciliationRun()
    _count(done, deadline)
    return done


def release() -> None:
    """Let the job go on after an operator has looked; the next run only counts.

    Raises:
        LeaseTaken: a run is in progress; try again later.
    """
    store.release(store.lease(clock.now()), **gate.released())


def _work(state: ReconciliationState, done: ReconciliationRun, deadline: datetime) -> dict[str, object]:
    """Do what the state permits; return how the state changes."""
    match gate.permission(state):
        case Permission.NOTHING:
            done.complete, done.blocked = False, gate.blocked(state)
            return {"blocked": done.blocked}
        case Permission.COUNT:
            _count(done, deadline)
            changes = gate.after_counting(done.found) if done.complete else {}
            done.blocked = BlockedReason.TOO_MANY_FOUND if "blocked" in changes else None
            return changes
        case Permission.REPAIR:
            done.acted = True
            if not _check(done, deadline):
                done.complete, done.blocked = False, BlockedReason.TOO_MANY_FOUND
                return {"blocked": done.blocked}
            _repair(done, deadline)
    return {}


def _count(done: ReconciliationRun, deadline: datetime) -> None:
    for batch in checks.look(clock.now()):
        done.checked += len(batch.checks)
        done.found += len(batch.found)
        if clock.now() >= deadline:
            done.complete = False
            return


def _check(done: ReconciliationRun, deadline: datetime) -> bool:
    """Settle the answers, until a deadline; return False if too many users are found."""
    for batch in checks.look(clock.now()):
        done.checked += len(batch.checks)
        done.found += len(batch.found)
        if gate.too_many(done.found):
            return False
        checks.settle(batch)
        if clock.now() >= deadline:
            done.complete = False
            break
    return True


def _repair(done: ReconciliationRun, deadline: datetime) -> None:
    """Take each repair that is due a step further, until a deadline. One that fails stops no other."""
    for number, check in enumerate(store.due(CheckStage.REPAIR, clock.now())):
        if number:
            clock.pause(_BETWEEN_REPAIRS)
        if clock.now() >= deadline:
            done.complete = False
            return
        try:
            done.gone += repairs.advance(check)
        except StreamRefused as refused:
            observe.log_failure("repair_refused", refused, request_id=check.request_id)
            metrics.count(Metric.CHAT_DELETION_UNPROVEN)
            done.complete = False
