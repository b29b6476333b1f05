"""Pages of the log of requests: what a report says of each, and nothing about a person.

The log is read by the time of receipt. A page takes the rows of 16 shards and at most `PAGE` requests, so its
cost follows its own size and not that of the table. Each request is opened, so that one whose stored item was
altered is listed as unreadable.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from chalicelib.core import clock
from chalicelib.core.http import Cursor
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.erasure.store import certificates_of
from chalicelib.rights.operators.inspect import cursor_of, merge_shards, parse_place
from chalicelib.rights.request import store as requests
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right

PAGE = 100  # one batched read

_Row = tuple[RightsRequestId, datetime]


@dataclass(frozen=True)
class LogPage:
    """A page of the log.

    Attributes:
        found: the requests, oldest first.
        unreadable: the ids of requests that cannot be opened.
        certificates: the SHA-256 of the signed file of each erasure that has one.
        next: the cursor of the next page; None on the last one.
    """

    found: list[RightsRequest]
    unreadable: list[RightsRequestId]
    certificates: dict[RightsRequestId, str]
    next: str | None


def page(since: datetime, until: datetime, cursor: Cursor | None) -> LogPage:
    """Read a page of the requests that were received from one instant to before another.

    The caller records that a member of staff reads them. The index is eventually consistent.

    Raises:
        InvalidRequest: the cursor is malformed.
    """
    after = parse_place(cursor) if cursor is not None else None
    rows = list(islice(_rows(since, until, after), PAGE + 1))
    found, unreadable = requests.read_several([request_id for request_id, _ in rows[:PAGE]])
    erasures = [one.request_id for one in found if one.right is Right.ERASURE]
    signed = {
        request_id: hashlib.sha256(envelope.document()).hexdigest()
        for request_id, envelope in certificates_of(erasures).items()
    }
    more = cursor_of(rows[PAGE - 1]) if len(rows) > PAGE else None
    return LogPage(found, unreadable, signed, more)


def _rows(since: datetime, until: datetime, after: tuple[datetime, RightsRequestId] | None) -> Iterator[_Row]:
    """Yield the rows of a period, by the time of receipt and then by id, after a place in this order."""
    begin, after_id = after or (since, "")
    last = clock.from_epoch(clock.to_epoch(until) - 1)  # `Between` includes its end
    for month in _months(max(begin, since), last):
        by_shard = (requests.received(month, shard, max(begin, since), last) for shard in requests.SHARDS)
        yield from merge_shards(by_shard, begin if after else None, after_id)


def _months(since: datetime, last: datetime) -> Iterator[str]:
    """Yield the months from one instant to another, in UTC."""
    first, end = (at.astimezone(UTC).year * 12 + at.astimezone(UTC).month - 1 for at in (since, last))
    return (f"{number // 12}-{number % 12 + 1:02}" for number in range(first, end + 1))
