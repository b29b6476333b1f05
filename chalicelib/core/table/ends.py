"""The index `ends`: items by their end, so that the purge reads only those that are due (ADR 33).

Each write that sets `delete_at` also sets the two attributes of the index:

    ends       <day>#<shard>   the day (UTC) of the end, or of the write if the end has passed already
    ends_from  epoch seconds   the end

So an item never enters the partition of a day that is over. A write that only defers the end may leave the
item at its earlier end (`Reindex.WHEN_DUE`): the purge finds it there and moves it once. So `ends_from` is
at or before `delete_at`. One exception: after the period of sessions was shortened, a refresh sets an earlier
end and leaves the row, until the session is re-dated.

Items of usage that are in the index `hourly` are not in this one: the purge reads them there. One whose end
was changed later (re-dated, or hidden under a hold) is in both, and is deleted at its end by either.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum, auto

from chalicelib.core import clock, shards
from chalicelib.core.table.items import Item, Key
from chalicelib.core.table_names import END_NAMES, Table

END = "delete_at"
SHARDS = shards.names(16)


class Reindex(Enum):
    """When the index gets the new end of a changed item."""

    NOW = auto()
    WHEN_DUE = auto()  # for an end that is only ever deferred; the purge moves the item at the earlier end


def partitions(day: date) -> tuple[str, ...]:
    """The partitions of a day."""
    return tuple(_partition(day, shard) for shard in SHARDS)


def of_item(key: Key, item: Mapping[str, object]) -> Item:
    """The attributes of the index for a new item; none if it has no end or is in `hourly`."""
    end = item.get(END)
    if not isinstance(end, int) or (key.table is Table.USAGE and "hour" in item):
        return {}
    day = max(clock.from_epoch(end), clock.now()).date()
    return dict(zip(END_NAMES, (_partition(day, _shard_of(key)), end), strict=True))


def of_change(key: Key, put: Mapping[str, object], reindex: Reindex) -> Item:
    """The attributes of the index that a change of an item sets."""
    return of_item(key, put) if reindex is Reindex.NOW else {}


def is_current(item: Item) -> bool:
    """Return whether a stored item is where the purge finds it at its end, or has none."""
    if END not in item or "hour" in item:
        return True
    return bool(item.get("ends_from", item[END] + 1) <= item[END])


def without_end(drop: Iterable[str]) -> tuple[str, ...]:
    """The attributes of the index that a change drops: all if it drops the end."""
    return END_NAMES if END in drop else ()


def _shard_of(key: Key) -> str:
    return shards.shard_of(f"{key.pk}{key.sk or ''}", SHARDS)


def _partition(day: date, shard: str) -> str:
    return f"{day:%Y-%m-%d}#{shard}"
