"""Finds and deletes items of any table that name an account, for commands: no role of a function may scan.

It works on segments of a table, and on many items, at the same time. Threads suffice: the work waits for AWS.
Each of them has one page or one item in memory.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.core import table
from chalicelib.core.batches import batched
from chalicelib.core.shards import Segment
from chalicelib.core.table import Expired, Key, Scan, Table


def items_of(account_ids: Collection[str], place: Table, segment: Segment) -> Iterator[list[Key]]:
    """The keys of the items in a segment that name one of some accounts, by page, also of expired items.

    An item names an account if one of its texts does, whole or as a part between `#`: its partition, or an
    attribute at any depth. What is sealed is not searched.
    """
    for page in table.scan(Scan(place, None, segment=segment, expired=Expired.INCLUDED)):
        yield [
            Key(place, item["pk"], item.get("sk"))
            for item in page.items
            if any(part in account_ids for text in _texts(item) for part in text.split("#"))
        ]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - the value of any attribute
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list() | set():
            for inner in value:
                yield from _texts(inner)


def delete(keys: list[Key]) -> None:
    """Delete items of one table, whatever their state.

    Raises:
        Unavailable: not all of them are deleted; the call may be repeated.
    """
    table.delete_all(keys)


T = TypeVar("T")
R = TypeVar("R")

# Items per thread that wait for their turn.
_AHEAD = 8


@dataclass(frozen=True)
class Workers:
    """How many threads work at the same time; a table is scanned in as many segments."""

    number: int

    def on_segments(self, work: Callable[[Segment], R]) -> Iterator[R]:
        """Work on all segments of a table; yields the results in the order of the segments.

        If one of them fails, the others end first; then the error is raised.
        """
        return self.on_each((Segment(number, self.number) for number in range(self.number)), work)

    def on_each(self, items: Iterable[T], work: Callable[[T], R]) -> Iterator[R]:
        """Work on each item; yields the results in the order of the items."""
        with ThreadPoolExecutor(self.number) as pool:
            for some in batched(items, self.number * _AHEAD):
                yield from pool.map(work, some)
