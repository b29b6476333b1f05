"""Lists and inspections by operators. Each is recorded before any data is shown (ADR 27).

Invariants:

- A request is shown to a member of staff only if its history names them today. It records at most one
  inspection per person and day, and none if another entry of today names the person already.
- A page of the list is shown only if the person's own history (`staff#<pseudonym>`) names its requests.
- If the history of a request was altered, so that no entry can be appended, the inspection is recorded in the
  person's own history instead: operators need to see exactly such a request.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice, takewhile
from operator import itemgetter
from typing import TypeVar

from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, Unreadable
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.privacy.cases import RecordPage
from chalicelib.rights.engine import moves
from chalicelib.rights.engine.moves import Move
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.staff import history
from chalicelib.staff.cases import InspectedCase, newest_entries

INSPECTED, LISTED = "inspected", "listed"
_REQUESTS = "requests"  # what an entry in the history of a member of staff lists
PAGE = 50

_Row = tuple[RightsRequestId, datetime]
T = TypeVar("T", datetime, tuple[int, datetime])  # a sort key


def list_open(cursor: Cursor | None, by: StaffId) -> RecordPage[RightsRequest, RightsRequestId]:
    """List a page of open requests, most urgent first, and record that the operator sees them.

    Requests that are answered while an operator pages through the list cause neither duplicates nor gaps.
    The index is eventually consistent, so a page may hold fewer requests than its size.

    Raises:
        InvalidRequest: the cursor is malformed.
        Unavailable: the inspection cannot be recorded now.
    """
    after = parse_place(cursor) if cursor is not None else None
    rows = list(islice(urgent_first(after), PAGE + 1))
    found, unreadable = store.read_several([request_id for request_id, _ in rows[:PAGE]])
    more = cursor_of(rows[PAGE - 1]) if len(rows) > PAGE else None
    shown = [request for request in found if request.is_open]
    record_page([request.request_id for request in shown], by)
    return RecordPage(shown, unreadable, more)


def inspect(request_id: RightsRequestId, by: StaffId) -> InspectedCase[RightsRequest]:
    """Record that an operator inspects a request, and return it with its history.

    Raises:
        NotFound: no such request.
        Unavailable: the inspection cannot be recorded now.
    """
    request = read(request_id)
    record_inspection(request, by)
    return InspectedCase(request, newest_entries(evidence.history_of(request_id)))


def read(request_id: RightsRequestId) -> RightsRequest:
    """Read a request.

    Raises:
        NotFound: no such request.
    """
    request = store.read(request_id)
    if request is None:
        raise NotFound
    return request


def urgent_first(after: tuple[datetime, RightsRequestId] | None) -> Iterator[_Row]:
    """Open requests by the time their answer is due, then by id; those after a place in this order."""
    since, after_id = after or (None, "")
    shards = (store.open_requests(shard, since) for shard in store.SHARDS)
    return merge_shards(shards, since, after_id)


def merge_shards(
    shards: Iterable[Iterator[tuple[RightsRequestId, T]]], since: T | None, after_id: str
) -> Iterator[tuple[RightsRequestId, T]]:
    """Merge the rows of sorted shards by sort key, then by id: many requests may have the same sort key."""
    merged = heapq.merge(*shards, key=itemgetter(1))
    for same, rows in groupby(merged, key=itemgetter(1)):
        yield from (row for row in sorted(rows) if same != since or row[0] > after_id)


def cursor_of(row: _Row) -> str:
    """The cursor of a page that ends with a row; `parse_place` reads it."""
    request_id, at = row
    return f"{clock.to_epoch(at)}-{request_id}"


def parse_place(text: str) -> tuple[datetime, RightsRequestId]:
    """Parse the instant and the id of a cursor.

    Raises:
        InvalidRequest: they are malformed.
    """
    epoch, _, named = text.partition("-")
    request_id = RightsRequestId.parse(named)
    if not (epoch.isdecimal() and int(epoch) < 2**33 and request_id):
        raise invalid_cursor()
    return clock.from_epoch(int(epoch)), request_id


def apply_move(
    request_id: RightsRequestId, by: StaffId, rule: Callable[[RightsRequest], Move | None]
) -> RightsRequest:
    """Apply an operator's change as `moves.apply_move` does, and record what the operator sees of it.

    A change has its own evidence. A repeated call changes nothing, so its response is an inspection.

    Raises:
        NotFound, Unavailable: as for `moves.apply_move`.
    """
    applied = moves.apply_move(request_id, by, rule)
    if not applied.changed:
        record_inspection(applied.request, by)
    return applied.request


def record_inspection(request: RightsRequest, by: StaffId) -> None:
    """Record that a member of staff inspects a request; kept as long as the request.

    Raises:
        Unavailable: the inspection cannot be recorded now, so the request must not be shown.
    """
    own = evidence.history_of(request.request_id)
    try:
        if not _names_today(own, by):
            chain.append(own, evidence.entry(INSPECTED, {"by": by}, request.kept_since))
    except Unreadable:
        history.record_view(by, INSPECTED, _REQUESTS, [request.request_id])


def record_page(request_ids: Sequence[RightsRequestId], by: StaffId) -> None:
    """Record which requests a member of staff sees on a page of the list.

    Raises:
        Unavailable: as for `record_inspection`.
    """
    history.record_view(by, LISTED, _REQUESTS, request_ids)


def _names_today(own: Chain, by: StaffId) -> bool:
    """Return whether an entry of today names a member of staff."""
    today = takewhile(history.is_of_today, chain.newest_first(own))
    return any(entry.data.get("by") == by for entry in today)
