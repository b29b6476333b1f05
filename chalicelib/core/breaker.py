"""A breaker: refuses a group's uses while too few of them come to their good end (ADR 12).

Every use owes, every good end pays: with 80 percent that may be lost, a use adds 20 to the group's
`debt` and a good end takes 100 off, so the debt is above zero exactly while more than 80 percent of
the uses had no good end. That makes the rule a condition of the one write that counts, like any other
limit: nothing is read before it, and parallel uses can't slip through in between.

A group counts in one item, exactly, until it is busy. From there on it is spread (core/spreading): a use
and its good end fall into the same item by their `lot`, so each judges its own.

The slots are fixed (of UTC): a closed group opens with the next one, or as soon as enough of what is
out comes to a good end.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, metrics, spreading, table
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.limiter import WhenUnreachable, counter, until_end_of_slot
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Attr, Change, Conflict, Item, Key

# Far below what an item takes, far above what is judged by.
_BUSY = 1000
_PAID = 100


@dataclass(frozen=True)
class Breaker:
    """A named limit on the share of uses without a good end.

    `lost` is the percentage that may be lost, judged from `least` uses in a slot of `length` on.
    """

    name: str
    length: Callable[[], timedelta]
    least: Callable[[], int]
    lost: Callable[[], int]
    problem: type[TooMany]
    when_unreachable: WhenUnreachable

    def hit(self, group: str, lot: str) -> Key | None:
        """Count one use; where it was counted, so that it can be given back there.

        `lot` is any text of the use that its good end knows too, spread evenly.

        Raises:
            TooMany: the group is closed; the class is the breaker's `problem`.
            Unavailable: the counter can't be reached, and the breaker refuses then.
        """
        few = Attr("uses").not_exists() | Attr("uses").lt(self.least())
        try:
            return self._count(
                group, lot, {"uses": 1, "debt": _PAID - self.lost()}, few | Attr("debt").lte(0)
            )
        except Conflict:
            metrics.count(Metric.BREAKER_REFUSED)
            raise self.problem(limit=self.name, retry_after=self._left()) from None
        except Unavailable as outage:
            self.when_unreachable.answer(outage)
            return None

    def give_back(self, place: Key | None) -> None:
        """Uncount a use that did not happen. What can't be given back stays counted."""
        if place is None:
            return
        undone = {"uses": -1, "debt": self.lost() - _PAID}
        with suppress(Conflict, Unavailable):
            table.write(Change(place, add=undone, only_if=Attr("uses").gt(0)))

    def count_success(self, group: str, lot: str) -> None:
        """Count a good end. If it can't be counted the group looks worse than it is: the strict side."""
        with suppress(Unavailable):
            self._count(group, lot, {"debt": -_PAID}, Attr("pk").not_exists() | Attr("pk").exists())

    def _count(self, group: str, lot: str, counts: dict[str, int], only_if: ConditionBase) -> Key:
        at = clock.to_epoch(clock.now())
        seconds = int(self.length().total_seconds())
        first = counter(self.name, group, f"{seconds}_{at // seconds}")
        place = spreading.place(first, lot)
        try:
            found = table.write(
                Change(place, put=until_end_of_slot(at, seconds), add=counts, only_if=only_if)
            )
        except Conflict as closed:  # others may be open where this container does not look yet
            self._mark_if_busy(first, closed.found or {})
            raise
        self._mark_if_busy(first, found)
        return place

    def _mark_if_busy(self, first: Key, found: Item) -> None:
        if found.get("uses", 0) >= max(_BUSY, self.least()):
            spreading.mark_busy(first)

    def _left(self) -> int:
        """Seconds until the slot ends."""
        seconds = int(self.length().total_seconds())
        return seconds - clock.to_epoch(clock.now()) % seconds
