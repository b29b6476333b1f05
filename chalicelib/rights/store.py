"""All DynamoDB of rights.

    R#<request>, request               the request; sparse in the indexes owner, due and open
    R#<request>, export                the copy that was made for it
    A#<account>, open#<right>          that a right is being exercised: one at a time

Every write of a request is a Put of the whole item over the version that was read, together with what
belongs to it: of two that race one is told `MovedMeanwhile`, whatever it had done, and nothing of what it
meant to write comes to be.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import chain, clock, metrics, observe, table
from chalicelib.core.chain import Chain, HeadMoved, NewEntry, Unreadable
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import (
    Attr,
    Between,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    Order,
    Query,
    Replace,
    Table,
    Write,
)
from chalicelib.privacy import codec
from chalicelib.privacy.whereabouts import partition
from chalicelib.rights import duties, evidence
from chalicelib.rights.model import ExportFile, OpenRequest, Right, RightsRequest

SHARDS = tuple(f"{number:02}" for number in range(16))
_EARLIEST, _LATEST = clock.to_text(clock.from_epoch(0)), "~"
_TRIES = 3  # of a move while others append to the same history
_MOST_OWED = 100  # a year of pins, reminders and waits; the item stays far below its 400 KB


# The key of an index entry, for a query that goes on behind it.
ListPlace = Mapping[str, str]


@dataclass(frozen=True)
class RequestPage:
    """Requests of a subject; `last` is the id that the next page goes on behind, None if this is the last."""

    found: list[RightsRequest]
    last: RightsRequestId | None


class MovedMeanwhile(Conflict):
    """Somebody else wrote the request since it was read."""


class RequestExists(Conflict):
    """The same request was made before."""


class ExercisedAlready(Conflict):
    """The same right of the same subject is being exercised already."""


def key(request_id: RightsRequestId) -> Key:
    """Where a request is."""
    return Key(Table.RIGHTS, f"R#{request_id}", "request")


def export_key(request_id: RightsRequestId) -> Key:
    """Where the copy of a request is noted."""
    return Key(Table.RIGHTS, f"R#{request_id}", "export")


def guard_key(account_id: AccountId, right: Right) -> Key:
    """Where it is noted that a right is being exercised."""
    return Key(Table.RIGHTS, partition(account_id), f"open#{right}")


def evidence_of(request_id: RightsRequestId) -> Chain:
    """The history of a request in the Ledger. The request's id is random, and names nobody."""
    return Chain("rights", request_id)


def read(request_id: RightsRequestId) -> RightsRequest | None:
    """A request as it is now."""
    item = table.get(key(request_id))
    return codec.opened(RightsRequest, item) if item else None


def of_account(account_id: AccountId, after: ListPlace | None, most: int) -> RequestPage:
    """The requests of a subject behind a place in the list, the newest first.

    The index lags behind by a moment, so a request of just now may be missing.
    """
    rows = list(
        table.query(
            Query(
                Table.RIGHTS,
                partition(account_id),
                index=Index.OWNER,
                order=Order.DESCENDING,
                limit=most + 1,
                after=after,
            )
        )
    )
    ids = [RightsRequestId(row["pk"].removeprefix("R#")) for row in rows[:most]]
    found, unreadable = several(ids)
    there = {*unreadable, *(request.request_id for request in found)}
    last = next((one for one in reversed(ids) if one in there), None)
    return RequestPage(found, last if len(rows) > most else None)


def place_in_list(account_id: AccountId, request_id: RightsRequestId) -> ListPlace | None:
    """Where a request stands in its subject's list, which no opening is needed for; None if it is not there.

    Many may be of one second.
    """
    item = table.get(key(request_id))
    if item is None or item.get(Index.OWNER.pk) != partition(account_id):
        return None
    return {**key(request_id).attributes(), **{name: item[name] for name in (Index.OWNER.pk, Index.OWNER.sk)}}


def ids_of(account_id: AccountId) -> Iterator[RightsRequestId]:
    """All requests of a subject, the oldest first."""
    for row in table.query(Query(Table.RIGHTS, partition(account_id), index=Index.OWNER)):
        yield RightsRequestId(row["pk"].removeprefix("R#"))


def everything_of(
    account_id: AccountId, request_ids: Iterable[RightsRequestId], as_of: datetime
) -> Iterator[Item]:
    """All items of a subject and its requests that had not expired at an instant, as they are stored."""
    yield from table.query(Query(Table.RIGHTS, partition(account_id), as_of=as_of))
    for request_id in request_ids:
        yield from table.query(Query(Table.RIGHTS, key(request_id).pk, as_of=as_of))


def several(request_ids: Sequence[RightsRequestId]) -> tuple[list[RightsRequest], list[RightsRequestId]]:
    """Requests as they are now, and the ids of those that cannot be opened; both in this order. At most 100.

    Those that are gone are left out. One that cannot be opened is counted, and hides no other.
    """
    items = table.batch_get(map(key, request_ids))
    found, unreadable = list[RightsRequest](), list[RightsRequestId]()
    for one in request_ids:
        if item := items.get(key(one)):
            try:
                found.append(codec.opened(RightsRequest, item))
            except SealingError as error:
                observe.record_unreadable("request_unreadable", error, request_id=one)
                unreadable.append(one)
    return found, unreadable


def exercised_by(account_id: AccountId, right: Right) -> RightsRequestId | None:
    """By which request a subject exercises a right right now."""
    item = table.get(guard_key(account_id, right))
    return codec.opened(OpenRequest, item).request_id if item else None


def export_file(request_id: RightsRequestId) -> ExportFile | None:
    """The copy that was made for a request, unless it has lapsed."""
    item = table.get(export_key(request_id))
    return codec.opened(ExportFile, item) if item else None


def keeping_file(file: ExportFile) -> Write:
    """The write that notes a copy; the same again if the step that made it is done again."""
    place = export_key(file.request_id)
    same = Attr("sha256").exists()
    return Create(place, codec.to_item(file, place), or_over=same)


def take(request: RightsRequest, entry: NewEntry) -> None:
    """Take a request in: the request, that its right is being exercised, and the first of its evidence.

    Raises:
        RequestExists: with the item that is there.
        ExercisedAlready: with the item that says by which request.
    """
    place, guard = key(request.request_id), guard_key(request.account_id, request.right)
    opened = OpenRequest(request_id=request.request_id)
    table.transact(
        [
            Create(place, _item(request), conflict=RequestExists),
            Create(guard, codec.to_item(opened, guard), conflict=ExercisedAlready),
            chain.appending(evidence_of(request.request_id), entry),
        ]
    )


def move(
    before: RightsRequest, after: RightsRequest, entry: NewEntry | None = None, also: Sequence[Write] = ()
) -> RightsRequest:
    """Write a request over the version that was read, with its evidence and what belongs to the move.

    When it closes, its right can be exercised anew: in the same transaction. If the newest entry of its
    history was altered, nothing can follow that entry: the move is made, and its evidence is owed.

    Raises:
        MovedMeanwhile: nothing was written.
        HeadMoved: likewise; others put something on record each time.
    """
    for _ in range(_TRIES - 1):
        try:
            return _moved(before, after, entry, also)
        except HeadMoved:  # staff looked at it, which moves its history and not the request
            continue
    return _moved(before, after, entry, also)


def _moved(
    before: RightsRequest, after: RightsRequest, entry: NewEntry | None, also: Sequence[Write]
) -> RightsRequest:
    append, after = _appended(after, entry) if entry else (None, after)
    after = after.model_copy(update={"version": before.version + 1})
    writes: list[Write] = [
        Replace(
            key(before.request_id),
            _item(after),
            only_if=Attr("version").eq(before.version),
            conflict=MovedMeanwhile,
        )
    ]
    if before.is_open and not after.is_open:
        ours = Attr("request_id").eq(before.request_id)
        writes.append(Delete(guard_key(before.account_id, before.right), ours, conflict=MovedMeanwhile))
    if append:
        writes.append(append)
    writes += also
    if len(writes) == 1:
        table.write(writes[0])
    else:
        table.transact(writes)
    return after


def _appended(after: RightsRequest, entry: NewEntry) -> tuple[Write | None, RightsRequest]:
    """The write of an entry and of what is owed before it; or none, and the entry is owed too."""
    whole = evidence.with_owed(entry, after.owed)
    try:
        append = chain.appending(evidence_of(after.request_id), whole)
    except Unreadable:
        metrics.count(Metric.RIGHTS_EVIDENCE_OWED)
        owed = (*after.owed, evidence.as_owed(entry))[-_MOST_OWED:]
        return None, after.model_copy(update={"owed": owed, "owed_at": clock.now() + DAY})
    return append, after.model_copy(update={"owed": (), "owed_at": None})


def record_owed(request: RightsRequest) -> RightsRequest:
    """Append what is owed to a request's history; a day later if it still cannot be appended.

    Raises:
        MovedMeanwhile, HeadMoved: as for `move`.
    """
    try:
        chain.head(evidence_of(request.request_id))
    except Unreadable:
        metrics.count(Metric.RIGHTS_EVIDENCE_OWED)
        return move(request, request.model_copy(update={"owed_at": clock.now() + DAY}))
    return move(request, request, evidence.entry("owed_recorded", {"by": "engine"}))


def due(shard: str, now: datetime) -> Iterator[RightsRequestId]:
    """Requests of a shard that have something to be done, the longest due first."""
    by_now = Between(_EARLIEST, clock.to_text(now))
    for row in table.query(Query(Table.RIGHTS, shard, by_now, index=Index.DUE)):
        yield RightsRequestId(row["pk"].removeprefix("R#"))


def open_requests(shard: str, since: datetime | None = None) -> Iterator[tuple[RightsRequestId, datetime]]:
    """Requests of a shard that wait for an answer, and until when, the most urgent first.

    `since`: those that are due from then on. Where the clock stands still, the day is the latest that it
    may come to within a year: nobody is late meanwhile.
    """
    due_then = Between(clock.to_text(since), _LATEST) if since else None
    for row in table.query(Query(Table.RIGHTS, shard, due_then, index=Index.OPEN)):
        yield RightsRequestId(row["pk"].removeprefix("R#")), datetime.fromisoformat(row["answer_by"])


def _item(request: RightsRequest) -> Item:
    return codec.to_item(_indexed(request), key(request.request_id))


def _indexed(request: RightsRequest) -> RightsRequest:
    """The same as it stands in the indexes."""
    now, shard = clock.now(), _shard_of(request.request_id)
    wakes = duties.wakes_at(request, now)
    is_open = request.is_open
    return request.model_copy(
        update={
            "owner": partition(request.account_id),
            "due": shard if wakes else None,
            "due_at": wakes,
            "open": shard if is_open else None,
            "answer_by": _answer_by(request, now) if is_open else None,
        }
    )


def _answer_by(request: RightsRequest, now: datetime) -> datetime:
    """When the answer is due, as far as it is known; while the clock stands still nothing writes it anew."""
    return request.clock.due_at(now + 365 * DAY if request.clock.is_paused() else now)


def _shard_of(request_id: RightsRequestId) -> str:
    return SHARDS[zlib.crc32(request_id.encode()) % len(SHARDS)]
