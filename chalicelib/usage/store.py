"""All DynamoDB of usage.

    A#<account id>   <time>#<event id>   an event; sent again, it overwrites itself
    day#<day>        partial#<shard>     what one shard of accounts comes to
    day#<day>        figures             what was published, which makes the day final

Events stand in the index `hourly` under `<hour>#<shard>`, sorted by account. A shard is a share of the
accounts: it spreads the writes of an hour over partitions (one takes 1,000 a second), and distinct
accounts of all shards add up. Its number is part of what is stored: another number of shards begins
with a new index.
"""

import heapq
import itertools
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter

from chalicelib.core import table
from chalicelib.core.clock import to_text
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Conflict, Create, Delete, Index, Item, Key, Query, Table
from chalicelib.privacy import codec
from chalicelib.usage.figures import Figures, Seen
from chalicelib.usage.model import DiagnosticsEvent, UsageEvent, UsagePartial

SHARDS = 16
# Items that one call reads: 24 hours are read side by side, so this bounds the memory of a roll-up.
_PAGE = 250


class AlreadyPublished(Conflict):
    """The day's figures are final."""


def hour_of(account_id: AccountId, at: datetime) -> str:
    """Where in the index an account's event stands."""
    return f"{at:%Y-%m-%dT%H}#{zlib.crc32(account_id.encode()) % SHARDS:02}"


def put(events: Iterable[UsageEvent | DiagnosticsEvent]) -> None:
    """Keep events, each in its place.

    Raises:
        Unavailable: not all of them are kept; sent again, they are, and none of them twice.
    """
    placed = ((_key(event), event) for event in events)
    table.put_all(Table.USAGE, [(key, codec.to_item(event, key)) for key, event in placed])


def _key(event: UsageEvent | DiagnosticsEvent) -> Key:
    return Key(Table.USAGE, f"A#{event.account_id}", f"{to_text(event.at)}#{event.event_id}")


def by_account(day: date, shard: int) -> Iterator[tuple[AccountId, Iterator[Seen]]]:
    """The events of one day and shard, account by account; each account's are to be taken before the next."""
    hours = (
        table.query(Query(Table.USAGE, f"{day}T{hour:02}#{shard:02}", index=Index.HOURLY, page=_PAGE))
        for hour in range(24)
    )
    together = heapq.merge(*hours, key=itemgetter("pk"))
    for pk, items in itertools.groupby(together, itemgetter("pk")):
        yield AccountId(pk.removeprefix("A#")), map(Seen.of, items)


@dataclass(frozen=True)
class Day:
    """What stands of a day: its partials by shard, and whether it is final."""

    partials: dict[int, UsagePartial]
    published: bool


def day(of: date) -> Day:
    """Read both together, consistently."""
    partials: dict[int, UsagePartial] = {}
    published = False
    for item in table.query(Query(Table.USAGE, _pk(of))):
        if item["sk"] == _FIGURES:
            published = True
        else:
            partial = codec.opened(UsagePartial, item)
            partials[partial.shard] = partial
    return Day(partials, published)


def put_partial(of: date, partial: UsagePartial) -> None:
    """Write a partial over the one before it: counted again, nothing is counted twice."""
    key = _partial_key(of, partial.shard)
    table.put_all(Table.USAGE, [(key, codec.to_item(partial, key))])


def publish(figures: Figures) -> None:
    """Publish a day, once and for good.

    Raises:
        AlreadyPublished: it was; its figures stay as they are.
    """
    item: Item = {"kind": "usage_figures", **figures.model_dump(mode="json", exclude_none=True)}
    table.write(Create(Key(Table.USAGE, _pk(figures.day), _FIGURES), item, conflict=AlreadyPublished))


def forget_partials(of: date, shards: Iterable[int]) -> None:
    """Delete what a published day does not need any more."""
    for shard in shards:
        with suppress(Conflict):  # somebody else's run did it, or it expired
            table.write(Delete(_partial_key(of, shard)))


_FIGURES = "figures"


def _pk(of: date) -> str:
    return f"day#{of}"


def _partial_key(of: date, shard: int) -> Key:
    return Key(Table.USAGE, _pk(of), f"partial#{shard:02}")
