"""Deletes users again who were found at Stream after their erasure.

A repair is a deletion as an erasure makes it (`stream/deletion/service`): request, poll, check, ask again.
Its state is on the check, and each run takes it one step further. When Stream no longer finds the user, the
checks start anew. If all attempts failed, an alarm rings, and the deletion is requested again a day later.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, Pace
from chalicelib.core.metrics import Metric
from chalicelib.reconciliation import evidence, store
from chalicelib.reconciliation.model import deletion_from
from chalicelib.reconciliation.store import CheckMoved, DueCheck
from chalicelib.rights.erasure.model import CheckStage, StreamCheck
from chalicelib.stream.deletion import service as deletion
from chalicelib.stream.deletion.model import StreamDeletion
from chalicelib.stream.deletion.service import DeletionPending, DeletionProgress, DeletionStopped

_PAUSE = DAY


def advance(check: DueCheck, pace: Pace) -> bool:
    """Take a repair one step further; return whether the user is gone.

    Only a request waits for its turn in the pace: Stream limits deletions, and hardly the reading of a task.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or refuses; the repair stays due.
        Unavailable: a table does not answer.
        SealingError: the stored check is not one that this code wrote.
    """
    known = store.read(check)
    if known is None or known.repair is None:
        return False  # another run ended it
    if known.request_id is None and accounts.claims_of_users([known.user_id]):
        return _end(known)
    if known.repair.task_id is None:
        pace.wait()
    progress = deletion.poll(known.user_id, known.repair)
    try:
        _store(known, progress, clock.now())
    except CheckMoved:
        return False
    return isinstance(progress, StreamDeletion)


def _end(known: StreamCheck) -> bool:
    """End the repair of a user who was taken for one without an account, and has one."""
    with suppress(CheckMoved):
        store.end(known)
    return False


def _store(known: StreamCheck, progress: DeletionProgress, now: datetime) -> None:
    match progress:
        case DeletionPending(asked=asked, wait=wait):
            store.move(known.moved(asked, counted_from=now), CheckStage.REPAIR, now + wait)
        case StreamDeletion(user=report):
            again = known.request_id is not None or known.found > 0
            event = "deleted_again" if again else "orphan_deleted"
            evidence.record_repaired(known.request_id, event, {"reported": report.name.lower()})
            first = CheckStage.FIRST
            store.move(known.moved(None, counted_from=now, reported=report), first, first.due_at(now))
            metrics.count(Metric.STREAM_USER_DELETED_AGAIN if again else Metric.STREAM_ORPHAN_DELETED)
        case DeletionStopped(doubt=doubt):
            evidence.record_repaired(known.request_id, "not_deleted", {"doubt": doubt.value})
            task = deletion_from(now + _PAUSE)
            store.move(known.moved(task, counted_from=now), CheckStage.REPAIR, now + _PAUSE)
