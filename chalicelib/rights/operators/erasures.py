"""Lists of erasures for operators: stuck ones first, then the open ones by deadline (RGT-10).

An erasure is stuck if its next step stopped, if it has no certificate a day after its point of no return, or
if a service does not respond (`request/standstill`). The list includes stuck erasures that are closed: their
last steps delete what only the erasure needed, or thaw the account.

Only the procedure completes an erasure. Operators can retry a step (`extend`), or refuse an erasure that has
not begun to delete (`decide`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from chalicelib.core import clock
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.privacy.cases import RecordPage
from chalicelib.rights.operators import inspect
from chalicelib.rights.request import standstill, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.standstill import Standstill
from chalicelib.rights.request.terms import Right

READ_PER_PAGE = store.MAX_READ
# The rank of requests that are not stuck.
_UNDER_WAY = len(Standstill)


@dataclass(frozen=True)
class _Place:
    """The place of a request in the list, which is also its cursor."""

    rank: int
    at: datetime
    request_id: RightsRequestId

    def cursor(self) -> str:
        return f"{self.rank}-{clock.to_epoch(self.at)}-{self.request_id}"


def list_erasures(cursor: Cursor | None, by: StaffId) -> RecordPage[RightsRequest, RightsRequestId]:
    """List a page of erasures, stuck ones first, and record that the operator sees them.

    The order holds over all pages, also with ten thousand open erasures: it is the order of two sparse
    indexes. A page reads at most `READ_PER_PAGE` requests. They may be of any right, so a page may hold few
    erasures, or none, and still have a cursor. An erasure that gets stuck while an operator pages through the
    list may be missing; it is first when the list is read again.

    Raises:
        InvalidRequest: the cursor is malformed.
        Unavailable: the inspection cannot be recorded now.
    """
    places = list(islice(_places(_place(cursor)), READ_PER_PAGE + 1))
    looked_at = places[:READ_PER_PAGE]
    found, unreadable = store.read_several(list(dict.fromkeys(place.request_id for place in looked_at)))
    by_id = {request.request_id: request for request in found}
    listed = ((by_id.get(place.request_id), place.rank) for place in looked_at)
    shown = [request for request, rank in listed if request and _belongs(request, rank)]
    inspect.record_page([request.request_id for request in shown], by)
    more = looked_at[-1].cursor() if len(places) > READ_PER_PAGE else None
    return RecordPage(shown, unreadable, more)


def inspect_erasure(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Record that an operator inspects an erasure, and return it.

    Raises:
        NotFound: no such request, or it is no erasure.
        Unavailable: the inspection cannot be recorded now.
    """
    request = inspect.read(request_id)
    if request.right is not Right.ERASURE:
        raise NotFound
    inspect.record_inspection(request, by)
    return request


def _belongs(request: RightsRequest, rank: int) -> bool:
    """Whether a request is listed at this rank: a stuck one may be in both indexes, and is listed once."""
    if request.right is not Right.ERASURE:
        return False
    stuck = standstill.of(request)
    return rank != _UNDER_WAY if stuck else rank == _UNDER_WAY and request.is_open


def _places(after: _Place | None) -> Iterator[_Place]:
    """The places of stuck requests, then those of open ones; the second index is read only if needed."""
    under_way = after is not None and after.rank == _UNDER_WAY
    return chain(() if under_way else _stuck(after), _open(after if under_way else None))


def _stuck(after: _Place | None) -> Iterator[_Place]:
    since = (after.rank, after.at) if after else None
    shards = (store.stuck_requests(shard, since) for shard in store.SHARDS)
    for request_id, (rank, at) in inspect.merge_shards(shards, since, after.request_id if after else ""):
        yield _Place(rank, at, request_id)


def _open(after: _Place | None) -> Iterator[_Place]:
    for request_id, answer_by in inspect.urgent_first((after.at, after.request_id) if after else None):
        yield _Place(_UNDER_WAY, answer_by, request_id)


def _place(cursor: Cursor | None) -> _Place | None:
    if cursor is None:
        return None
    rank, _, place = cursor.partition("-")
    if rank not in {str(known) for known in range(_UNDER_WAY + 1)}:
        raise invalid_cursor()
    at, request_id = inspect.parse_place(place)
    return _Place(int(rank), at, request_id)
