"""One run of the purge, over all lanes, and the objects in S3 (ADR 33, 101, 103, 122).

Invariants, wherever a run is killed, and if two run at once:

- Only what ended before `as_of` is deleted: each delete has that condition.
- The Ledger records that a run begins to delete before it deletes anything.
- Deletes are counted towards the budget of the day before they are made. A killed worker may count up to
  `_STRETCH` that it did not make.
- A lane advances only over parts that were seen empty, so what a killed run left is read again.
- The lanes take turns of `_TURN`, and each run begins with another lane. A lane that fails does not stop the
  others, and an item or a copy that fails does not stop those after it. So no table delays another, and the
  next run continues where this one stopped.
- Of the Ledger it only counts: nothing may delete evidence but DynamoDB at its end.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from chalicelib.accounts.avatars import strays
from chalicelib.accounts.avatars.model import Avatar
from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import HeldId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.retention.held import service as held
from chalicelib.retention.purge import evidence, store
from chalicelib.retention.purge.store import BudgetSpent, Lane, Outcome, StoredCopy
from chalicelib.usage import service as usage

T = TypeVar("T")

_COPIES, _PAPERS, _AVATARS, _REPORTED = "copies", "papers", "avatars", "reported"
# Deletes that are reserved at once: few to lose when a worker is killed, many enough to cost little.
_STRETCH = 1_000
# Entries of the Ledger that a run counts at most, since it reads them again until DynamoDB deletes them.
_MAX_COUNTED = 1_000
_LEASED_BEYOND = MINUTE  # the call that is in progress at the deadline
# Seconds between two runs of the schedule.
_BETWEEN_RUNS = 15 * 60
# How long a lane is processed before the next one is.
_TURN = timedelta(seconds=30)
# Items or copies that fail one after another before their table or bucket is taken to be down.
_MAX_FAILURES = 5


@dataclass
class PlaceFigures:
    """The figures of a run in one table, or in one bucket."""

    found: int = 0
    deleted: int = 0
    spared: int = 0
    oldest_minutes: int = 0

    def add(self, end: int, as_of: datetime) -> None:
        """Count one that is past its end."""
        self.found += 1
        self.oldest_minutes = max(self.oldest_minutes, (clock.to_epoch(as_of) - end) // 60)


@dataclass
class PurgeRun:
    """The outcome of a run.

    Attributes:
        complete: all that may be deleted and was due was read.
        ledger_counted: what was due in the Ledger was counted to its end.
    """

    by_place: dict[str, PlaceFigures] = field(default_factory=lambda: defaultdict(PlaceFigures))
    complete: bool = True
    ledger_counted: bool = True
    over_budget: bool = False
    first_failure: Exception | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The figures of all places together."""
        places = self.by_place.values()
        return {
            "found": sum(one.found for one in places),
            "deleted": sum(one.deleted for one in places),
            "spared": sum(one.spared for one in places),
            "oldest_minutes": max((one.oldest_minutes for one in places), default=0),
            "complete": int(self.complete and self.ledger_counted),
        }


def run(as_of: datetime, deadline: datetime) -> PurgeRun:
    """Delete what ended before an instant and a lag, until a deadline or the end of the day's budget.

    Raises:
        Exception: the first failure of a lane; the others were processed nevertheless.
    """
    return _Purge(as_of, deadline).run()


def count_due(as_of: datetime, deadline: datetime) -> PurgeRun:
    """Count what a run would read, as a dry run: it writes nothing."""
    purge, counted = _Purge(as_of, deadline), PurgeRun()
    for lane, row in purge.rows():
        counted.by_place[lane.table].add(row.end, as_of)
        if clock.now() >= deadline:
            counted.complete = False
            return counted
    unnamed = (_PAPERS, store.stray_papers), (_AVATARS, _stray_avatars), (_REPORTED, store.stray_files)
    for place, due in ((_COPIES, store.due_copies), *unnamed):
        for one in due(purge.by):
            counted.by_place[place].add(one.end, as_of)
    return counted


def _stray_avatars(by: datetime) -> Iterator[StoredCopy]:
    """Yield the files of avatars that nothing needs; when that began is not known."""
    return (StoredCopy(key, clock.to_epoch(by)) for key in strays.find(by, _keeps_avatar))


def _keeps_avatar(held_id: HeldId) -> bool:
    return any(one.of == Avatar.declaration.kind for one in held.held_records(held_id))


def _delete_avatar(file: StoredCopy) -> bool:
    strays.delete(file.key)
    return True


@dataclass
class _Budget:
    """The deletes that this run may make today."""

    day: datetime
    left: int = 0

    def take(self) -> None:
        """Take one delete.

        Raises:
            BudgetSpent: the budget of the day is used up.
        """
        if not self.left:
            store.reserve(self.day, _STRETCH, settings().purge.deletes_day)
            self.left = _STRETCH
        self.left -= 1

    def give_back(self) -> None:
        if self.left:
            store.give_back(self.day, self.left)


class _Purge:
    """One run."""

    def __init__(self, as_of: datetime, deadline: datetime) -> None:
        self.by = as_of - timedelta(minutes=settings().purge.lag_minutes)
        self._as_of, self._deadline = as_of, deadline
        self._budget, self._run = _Budget(as_of), PurgeRun()
        self._recorded = False
        self._failures_in_a_row = 0

    def run(self) -> PurgeRun:
        """Process every lane, then the objects in S3; then report."""
        try:
            self._purge_lanes(self._deadline - _TURN)
            delete_copy = partial(store.delete_copy, by=self.by)
            for place, due, delete in (
                (_COPIES, store.due_copies, delete_copy),
                (_PAPERS, store.stray_papers, store.delete_paper),
                (_AVATARS, _stray_avatars, _delete_avatar),
                (_REPORTED, store.stray_files, store.delete_file),
            ):
                self._attempt(place, partial(self._purge_objects, place, due(self.by), delete))
        except BudgetSpent:
            self._run.complete, self._run.over_budget = False, True
        self._budget.give_back()
        self._report()
        if self._run.first_failure:
            raise self._run.first_failure
        return self._run

    def rows(self) -> Iterator[tuple[Lane, store.DueItem]]:
        """Yield what is due by the indexes; some of it may have a later end."""
        for lane in store.lanes():
            for part in lane.parts(lane.progress.read().clean_before, self.by, self._as_of):
                for row in store.due(lane, part, self.by, usage.hour_partitions):
                    yield lane, row

    def _purge_lanes(self, end: datetime) -> None:
        """Process the lanes in turns until they have nothing due, or until an instant.

        The Ledger has one turn, since a second one would count the same entries again.
        """
        waiting = deque(store.lanes())
        waiting.rotate(-(clock.to_epoch(self._as_of) // _BETWEEN_RUNS))
        while waiting and (now := clock.now()) < end:
            lane = waiting.popleft()
            until = end if lane.table is Table.LEDGER else min(now + _TURN, end)
            if self._attempt(lane.table, partial(self._purge_lane, lane, until)):
                waiting.append(lane)
        if waiting:
            self._run.complete = False

    def _attempt(self, place: str, work: Callable[[], bool]) -> bool:
        """Do a part of the run; return what it returns, or False if it fails."""
        try:
            return work()
        except BudgetSpent:
            raise
        except LeaseTaken:
            self._run.complete = False
        except Exception as error:  # noqa: BLE001 - after any error, the other lanes have to be processed
            self._record_failure(place, error)
        return False

    def _record_failure(self, place: str, error: Exception) -> None:
        observe.log_failure("purge_lane_failed", error, lane=place)
        self._run.complete = False
        self._run.first_failure = self._run.first_failure or error

    def _purge_lane(self, lane: Lane, until: datetime) -> bool:
        """Process a lane until an instant; return whether it needs another turn."""
        leased = lane.progress.lease(self._deadline + _LEASED_BEYOND)
        clean, self._failures_in_a_row = leased.clean_before, 0
        try:
            for part in lane.parts(clean, self.by, self._as_of):
                if clock.now() >= until:
                    return True
                empty = self._purge_part(lane, part, until)
                if empty and part == clean and lane.is_over(part, self.by):
                    clean = part + lane.step
            return clock.now() >= until
        finally:
            with suppress(LeaseTaken):
                lane.progress.release(leased, clean_before=clean)

    def _purge_part(self, lane: Lane, part: datetime, until: datetime) -> bool:
        """Delete what is due in a part, until an instant; return whether there was nothing."""
        empty = True
        for row in store.due(lane, part, self.by, usage.hour_partitions):
            empty = False
            if lane.table is not Table.LEDGER:
                self._delete(lane, row)
            elif not self._count(row):
                break
            if clock.now() >= until:
                break
        return empty

    def _count(self, row: store.DueItem) -> bool:
        """Count an entry of the Ledger; False if so many were counted that the rest is not."""
        self._record_begun(Table.LEDGER)
        figures = self._run.by_place[Table.LEDGER]
        if figures.found >= _MAX_COUNTED:
            self._run.ledger_counted = False
            return False
        figures.add(row.end, self._as_of)
        return True

    def _delete(self, lane: Lane, row: store.DueItem) -> None:
        self._record_begun(lane.table)
        figures = self._run.by_place[lane.table]
        try:
            self._budget.take()
        except BudgetSpent:
            figures.add(row.end, self._as_of)
            raise
        outcome = self._try_to_delete(lane.table, partial(store.delete, row, self._as_of))
        if outcome is Outcome.DELETED:
            figures.add(row.end, self._as_of)
            figures.deleted += 1
        figures.spared += outcome is Outcome.MOVED

    def _try_to_delete(self, place: str, delete: Callable[[], T]) -> T | None:
        """Delete one of a place; None if that failed. So many failures in a row end the place's turn."""
        try:
            outcome = delete()
        except Exception as error:
            self._failures_in_a_row += 1
            if self._failures_in_a_row == _MAX_FAILURES:
                raise
            self._record_failure(place, error)
            return None
        self._failures_in_a_row = 0
        return outcome

    def _purge_objects(
        self, place: str, due: Iterator[StoredCopy], delete: Callable[[StoredCopy], bool]
    ) -> bool:
        figures, self._failures_in_a_row = self._run.by_place[place], 0
        for one in due:
            self._record_begun(place)
            self._budget.take()
            if self._try_to_delete(place, partial(delete, one)):
                figures.add(one.end, self._as_of)
                figures.deleted += 1
            if clock.now() >= self._deadline:
                self._run.complete = False
                break
        return False

    def _record_begun(self, place: str) -> None:
        """Record that something is due by an index, once in a run and before anything is deleted."""
        if not self._recorded:
            evidence.record_begun(self._as_of, self.by, place)
            self._recorded = True

    def _report(self) -> None:
        counts = self._run.counts
        metrics.gauge(Metric.PURGE_FOUND, counts["found"])
        metrics.gauge(Metric.PURGE_OLDEST_MINUTES, counts["oldest_minutes"])
        metrics.gauge(Metric.PURGE_OVER_BUDGET, int(self._run.over_budget))
        metrics.count(Metric.PURGE_DELETED, counts["deleted"])
        metrics.count(Metric.PURGE_SPARED, counts["spared"])
        metrics.count(Metric.PURGE_DONE, int(self._run.complete))
        if self._recorded:
            places = {
                place: vars(one) for place, one in self._run.by_place.items() if one.found or one.spared
            }
            evidence.record_finished(self._as_of, self.by, places, complete=counts["complete"])
        elif counts["complete"]:
            evidence.record_nothing_found(self._as_of, self.by)
