"""What operators see: the requests that wait for an answer, and the history of one."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter

from chalicelib.core import chain, clock
from chalicelib.core.chain import ChainEntry, Unreadable
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Cursor
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.rights import evidence, inspections, store
from chalicelib.rights.model import RightsRequest

PAGE = 50
_MOST_ENTRIES = 200  # a year of pins, reminders and waits

_Row = tuple[RightsRequestId, datetime]


@dataclass(frozen=True)
class History:
    """The newest of a request's evidence, newest first; None where an entry is not as it was written."""

    entries: tuple[ChainEntry, ...] | None

    @property
    def staff(self) -> set[StaffId]:
        """Whom of the staff it names."""
        return {one for entry in self.entries or () for one in evidence.staff_in(entry.data)}


@dataclass(frozen=True)
class OpenPage:
    """A page of open requests, the ids of those that cannot be opened, and where the next page begins."""

    found: list[RightsRequest]
    unreadable: list[RightsRequestId]
    next: str | None


def open_ones(cursor: Cursor | None, by: StaffId) -> OpenPage:
    """A page of the requests that wait for an answer, the most urgent first; that it is shown is on record.

    What is answered while somebody turns pages is neither shown twice nor does it hide another. The index
    lags by a moment, so a page may hold fewer than it could.

    Raises:
        InvalidRequest: the cursor is none of ours.
        Unavailable: that the page is looked at can't be put on record now.
    """
    after = _place(cursor)
    rows = list(islice(_urgent_first(after), PAGE + 1))
    found, unreadable = store.several([request_id for request_id, _ in rows[:PAGE]])
    more = _cursor(rows[PAGE - 1]) if len(rows) > PAGE else None
    shown = [request for request in found if request.is_open]
    inspections.record_page([request.request_id for request in shown], by)
    return OpenPage(shown, unreadable, more)


def one(request_id: RightsRequestId, by: StaffId) -> tuple[RightsRequest, History]:
    """A request and its history, which names who looks.

    Raises:
        NotFound: there is none.
        Unavailable: that it is looked at can't be put on record now.
    """
    request = store.read(request_id)
    if request is None:
        raise NotFound
    inspections.record(request, by)
    return request, _history(request_id)


def _history(request_id: RightsRequestId) -> History:
    try:
        entries, _ = chain.page(store.evidence_of(request_id), None, _MOST_ENTRIES)
    except Unreadable:  # the request has to be seen all the more
        return History(None)
    return History(tuple(entries))


def _urgent_first(after: tuple[datetime, str] | None) -> Iterator[_Row]:
    """The rows of all shards by their day, and those of one day by id: many are due on the same one."""
    since = after[0] if after else None
    merged = heapq.merge(*(store.open_requests(shard, since) for shard in store.SHARDS), key=itemgetter(1))
    for day, rows in groupby(merged, key=itemgetter(1)):
        yield from (row for row in sorted(rows) if after is None or (day, row[0]) > after)


def _cursor(row: _Row) -> str:
    request_id, answer_by = row
    return f"{clock.to_epoch(answer_by)}-{request_id}"


def _place(cursor: Cursor | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    epoch, _, request_id = cursor.partition("-")
    if not (epoch.isdecimal() and int(epoch) < 2**33 and RightsRequestId.parse(request_id)):
        raise InvalidRequest("This cursor is not one of ours")
    return clock.from_epoch(int(epoch)), request_id
