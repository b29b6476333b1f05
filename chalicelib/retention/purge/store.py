"""All that the purge reads and deletes: items in DynamoDB, and copies, papers and reported files in S3.

A lane is an index that lists items in parts of equal length, by the day of their end; usage by the hour of
the event, whose end follows from its period. Items that are past their end are read part by part, and no part
is read again once it was seen empty after its end. Each delete has the condition that the item is past its
end, so an item that a hold or a request keeps is never deleted. Such an item is moved to its later end in the
index, so the next run does not read it again.

The rights engine deletes each copy in S3 in time; `due_copies` finds what it missed. A lifecycle rule of the
bucket deletes what both missed, in whole days. The bucket holds the copies of a few days, so listing it costs
little.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from chalicelib.core import aws, clock, table
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table import (
    Attr,
    Between,
    Change,
    Conflict,
    Expired,
    Index,
    Item,
    Key,
    Query,
    Remove,
    Table,
    ends,
)
from chalicelib.privacy import codec
from chalicelib.privacy.leases import LeasedState
from chalicelib.privacy.periods import Period
from chalicelib.retention.model import PurgeBudget, PurgeProgress

HourPartitions = Callable[[datetime], tuple[str, ...]]

# A part may get items until it is over. The rest allows for requests in progress and the lag of an index.
_SETTLED = HOUR
_PAGE = 500  # rows of an index in memory
MAX_READ = 100  # items of a batched read


# All tables but that of data keys, which are kept until the erasure.
EXPIRING = tuple(one for one in Table if one is not Table.KEYS)


class BudgetSpent(Conflict):
    """The deletes of the day are used up."""


class _NotDue(Conflict):
    """The item has a later end, or was deleted."""


class Outcome(Enum):
    """What became of an item that was due by its index."""

    DELETED = auto()
    GONE = auto()  # TTL or another worker deleted it first
    MOVED = auto()  # it has a later end, or none


@dataclass(frozen=True)
class Lane:
    """An index that lists the items of a table by their end.

    Attributes:
        step: the length of a part.
    """

    table: Table
    index: Index
    step: timedelta

    @property
    def name(self) -> str:
        """The physical name of the table, and the index."""
        return f"{settings().table(self.table)}#{self.index.label}"

    @property
    def progress(self) -> LeasedState[PurgeProgress]:
        """Until where it was seen empty; a run leases it, so that no other one works on it."""

        def fresh() -> PurgeProgress:
            return PurgeProgress(lane=self.name, touched_at=clock.now(), clean_before=clock.BEGINNING)

        return LeasedState(Key(Table.CHALLENGES, f"purge#{self.name}"), fresh)

    def parts(self, since: datetime, by: datetime, as_of: datetime) -> Iterator[datetime]:
        """Yield the parts to read at an instant for items that ended `by` then or before, oldest first.

        The last day is that of the instant itself: it lists items that had ended when they were written. Of
        usage, a part is read once all of it has ended. A later part may have ended before an earlier one: a
        month after 29, 30 and 31 January is the same day.
        """
        part = since
        while part <= as_of:
            if self.index is Index.ENDS or self._ends_at(part) <= by:
                yield part
            part += self.step

    def is_over(self, part: datetime, by: datetime) -> bool:
        """Return whether a part gets no more items, and all of its items were due at an instant."""
        return self._ends_at(part) + _SETTLED <= by

    def _ends_at(self, part: datetime) -> datetime:
        """The end of the last item of a part."""
        began = part if self.index is Index.ENDS else Period.USAGE.ends(part)
        return began + self.step


def lanes() -> tuple[Lane, ...]:
    """All lanes: the index `ends` of each table with expiring items, and the hours of usage."""
    by_day = tuple(Lane(one, Index.ENDS, DAY) for one in EXPIRING)
    return (*by_day, Lane(Table.USAGE, Index.HOURLY, HOUR))


@dataclass(frozen=True)
class DueItem:
    """An item that is due by its index, and the end that the index has."""

    key: Key
    end: int


def due(lane: Lane, part: datetime, by: datetime, hour_partitions: HourPartitions) -> Iterator[DueItem]:
    """Yield the items of a part that are due; the index may lag behind by a second.

    `hour_partitions` names the partitions of the index of usage events that hold an hour.
    """
    for query in _queries(lane, part, by, hour_partitions):
        for row in table.query(query):
            end = row.get(Index.ENDS.sk, row.get(ends.END))
            if end is not None:
                yield DueItem(Key(lane.table, row["pk"], row.get("sk")), end)


def _queries(lane: Lane, part: datetime, by: datetime, hour_partitions: HourPartitions) -> Iterator[Query]:
    if lane.index is Index.ENDS:
        until = Between(0, clock.to_epoch(by))
        for name in ends.partitions(part.date()):
            yield Query(lane.table, name, until, Index.ENDS, page=_PAGE, expired=Expired.INCLUDED)
        return
    for name in hour_partitions(part):
        yield Query(lane.table, name, index=lane.index, page=_PAGE, expired=Expired.INCLUDED, attributes=())


def delete(row: DueItem, as_of: datetime) -> Outcome:
    """Delete an item that is past its end at an instant, or move it to its end in the index.

    Raises:
        Unavailable: the table does not answer; the call may be repeated.
    """
    if row.end > clock.to_epoch(as_of):  # a pin deferred its end; only `hourly` lists such items
        return _move(row.key, {ends.END: row.end})
    try:
        table.write(Remove(row.key, Attr(ends.END).lte(clock.to_epoch(as_of)), conflict=_NotDue))
    except _NotDue as kept:
        return _move(row.key, kept.found) if kept.found else Outcome.GONE
    return Outcome.DELETED


def _move(key: Key, found: Item) -> Outcome:
    """Write the end of an item again, which moves it in the index; without an end it leaves the index."""
    end = found.get(ends.END)
    unchanged = Attr(ends.END).eq(end) if end is not None else Attr(ends.END).not_exists()
    put = {ends.END: end} if end is not None else {}
    drop = (*(("hour",) if key.table is Table.USAGE else ()), *(() if put else (ends.END,)))
    # If it was changed again, the next run reads it.
    table.try_write(Change(key, put=put, drop=drop, only_if=Attr("pk").exists() & unchanged))
    return Outcome.MOVED


def reserve(day: datetime, deletes: int, maximum: int) -> None:
    """Count deletes towards the budget of a day before they are made.

    Raises:
        BudgetSpent: they would exceed the budget; nothing was counted.
        Unavailable: the outcome is unknown; they may have been counted.
    """
    place = _budget_key(day)
    put = codec.to_item(PurgeBudget(touched_at=clock.now()), place)
    put.pop("deletes")
    within = Attr("deletes").not_exists() | Attr("deletes").lte(maximum - deletes)
    table.write(Change(place, put=put, add={"deletes": deletes}, only_if=within, conflict=BudgetSpent))


def give_back(day: datetime, deletes: int) -> None:
    """Take back deletes that were counted and not made; if that fails, the day has so many fewer."""
    with suppress(Conflict, Unavailable):
        table.write(Change(_budget_key(day), add={"deletes": -deletes}))


def _budget_key(day: datetime) -> Key:
    return Key(Table.CHALLENGES, f"purge_budget#{day.astimezone(UTC):%Y-%m-%d}")


_COPIES = "exports/"


@dataclass(frozen=True)
class StoredCopy:
    """A copy that is past its period, and the end of that period."""

    key: str
    end: int


def due_copies(by: datetime, prefix: str = _COPIES) -> Iterator[StoredCopy]:
    """Yield the copies whose period ended at an instant or before, all or those with a prefix.

    Raises:
        Unavailable: S3 does not answer.
    """
    for listed in aws.listed_objects(settings().export_bucket(), prefix):
        end = Period.EXPORT.ends(listed["LastModified"])
        if end <= by:
            yield StoredCopy(listed["Key"], clock.to_epoch(end))


def delete_copy(copy: StoredCopy, by: datetime) -> bool:
    """Delete a copy; return whether it was deleted, and not deleted or made again since it was listed.

    S3 cannot delete under a condition without the permission to read the copy. So the copy is listed again
    directly before: a request that was stopped for days makes its copy again, under the same key.

    Raises:
        Unavailable: S3 does not answer; the call may be repeated.
    """
    if copy not in due_copies(by, copy.key):
        return False
    aws.ask("s3", "delete_object", Bucket=settings().export_bucket(), Key=copy.key)
    return True


def stray_papers(by: datetime) -> Iterator[StoredCopy]:
    """Yield the identity papers that no record names: its period has ended, or it was deleted (ADR 101).

    When that was is not known, so each counts as ended at the instant. A paper is recorded before it can be
    uploaded, so none is too new.

    Raises:
        Unavailable: S3 or the table does not answer.
    """
    for key, record in _with_records(settings().papers_bucket(), lambda one: ("R#", one, "papers")):
        paper_id = (*key.split("/", 2), "", "")[2]
        if paper_id not in {one["paper_id"] for one in record.get("papers", ())}:
            yield StoredCopy(key, clock.to_epoch(by))


def stray_files(by: datetime) -> Iterator[StoredCopy]:
    """Yield the files of reports that have ended (ADR 122); else as `stray_papers`."""
    for key, record in _with_records(settings().reported_bucket(), lambda one: ("SR#", one, "abuse_report")):
        if not record:
            yield StoredCopy(key, clock.to_epoch(by))


def _with_records(bucket: str, place: Callable[[str], tuple[str, str, str]]) -> Iterator[tuple[str, Item]]:
    """Yield each key of a bucket, with the record that its second part names, or an empty one.

    `place`: the prefix of the record's partition, the id, and its sort key.
    """
    keys = (one["Key"] for one in aws.listed_objects(bucket, ""))
    for batch in batched(keys, MAX_READ):
        named = {key: place((*key.split("/", 2), "", "")[1]) for key in batch}
        places = {key: Key(Table.RIGHTS, prefix + one, sk) for key, (prefix, one, sk) in named.items()}
        records = table.batch_get(set(places.values()))
        yield from ((key, records.get(place, {})) for key, place in places.items())


def delete_paper(paper: StoredCopy) -> bool:
    """Delete a paper; return that it was deleted, for no record names it again.

    Raises:
        Unavailable: S3 does not answer; the call may be repeated.
    """
    return _delete(settings().papers_bucket(), paper)


def delete_file(file: StoredCopy) -> bool:
    """Delete a file of a report; as `delete_paper`."""
    return _delete(settings().reported_bucket(), file)


def _delete(bucket: str, one: StoredCopy) -> bool:
    aws.ask("s3", "delete_object", Bucket=bucket, Key=one.key)
    return True
