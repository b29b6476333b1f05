"""All DynamoDB access of usage.

    A#<account id>   <hour>#<hash>     events of one kind, device and UTC day; a resent batch overwrites it
    A#<account id>   count#<day>       how many events of the account were accepted on a day
    day#<day>        partial#<shard>   the counts of one shard so far, and the last account they include
    day#<day>        figures           the published figures, which make the day final

The index `hourly` holds events under `<hour>#<shard>`, sorted by account; the hour is that of the item's
oldest event. A shard is a share of the accounts. Shards spread the writes of an hour over partitions, each of
which takes 1,000 a second; since they share no account, their numbers of accounts can be added.
"""

import hashlib
import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import itemgetter

from chalicelib.accounts.model import Platform
from chalicelib.core import clock, metrics, shards, table
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import Unfit
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    KeysAfter,
    Prefix,
    Query,
    Table,
    account_of,
    partition_of,
)
from chalicelib.privacy import bundles, codec
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage.figures import Figures, Seen, group_of
from chalicelib.usage.model import (
    DiagnosticsEvent,
    DiagnosticsFault,
    UsageCount,
    UsageEvent,
    UsagePartial,
)

StoredEvent = UsageEvent | DiagnosticsEvent

SHARDS = shards.names(16)
# Bytes of the events in one item, so that a transaction of 25 items fits into DynamoDB's 4 MB.
MAX_ITEM_BYTES = 100_000
# Items per call: 24 hours are read in parallel, so this bounds the memory of a roll-up.
_PAGE = 250


class AlreadyPublished(Conflict):
    """The day's figures are final."""


class _AlreadyCounted(Conflict):
    """The batch is the last one that was counted."""


StoredItem = tuple[Key, Item]


def count(account_id: AccountId, number: int, items: Sequence[StoredItem]) -> int:
    """Count a batch of events towards today (UTC); return how many were counted before it.

    This is one atomic write, so parallel batches get separate numbers. If the batch is the last one that was
    counted, it is not counted again and gets the same number, since its items only overwrite themselves.

    Raises:
        Unavailable: the outcome is unknown; the batch may have been counted.
    """
    began = datetime.combine(clock.now().date(), time(), UTC)
    batch = _hash(key.sk or "" for key, _ in items)
    counted = UsageCount(account_id=account_id, began_at=began, events=number, last_batch=batch)
    key = Key(Table.USAGE, partition_of(account_id), f"count#{began.date()}")
    put = codec.to_item(counted, key)
    add = {"events": put.pop("events")}
    is_new = Attr("last_batch").not_exists() | Attr("last_batch").ne(counted.last_batch)
    try:
        stands = table.write(Change(key, put=put, add=add, only_if=is_new, conflict=_AlreadyCounted))
    except _AlreadyCounted as before:
        stands = before.found or {}
    return int(stands.get("events", number)) - number


def hour_of(account_id: AccountId, at: datetime) -> str:
    """The index key of an account's events of an hour."""
    return f"{at:%Y-%m-%dT%H}#{shards.shard_of(account_id, SHARDS)}"


def hour_partitions(hour: datetime) -> tuple[str, ...]:
    """The index keys of all events of an hour."""
    return tuple(f"{hour:%Y-%m-%dT%H}#{shard}" for shard in SHARDS)


def put(items: Iterable[StoredItem]) -> None:
    """Store the items of events.

    Raises:
        Unavailable: not all of them are stored; the same call may be repeated, and stores none twice.
    """
    table.put_all(Table.USAGE, items)


def items_of(events: Iterable[StoredEvent]) -> list[StoredItem]:
    """The items of events: those of one account, kind, device and UTC day are in one."""
    alike: dict[object, list[StoredEvent]] = defaultdict(list)
    for event in events:
        alike[event.at.date(), bundles.shared(event)].append(event)
    ordered = (sorted(some, key=lambda event: (event.at, event.event_id.int)) for some in alike.values())
    return [item for some in ordered for item in _halved(some)]


def _halved(events: Sequence[StoredEvent]) -> Iterator[StoredItem]:
    """The items of some events, halved until an item is small enough; the same events always split alike."""
    key, item = _item(events)
    if len(item[bundles.ROWS].encode()) <= MAX_ITEM_BYTES or len(events) == 1:
        yield key, item
    else:
        middle = len(events) // 2
        yield from _halved(events[:middle])
        yield from _halved(events[middle:])


def _item(events: Sequence[StoredEvent]) -> StoredItem:
    first = events[0]
    hour = hour_of(first.account_id, first.at)
    ids = _hash((first.declaration.kind, *(str(event.event_id) for event in events)))
    key = Key(Table.USAGE, partition_of(first.account_id), f"{first.at:%Y-%m-%dT%H}#{ids}")
    return key, {**bundles.pack(events), "hour": hour}


def _hash(texts: Iterable[str]) -> str:
    """A hash of texts in their order; half of SHA-256, in 32 characters."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def by_account(
    day: date, shard: str, max_events_of_one: int, after: AccountId | None = None
) -> Iterator[tuple[AccountId, Iterator[Seen]]]:
    """Yield the events of one day and shard, account by account, after `after` if it is given.

    Consume each account's events before the next account. Of each account at most `max_events_of_one`
    are read.
    """
    last = partition_of(after) if after else ""
    while True:
        for pk, items in itertools.groupby(_together(day, shard, last), itemgetter("pk")):
            last = pk
            events = _events(items)
            yield account_of(pk), itertools.islice(events, max_events_of_one)
            if next(events, None):
                metrics.count(Metric.USAGE_ACCOUNT_CUT)
                break  # and query again after this account, instead of reading all of its items
        else:
            return


def _together(day: date, shard: str, last: str) -> Iterator[Item]:
    """The items of a day's hours, merged by account."""
    hours = (
        table.query(
            Query(
                Table.USAGE,
                f"{day}T{hour:02}#{shard}",
                KeysAfter(last) if last else None,
                index=Index.HOURLY,
                page=_PAGE,
            )
        )
        for hour in range(24)
    )
    return heapq.merge(*hours, key=itemgetter("pk"))


def _events(items: Iterable[Item]) -> Iterator[Seen]:
    """Yield the events in items. Items and events that cannot be read are skipped and counted."""
    for item in items:
        try:
            rows = bundles.unpacked(_KINDS[item["kind"]], item)
        except (KeyError, Unfit):
            metrics.count(Metric.USAGE_UNREADABLE)
            continue
        for row in rows:
            try:
                yield seen_in(row)
            except Unfit:
                metrics.count(Metric.USAGE_UNREADABLE)


_KINDS: dict[str, type[StoredEvent]] = {
    kind.declaration.kind: kind for kind in (UsageEvent, DiagnosticsEvent)
}


_PURPOSES = {kind: model.declaration.purpose for kind, model in _KINDS.items()}


def seen_in(row: Item) -> Seen:
    """The part of a stored event that is counted.

    Raises:
        Unfit: the row is not a valid event.
    """
    try:
        purpose = _PURPOSES[row["kind"]]
        is_fault = purpose is Purpose.DIAGNOSTICS
        group = group_of(
            purpose,
            _text(row["name"]),
            Platform(row["platform"]),
            screen=_text_or_none(row, "screen"),
            fault=DiagnosticsFault(row["diagnostics"]["kind"]) if is_fault else None,
            app_version=_text_or_none(row, "app_version"),
        )
        duration = row.get("duration_ms")
        return Seen(group, None if duration is None else int(duration), _text(row["event_id"]))
    except (KeyError, TypeError, ValueError):  # the text of the error may quote values
        raise Unfit("usage") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(row: Item, name: str) -> str | None:
    return _text(row[name]) if name in row else None


@dataclass(frozen=True)
class DayProgress:
    """The progress of a day: which shards have a partial, and whether the day is published."""

    shards: frozenset[str]
    published: bool


def read_day_progress(of: date) -> DayProgress:
    """Read the progress of a day in one consistent query, without its counts."""
    places = {item["sk"] for item in table.query(Query(Table.USAGE, _pk(of), attributes=()))}
    counted = frozenset(sk.removeprefix(_PARTIAL) for sk in places if sk.startswith(_PARTIAL))
    return DayProgress(counted, published=_FIGURES in places)


def partials(of: date) -> dict[str, UsagePartial]:
    """Read the partials of a day, by shard.

    A partial that cannot be read is skipped and counted, and its shard is counted again.
    """
    found: dict[str, UsagePartial] = {}
    for item in table.query(Query(Table.USAGE, _pk(of), Prefix(_PARTIAL))):
        try:
            partial = codec.opened(UsagePartial, item)
        except Unfit:
            metrics.count(Metric.USAGE_UNREADABLE)
        else:
            found[partial.shard] = partial
    return found


def put_partial(of: date, partial: UsagePartial) -> None:
    """Replace the partial of a shard."""
    key = _partial_key(of, partial.shard)
    table.put_all(Table.USAGE, [(key, codec.to_item(partial, key))])


def publish(figures: Figures) -> None:
    """Publish the figures of a day, which makes them final.

    Raises:
        AlreadyPublished: the day has figures; they stay unchanged.
    """
    item: Item = {"kind": "usage_figures", **figures.model_dump(mode="json", exclude_none=True)}
    table.write(Create(Key(Table.USAGE, _pk(figures.day), _FIGURES), item, conflict=AlreadyPublished))


def forget_partials(of: date, counted: Iterable[str]) -> None:
    """Delete the partials of a published day."""
    for shard in counted:
        table.try_write(Delete(_partial_key(of, shard)))  # refused if another run deleted it, or it expired


_FIGURES, _PARTIAL = "figures", "partial#"


def _pk(of: date) -> str:
    return f"day#{of}"


def _partial_key(of: date, shard: str) -> Key:
    return Key(Table.USAGE, _pk(of), f"{_PARTIAL}{shard}")
