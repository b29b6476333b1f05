"""All DynamoDB access of requests.

    R#<request>, request               the request; in the indexes owner, due, open, stuck, received
    R#<request>, export                the copy that was made for it
    R#<request>, papers                its identity papers, whose period begins here (papers/store)
    A#<account>, open#<guard>          the guard of a right, which names the open request that exercises it

Every write of a request is a Put of the whole item over the version that was read, in one transaction with
the writes that belong to it. Of two concurrent writers, one fails with `MovedMeanwhile`, and none of its
writes takes effect.

Indexes list a request; all but `owner` are sharded, and list it in the same shard:

    owner      by its subject
    due        by the time of its next work, while there is some
    open       by the day of its answer, until it is answered
    stuck      by how it makes no progress, while it makes none
    received   by the month of receipt; its place never changes, so it costs one write
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import chain, clock, observe, shards, table
from chalicelib.core.batches import batched
from chalicelib.core.chain import HeadMoved, NewEntry
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import AccountId, RightsRequestId
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
    next_version,
    partition_of,
)
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy import codec
from chalicelib.rights.papers import store as papers
from chalicelib.rights.request import duties, evidence, standstill
from chalicelib.rights.request.model import GUARDS, ExportFile, OpenRequest, RightsRequest
from chalicelib.rights.request.terms import Right, Status

SHARDS = shards.names(16)


def attributes_of(request: RightsRequest) -> dict[str, str]:
    """The keys of a request in the indexes that list it now."""
    now, shard = clock.now(), _shard_of(request.request_id)
    attributes = {"received": log_of(clock.to_text(request.received_at)[:7], shard)}
    if wakes := duties.wakes_at(request, now):
        attributes |= {"due": shard, "due_at": clock.to_text(wakes)}
    if request.is_open:
        attributes |= {"open": shard, "answer_by": clock.to_text(duties.answer_by(request, now))}
    if stuck := standstill.of(request):
        attributes |= {"stuck": shard, "stuck_as": stuck.place}
    return attributes


def log_of(month: str, shard: str) -> str:
    """The key in the index `received` of the requests of a month (UTC) and a shard."""
    return f"{month}#{shard}"


def _shard_of(request_id: RightsRequestId) -> str:
    return shards.shard_of(request_id, SHARDS)


_EARLIEST, _LATEST = clock.to_text(clock.from_epoch(0)), "~"
MAX_READ = 100  # items of a batched read
_TRIES = 3  # of a write while other writers append to the same history


# The key of an index entry, for a query that starts after it.
ListPlace = Mapping[str, str]


@dataclass(frozen=True)
class RequestPage:
    """Requests of a subject. `last`: the next page starts after it; None on the last page."""

    found: list[RightsRequest]
    last: RightsRequestId | None
    unreadable: list[RightsRequestId]


class MovedMeanwhile(Conflict):
    """Another writer changed the request since it was read."""


class RequestExists(Conflict):
    """A request with this id exists already."""


class ExercisedAlready(Conflict):
    """An open request exercises the same right of the same subject."""


def key(request_id: RightsRequestId) -> Key:
    """The key of a request."""
    return Key(Table.RIGHTS, f"R#{request_id}", "request")


def export_key(request_id: RightsRequestId) -> Key:
    """The key of the record about a request's copy."""
    return Key(Table.RIGHTS, f"R#{request_id}", "export")


def guard_key(account_id: AccountId, guard: str) -> Key:
    """The key of a guard, which is a right or `NEW_NUMBER`."""
    return Key(Table.RIGHTS, partition_of(account_id), f"open#{guard}")


def read(request_id: RightsRequestId) -> RightsRequest | None:
    """A request in its current state; None if there is none."""
    return codec.read(RightsRequest, key(request_id))


def of_account(account_id: AccountId, after: ListPlace | None, maximum: int) -> RequestPage:
    """The requests of a subject after a place in the list, newest first; a new one may be missing."""
    rows = list(
        table.query(
            Query(
                Table.RIGHTS,
                partition_of(account_id),
                index=Index.OWNER,
                order=Order.DESCENDING,
                limit=maximum + 1,
                after=after,
            )
        )
    )
    ids = [RightsRequestId(row["pk"].removeprefix("R#")) for row in rows[:maximum]]
    found, unreadable = read_several(ids)
    there = {*unreadable, *(request.request_id for request in found)}
    last = next((request_id for request_id in reversed(ids) if request_id in there), None)
    return RequestPage(found, last if len(rows) > maximum else None, unreadable)


def place_after(account_id: AccountId, cursor: Cursor | None) -> ListPlace | None:
    """The place in a subject's list where the page before ended; opens no sealed field.

    The cursor is the id of its last request. The place has more, since several requests may have been
    received in one second.

    Raises:
        InvalidRequest: the cursor is malformed, or names no request of this subject.
    """
    if cursor is None:
        return None
    place = key(RightsRequestId(cursor))
    item = table.get(place)
    if item is None or item.get(Index.OWNER.pk) != partition_of(account_id):
        raise invalid_cursor()
    return {**place.attributes(), **{name: item[name] for name in (Index.OWNER.pk, Index.OWNER.sk)}}


def ids_of(account_id: AccountId) -> Iterator[RightsRequestId]:
    """The ids of all requests of a subject, oldest first."""
    return (request_id for request_id, _ in places_of(account_id))


def places_of(
    account_id: AccountId, after: ListPlace | None = None
) -> Iterator[tuple[RightsRequestId, ListPlace]]:
    """The ids of a subject's requests after a place in the list, oldest first, each with its place."""
    names = (*key(RightsRequestId("")).attributes(), Index.OWNER.pk, Index.OWNER.sk)
    for row in table.query(Query(Table.RIGHTS, partition_of(account_id), index=Index.OWNER, after=after)):
        if row["pk"].startswith("R#"):  # reports of abuse are in it too
            yield RightsRequestId(row["pk"].removeprefix("R#")), {name: row[name] for name in names}


def all_of(account_id: AccountId) -> Iterator[RightsRequest]:
    """All requests of a subject that can be read, oldest first."""
    for ids in batched(ids_of(account_id), MAX_READ):
        yield from read_several(ids)[0]


def read_several(request_ids: Sequence[RightsRequestId]) -> tuple[list[RightsRequest], list[RightsRequestId]]:
    """Read at most 100 requests; returns them and the ids of unreadable ones, in this order.

    Missing requests are skipped. One that cannot be opened is logged and counted; the others are returned.
    """
    items = table.batch_get(map(key, request_ids))
    found, unreadable = list[RightsRequest](), list[RightsRequestId]()
    for request_id in request_ids:
        if item := items.get(key(request_id)):
            try:
                found.append(codec.opened(RightsRequest, item))
            except SealingError as error:
                observe.record_unreadable("request_unreadable", error, request_id=request_id)
                unreadable.append(request_id)
    return found, unreadable


def exercised_by(account_id: AccountId, guard: str) -> RightsRequestId | None:
    """The id of the open request by which a subject exercises a right; None if there is none."""
    found = codec.read(OpenRequest, guard_key(account_id, guard))
    return found.request_id if found else None


def export_file(request_id: RightsRequestId) -> ExportFile | None:
    """The record of a request's copy; None if there is none, or it has expired."""
    return codec.read(ExportFile, export_key(request_id))


def keeping_file(file: ExportFile) -> Write:
    """The write that records a copy; it succeeds again if the step `deliver` is repeated."""
    place = export_key(file.request_id)
    same = Attr("sha256").exists()
    return Create(place, codec.to_item(file, place), or_over=same)


def note_link(file: ExportFile) -> None:
    """Note that the subject got a link to a copy; only the first time is kept."""
    if file.linked_at:
        return
    place, linked = export_key(file.request_id), file.model_copy(update={"linked_at": clock.now()})
    same = Attr("sha256").eq(file.sha256) & Attr("linked_at").not_exists()
    # Refused if another link was given, or the copy has expired.
    table.try_write(Replace(place, codec.to_item(linked, place), only_if=same))


def copies_of(account_id: AccountId) -> Iterator[ExportFile]:
    """The copies that a subject can fetch now."""
    for ids in batched(ids_of(account_id), MAX_READ):
        for item in table.batch_get(map(export_key, ids)).values():
            yield codec.opened(ExportFile, item)


def open_requests_of(account_id: AccountId) -> dict[str, RightsRequestId]:
    """The open requests of a subject, by the right that each exercises, or `NEW_NUMBER`."""
    keys = {guard_key(account_id, guard): guard for guard in GUARDS}
    items = table.batch_get(keys)
    return {keys[place]: codec.opened(OpenRequest, item).request_id for place, item in items.items()}


def create(request: RightsRequest, entry: NewEntry, also: Sequence[Write] = ()) -> None:
    """Create a request, its guard unless it is answered, its first evidence and `also`, in one transaction.

    Raises:
        RequestExists: holds the stored item.
        ExercisedAlready: holds the guard, which names the other request.
        Conflict: the condition of a write in `also` does not hold.
    """
    place, guard = key(request.request_id), guard_key(request.account_id, request.guard)
    opened = OpenRequest(request_id=request.request_id)
    guards = [Create(guard, codec.to_item(opened, guard), conflict=ExercisedAlready)]
    new = Create(place, _item(evidence.with_period(request)), conflict=RequestExists)
    history = evidence.history_of(request.request_id)
    with_it = [*(guards if request.is_open else []), *also]
    try:
        commit(new, chain.first_write(history, entry), *with_it)
    except HeadMoved:  # a restored table lacks the request, and its client repeats the call
        commit(new, chain.append_write(history, entry), *with_it)


def move(
    before: RightsRequest, after: RightsRequest, entry: NewEntry | None = None, also: Sequence[Write] = ()
) -> RightsRequest:
    """Write a request over the version that was read, with its evidence and `also`.

    If the write closes the request, the same transaction deletes the guard of its right. If the newest
    entry of its history was altered, no entry can follow it: the request is written, its evidence is owed.

    Raises:
        MovedMeanwhile: another writer changed the request; nothing was written.
        HeadMoved: another writer appended to the history in every try; nothing was written.
    """
    for _ in range(_TRIES - 1):
        try:
            return _write_move(before, after, entry, also)
        except HeadMoved:  # an inspection by staff changes the history, not the request
            continue
    return _write_move(before, after, entry, also)


def _write_move(
    before: RightsRequest, after: RightsRequest, entry: NewEntry | None, also: Sequence[Write]
) -> RightsRequest:
    append, after = evidence.append_or_owe(after, entry) if entry else (None, after)
    after = evidence.with_period(after.model_copy(update={"version": before.version + 1}))
    move = next_version(key(before.request_id), _item(after), MovedMeanwhile)
    with_it: list[Write] = []
    if before.is_open and not after.is_open:
        ours = Attr("request_id").eq(before.request_id)
        with_it.append(Delete(guard_key(before.account_id, before.guard), ours, conflict=MovedMeanwhile))
    if append:
        with_it.append(append)
    commit(move, *with_it, *_ending_papers(before, after), *also)
    return after


def _ending_papers(before: RightsRequest, after: RightsRequest) -> Iterator[Write]:
    """The write from which on identity papers are kept for days only: the identity was decided."""
    if before.status is Status.AWAITING_VERIFICATION is not after.status:
        found = papers.read(before.request_id)
        if found:
            yield papers.written(found.decided(clock.now()), MovedMeanwhile)


def due(shard: str, now: datetime) -> Iterator[RightsRequestId]:
    """The ids of a shard's requests that have work due, longest due first."""
    by_now = Between(_EARLIEST, clock.to_text(now))
    for row in table.query(Query(Table.RIGHTS, shard, by_now, index=Index.DUE)):
        yield RightsRequestId(row["pk"].removeprefix("R#"))


def open_requests(shard: str, since: datetime | None = None) -> Iterator[tuple[RightsRequestId, datetime]]:
    """The ids of a shard's open requests with the time their answer is due, most urgent first.

    `since`: only those due then or later. A paused clock counts as the latest it can reach within a year.
    """
    due_then = Between(clock.to_text(since), _LATEST) if since else None
    for row in table.query(Query(Table.RIGHTS, shard, due_then, index=Index.OPEN)):
        yield RightsRequestId(row["pk"].removeprefix("R#")), datetime.fromisoformat(row["answer_by"])


def kinds_of(request_ids: Sequence[RightsRequestId]) -> list[tuple[Right, datetime, str]]:
    """The right, the time of receipt and why up to 100 requests wait ("": they do not), which stay sealed."""
    found = table.batch_get(map(key, request_ids)).values()
    return [(Right(one["right"]), datetime.fromisoformat(one["received_at"]), _wait(one)) for one in found]


def _wait(item: Item) -> str:
    return item.get("waits_for") or "" if item.get("run_at") else ""


def stuck_requests(
    shard: str, since: tuple[int, datetime] | None = None
) -> Iterator[tuple[RightsRequestId, tuple[int, datetime]]]:
    """A shard's requests that make no progress, with rank and time; `since`: only from there on."""
    then = Between(standstill.place(*since), _LATEST) if since else None
    for row in table.query(Query(Table.RIGHTS, shard, then, index=Index.STUCK, page=MAX_READ)):
        yield RightsRequestId(row["pk"].removeprefix("R#")), standstill.read_place(row["stuck_as"])


def stuck_places(shard: str) -> Iterator[str]:
    """The places of a shard's requests that make no progress (`standstill.read_place`)."""
    return (row["stuck_as"] for row in table.query(Query(Table.RIGHTS, shard, index=Index.STUCK)))


def _item(request: RightsRequest) -> Item:
    owner = {Index.OWNER.pk: partition_of(request.account_id)}
    return codec.to_item(request, key(request.request_id)) | owner | attributes_of(request)


_PAGE = 50  # rows of a shard in one call; a page of the log takes a part of each shard


def received(
    month: str, shard: str, since: datetime, until: datetime
) -> Iterator[tuple[RightsRequestId, datetime]]:
    """Yield the requests of a month and shard that were received in a period, oldest first.

    Args:
        month: as `2026-11`, in UTC.
        shard: one of the shards of requests.
        since: the first instant.
        until: the last instant.
    """
    within = Between(clock.to_text(since), clock.to_text(until))
    listed = Query(Table.RIGHTS, log_of(month, shard), within, index=Index.RECEIVED, page=_PAGE)
    for row in table.query(listed):
        yield RightsRequestId(row["pk"].removeprefix("R#")), datetime.fromisoformat(row["received_at"])
