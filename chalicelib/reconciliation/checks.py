"""Looks for erased users at Stream, a hundred in a query, and deletes those again who are found.

Absence proves that the user is gone, and says nothing of messages and files: for those the certificate has
what Stream reported.

Invariants, wherever a run is killed:

- A check is planned anew only after Stream answered that it does not find the user. An outage, an answer of
  another form or a refusal changes no check.
- The answer is recorded before the checks of its users move. So a killed run leaves a line, perhaps twice.
- A check that cannot be read stays due, and stops no other.
- A user who was found gets a repair before anything else happens to the check. It is idempotent: the version
  of the check decides.

A repair is a deletion as an erasure makes it (`stream/deletion`): request, poll, check, ask again.
Its state is on the check, and each run takes it one step further. When Stream no longer finds the user, the
checks start anew. If all attempts failed, an alarm rings, and the deletion is requested again a day later.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, metrics
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, Pace
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import skip_unreadable
from chalicelib.reconciliation import store
from chalicelib.reconciliation.model import deletion_from
from chalicelib.reconciliation.store import CheckMoved, DueCheck
from chalicelib.rights.erasure.model import CheckStage, StreamCheck
from chalicelib.stream import deletion
from chalicelib.stream.deletion import DeletionPending, DeletionProgress, DeletionStopped
from chalicelib.stream.model import StreamDeletion, StreamReport

_STAGES = (CheckStage.LAST, CheckStage.THIRD, CheckStage.SECOND, CheckStage.FIRST)


@dataclass(frozen=True)
class CheckedBatch:
    """The users of one query, and those of them whom Stream has."""

    stage: CheckStage
    checks: tuple[DueCheck, ...]
    found: tuple[DueCheck, ...]


def look(by: datetime) -> Iterator[CheckedBatch]:
    """Query Stream for the users whose checks are due, and yield each answer. Nothing is changed.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or refuses; the checks stay due.
        Unavailable: the table does not answer.
    """
    for stage in _STAGES:
        for batch in batched(store.due(stage, by), deletion.MAX_USERS_PER_QUERY):
            there = deletion.still_there([check.user_id for check in batch])
            found = tuple(check for check in batch if check.user_id in there)
            yield CheckedBatch(stage, tuple(batch), found)


def settle(batch: CheckedBatch) -> None:
    """Record an answer, plan the next checks of users who are gone, and repairs of those who are not."""
    store.record_checked(batch.stage, len(batch.checks), len(batch.found))
    metrics.count(Metric.STREAM_USER_CHECKED, len(batch.checks))
    for check in batch.found:
        # A check that is skipped stays due.
        with skip_unreadable("check_unreadable", request_id=store.name_of(check.request_id)):
            _plan_repair(check)
    for check in batch.checks:
        if check not in batch.found:
            store.advance(check)


def _plan_repair(check: DueCheck) -> None:
    known = store.read(check)
    if known is None or known.repair:
        return  # another run did
    now = clock.now()
    store.record_found(check.request_id, check.stage, known.reported.name.lower())
    try:
        store.move(
            known.moved(deletion_from(now), counted_from=now, found=known.found + 1), CheckStage.REPAIR, now
        )
    except CheckMoved:
        return
    metrics.count(Metric.STREAM_USER_FOUND_AGAIN)
    if known.reported is StreamReport.DELETED:
        metrics.count(Metric.STREAM_REPORT_UNTRUE)


_PAUSE = DAY


def advance_repair(check: DueCheck, pace: Pace) -> bool:
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
        return _end_repair(known)
    if known.repair.task_id is None:
        pace.wait()
    progress = deletion.poll(known.user_id, known.repair)
    try:
        _store_progress(known, progress, clock.now())
    except CheckMoved:
        return False
    return isinstance(progress, StreamDeletion)


def _end_repair(known: StreamCheck) -> bool:
    """End the repair of a user who was taken for one without an account, and has one."""
    with suppress(CheckMoved):
        store.end(known)
    return False


def _store_progress(known: StreamCheck, progress: DeletionProgress, now: datetime) -> None:
    match progress:
        case DeletionPending(asked=asked, wait=wait):
            store.move(known.moved(asked, counted_from=now), CheckStage.REPAIR, now + wait)
        case StreamDeletion(user=report):
            again = known.request_id is not None or known.found > 0
            event = "deleted_again" if again else "orphan_deleted"
            store.record_repaired(known.request_id, event, {"reported": report.name.lower()})
            first = CheckStage.FIRST
            store.move(known.moved(None, counted_from=now, reported=report), first, first.due_at(now))
            metrics.count(Metric.STREAM_USER_DELETED_AGAIN if again else Metric.STREAM_ORPHAN_DELETED)
        case DeletionStopped(doubt=doubt):
            store.record_repaired(known.request_id, "not_deleted", {"doubt": doubt.value})
            task = deletion_from(now + _PAUSE)
            store.move(known.moved(task, counted_from=now), CheckStage.REPAIR, now + _PAUSE)
