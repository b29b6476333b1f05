"""Lists of requests for operators: a search, the erasures, those that the inbox reads, and the log.

A page is recorded before it is returned; that of the log, by the report that reads it, and that of the inbox,
by `operations/inbox`. All lists are in the
order of indexes, which are eventually consistent, so a page may hold fewer requests than its size.
Its cost follows its own size and not that of the table.

A search without other bounds lists the open requests. Closed ones need what bounds the read (ADR 93): an id,
a user or days of receipt. A receipt is in a body only, and is compared; no log, evidence or response has it.
Each page of a search by a user id is a look at the account, counted before it and recorded.

Erasures that are stuck come first, then the open ones by deadline (RGT-10). An erasure is stuck if its next
step stopped, if it has no certificate a day after its point of no return, or if a service does not respond
(`request/standstill`). The list includes stuck erasures that are closed: their last steps delete what only
the erasure needed, or thaw the account. Only the procedure completes an erasure. Operators can retry a step
(`extend`), or refuse an erasure that has not begun to delete (`decide`).

The log has the requests of a period by the time of receipt. Each is opened, so that one whose stored item was
altered is listed as unreadable. Entries that operators voided are in no list.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain, groupby, islice, takewhile
from operator import itemgetter
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from chalicelib.accounts.service import owner_of_user
from chalicelib.core import clock
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import Body, Cursor, invalid_cursor
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId, UserId
from chalicelib.privacy.cases import RecordPage
from chalicelib.rights.erasure.store import certificates_of
from chalicelib.rights.operators import subjects
from chalicelib.rights.operators.inspect import record_page
from chalicelib.rights.request import receipts, standstill, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.standstill import Standstill
from chalicelib.rights.request.terms import Right
from chalicelib.staff import history

PAGE = 50
FOR_INBOX = 300  # of each list that the inbox reads
READ_PER_PAGE = store.MAX_READ  # of the lists that show a part of what they read, or record no view
# The rank of requests that are not stuck.
_UNDER_WAY = len(Standstill)

PageOfRequests = RecordPage[RightsRequest, RightsRequestId]
_Row = tuple[RightsRequestId, datetime]
T = TypeVar("T", datetime, tuple[int, datetime])  # a sort key
# Its first instant, and that of the day after it, are instants in UTC too.
_Day = Annotated[date, Field(gt=date.min, lt=date.max)]


class RequestSearch(Body):
    """What the requests have in common."""

    rights_request_id: RightsRequestId | None = None
    receipt: str | None = Field(None, max_length=400)
    user_id: UserId | None = Field(None, description="Of an erased user, together with the days of receipt")
    received_from: _Day | None = Field(None, description="The first day of receipt, in the controller's zone")
    received_to: _Day | None = Field(None, description="The last day, at most 366 days in all")
    right: Right | None = None
    state: Literal["open", "closed"] | None = Field(None, description="Whether the answer is outstanding")

    def period(self) -> tuple[datetime, datetime] | None:
        """Return the first instant of the days, and the first one after them.

        Raises:
            InvalidRequest: one of the two days is missing, or they are no period of at most 366 days.
        """
        first, last = self.received_from, self.received_to
        if first is None and last is None:
            return None
        if first is None or last is None or not 0 * DAY <= last - first < 366 * DAY:
            raise does_not_apply("received_to", "Two days, the first one first, of at most 366 days")
        return clock.beginning_of(first), clock.beginning_of(last + DAY)

    def names(self, one: RightsRequest) -> bool:
        """Return whether a request is searched for; an entry that operators voided never is."""
        period = self.period()
        return (
            one.voided_at is None
            and self.state in {None, "open" if one.is_open else "closed"}
            and self.right in {None, one.right}
            and self.user_id in {None, one.user_id}
            and (period is None or period[0] <= one.received_at < period[1])
            and (self.receipt is None or receipts.belongs_to(one.request_id, self.receipt))
        )


def search(wanted: RequestSearch, cursor: Cursor | None, by: StaffId) -> PageOfRequests:
    """List a page of the requests that are searched for, and record that the operator sees them.

    Requests that are answered while an operator pages through the open ones, most urgent first, cause neither
    duplicates nor gaps.

    Raises:
        InvalidRequest: nothing bounds the search, its days are no period, or the cursor is malformed.
        TooMany: this operator looked at too many subjects today.
        Unavailable: the look cannot be counted or recorded now.
    """
    page = _page_for(wanted, cursor, by)
    shown = [one for one in page.found if wanted.names(one)]
    record_page([one.request_id for one in shown], by)
    return replace(page, found=shown)


def _page_for(wanted: RequestSearch, cursor: Cursor | None, by: StaffId) -> PageOfRequests:
    """Read a page by the bound that reads least."""
    period = wanted.period()
    if wanted.rights_request_id:
        return PageOfRequests(*store.read_several([wanted.rights_request_id]))
    if owner := _look_for(wanted.user_id, by) if wanted.user_id else None:
        of_owner = store.of_account(owner, store.place_after(owner, cursor), PAGE)
        return PageOfRequests(of_owner.found, of_owner.unreadable, of_owner.last)
    if period:
        return _received_page(*period, cursor)
    if wanted.user_id or wanted.receipt or wanted.state == "closed":
        rule = "Required without a request id, or a user id that an account has now"
        raise does_not_apply("received_from", rule)
    page = _read_page(_urgent_first(_parse_place(cursor) if cursor is not None else None), PAGE)
    return replace(page, found=[one for one in page.found if one.is_open])


def _look_for(user_id: UserId, by: StaffId) -> AccountId | None:
    """The account of a user id. The look is counted and recorded on each page: a cursor can be made up."""
    subjects.count_look(by)
    owner = owner_of_user(user_id)
    if owner:
        history.record_look(by, "searched_requests", {}, owner)
    return owner


def _received_page(since: datetime, until: datetime, cursor: Cursor | None) -> PageOfRequests:
    return _read_page(
        _received(since, until, _parse_place(cursor) if cursor is not None else None), READ_PER_PAGE
    )


def read_for_inbox() -> PageOfRequests:
    """Read the requests that may need a member of staff; `next` is set if there may be more of them.

    They are the open ones, most urgent first; those that stopped or have no certificate; and those with a
    recipient to notify or the end of a restriction to approve: of each at most `FOR_INBOX`. One that only
    waits for a service is left out, unless it is open. The caller records which of them it shows.
    """
    stopped = takewhile(lambda place: place.rank < Standstill.UNREACHABLE.rank, _stuck(None))
    for_operators = _stuck(_Place(Standstill.UNNOTIFIED.rank, (RightsRequestId(""), clock.from_epoch(0))))
    lists = (_urgent_first(None), *((place.row for place in places) for places in (stopped, for_operators)))
    some = [list(islice(rows, FOR_INBOX + 1)) for rows in lists]
    ids = dict.fromkeys(request_id for rows in some for request_id, _ in rows[:FOR_INBOX])
    read = [store.read_several(part) for part in batched(ids, store.MAX_READ)]
    found = [one for readable, _ in read for one in readable]
    unreadable = [one for _, altered in read for one in altered]
    more = next((_cursor_of(rows[-1]) for rows in some if len(rows) > FOR_INBOX), None)
    return RecordPage(found, unreadable, more)


def log_page(
    since: datetime, until: datetime, cursor: Cursor | None
) -> tuple[PageOfRequests, Mapping[RightsRequestId, str]]:
    """Read a page of the requests that were received from one instant to before another, oldest first.

    The second part is the SHA-256 of the signed file of each erasure that has one. The caller records that a
    member of staff reads them.

    Raises:
        InvalidRequest: the cursor is malformed.
    """
    page = _received_page(since, until, cursor)
    page = replace(page, found=[one for one in page.found if one.voided_at is None])
    erasures = [one.request_id for one in page.found if one.right is Right.ERASURE]
    return page, {
        request_id: hashlib.sha256(envelope.document()).hexdigest()
        for request_id, envelope in certificates_of(erasures).items()
    }


def _read_page(rows: Iterator[_Row], size: int) -> PageOfRequests:
    """Read the requests of the next rows; the cursor names the last of these rows."""
    some = list(islice(rows, size + 1))
    found, unreadable = store.read_several([request_id for request_id, _ in some[:size]])
    return RecordPage(found, unreadable, _cursor_of(some[size - 1]) if len(some) > size else None)


def _urgent_first(after: _Row | None) -> Iterator[_Row]:
    """Open requests by the time their answer is due, then by id; those after a place in this order."""
    after_id, since = after or ("", None)
    return _merge_shards((store.open_requests(shard, since) for shard in store.SHARDS), since, after_id)


def _received(since: datetime, until: datetime, after: _Row | None) -> Iterator[_Row]:
    """The requests of a period by the time of receipt, then by id; those after a place in this order."""
    after_id, begin = after or ("", since)
    last = clock.from_epoch(clock.to_epoch(until) - 1)  # `Between` includes its end
    for month in _months(max(begin, since), last):
        by_shard = (store.received(month, shard, max(begin, since), last) for shard in store.SHARDS)
        yield from _merge_shards(by_shard, begin if after else None, after_id)


def _months(since: datetime, last: datetime) -> Iterator[str]:
    """Yield the months from one instant to another, in UTC."""
    first, end = (at.astimezone(UTC).year * 12 + at.astimezone(UTC).month - 1 for at in (since, last))
    return (f"{number // 12}-{number % 12 + 1:02}" for number in range(first, end + 1))


def _merge_shards(
    shards: Iterable[Iterator[tuple[RightsRequestId, T]]], since: T | None, after_id: str
) -> Iterator[tuple[RightsRequestId, T]]:
    """Merge the rows of sorted shards by sort key, then by id: many requests may have the same sort key."""
    merged = heapq.merge(*shards, key=itemgetter(1))
    for same, rows in groupby(merged, key=itemgetter(1)):
        yield from (row for row in sorted(rows) if same != since or row[0] > after_id)


def _cursor_of(row: _Row) -> str:
    """The cursor of a page that ends with a row; `_parse_place` reads it."""
    request_id, at = row
    return f"{clock.to_epoch(at)}-{request_id}"


def _parse_place(text: str) -> _Row:
    """Parse the row that a cursor names.

    Raises:
        InvalidRequest: it is malformed.
    """
    epoch, _, named = text.partition("-")
    request_id = RightsRequestId.parse(named)
    if not (epoch.isdecimal() and int(epoch) < 2**33 and request_id):
        raise invalid_cursor()
    return request_id, clock.from_epoch(int(epoch))


@dataclass(frozen=True)
class _Place:
    """The place of a request in the list of erasures, which is also its cursor."""

    rank: int
    row: _Row

    def cursor(self) -> str:
        return f"{self.rank}-{_cursor_of(self.row)}"


def list_erasures(cursor: Cursor | None, by: StaffId) -> PageOfRequests:
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
    found, unreadable = store.read_several(list(dict.fromkeys(place.row[0] for place in looked_at)))
    by_id = {request.request_id: request for request in found}
    listed = ((by_id.get(place.row[0]), place.rank) for place in looked_at)
    shown = [request for request, rank in listed if request and _belongs(request, rank)]
    record_page([request.request_id for request in shown], by)
    more = looked_at[-1].cursor() if len(places) > READ_PER_PAGE else None
    return RecordPage(shown, unreadable, more)


def _belongs(request: RightsRequest, rank: int) -> bool:
    """Whether a request is listed at this rank: a stuck one may be in both indexes, and is listed once."""
    if request.right is not Right.ERASURE:
        return False
    stuck = standstill.of(request)
    return rank != _UNDER_WAY if stuck else rank == _UNDER_WAY and request.is_open


def _places(after: _Place | None) -> Iterator[_Place]:
    """The places of stuck requests, then those of open ones; the second index is read only if needed."""
    under_way = after.row if after and after.rank == _UNDER_WAY else None
    stuck = () if under_way else _stuck(after)
    return chain(stuck, (_Place(_UNDER_WAY, row) for row in _urgent_first(under_way)))


def _stuck(after: _Place | None) -> Iterator[_Place]:
    after_id, since = (after.row[0], (after.rank, after.row[1])) if after else ("", None)
    shards = (store.stuck_requests(shard, since) for shard in store.SHARDS)
    for request_id, (rank, at) in _merge_shards(shards, since, after_id):
        yield _Place(rank, (request_id, at))


def _place(cursor: Cursor | None) -> _Place | None:
    if cursor is None:
        return None
    rank, _, place = cursor.partition("-")
    if rank not in {str(known) for known in range(_UNDER_WAY + 1)}:
        raise invalid_cursor()
    return _Place(int(rank), _parse_place(place))
