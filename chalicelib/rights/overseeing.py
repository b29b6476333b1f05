"""Lists and inspections by operators: the open requests, and one request with its history."""

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
    """The latest evidence of a request, newest first; `entries` is None if an entry was altered."""

    entries: tuple[ChainEntry, ...] | None

    @property
    def staff(self) -> set[StaffId]:
        """The members of staff that it names."""
        return {one for entry in self.entries or () for one in evidence.staff_in(entry.data)}


@dataclass(frozen=True)
class OpenPage:
    """A page of open requests, the ids of unreadable ones, and the next page's cursor."""

    found: list[RightsRequest]
    unreadable: list[RightsRequestId]
    next: str | None


def list_open(cursor: Cursor | None, by: StaffId) -> OpenPage:
    """List a page of open requests, most urgent first, and record that the operator sees them.

    Requests that are answered while an operator pages through the list cause neither duplicates nor gaps.
    The index is eventually consistent, so a page may hold fewer requests than its size.

    Raises:
        InvalidRequest: the cursor is malformed.
        Unavailable: the inspection cannot be recorded now.
    """
    after = _place(cursor)
    rows = list(islice(_urgent_first(after), PAGE + 1))
    found, unreadable = store.read_several([request_id for request_id, _ in rows[:PAGE]])
    more = _cursor(rows[PAGE - 1]) if len(rows) > PAGE else None
    shown = [request for request in found if request.is_open]
    inspections.record_page([request.request_id for request in shown], by)
    return OpenPage(shown, unreadable, more)


def inspect(request_id: RightsRequestId, by: StaffId) -> tuple[RightsRequest, History]:
    """Record that an operator inspects a request, and return it with its history.

    Raises:
        NotFound: no such request.
        Unavailable: the inspection cannot be recorded now.
    """
    request = store.read(request_id)
    if request is None:
        raise NotFound
    inspections.record(request, by)
    return request, _history(request_id)


def _history(request_id: RightsRequestId) -> History:
    try:
        entries, _ = chain.page(store.evidence_of(request_id), None, _MOST_ENTRIES)
    except Unreadable:  # operators need to see exactly such a request
        return History(None)
    return History(tuple(entries))


def _urgent_first(after: tuple[datetime, str] | None) -> Iterator[_Row]:
    """The rows of all shards by due time, then by id: many requests are due at the same time."""
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
        raise InvalidRequest("This is not a valid cursor")
    return clock.from_epoch(int(epoch)), request_id
