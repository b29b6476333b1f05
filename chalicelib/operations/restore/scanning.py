"""Works on segments of a table, and on many items, at the same time.

Threads suffice: the work waits for AWS. Each of them has one page or one item in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from chalicelib.core.batches import batched
from chalicelib.core.shards import Segment

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
