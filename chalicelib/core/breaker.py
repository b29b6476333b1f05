"""A breaker refuses the uses of a group while too few of them succeed (ADR 12).

Each use adds to the group's `debt`, each success reduces it. If 80 percent may fail, a use adds 20 and a
success subtracts 100, so the debt is above zero exactly while more than 80 percent of the uses have not
succeeded. The rule is therefore a condition of the one write that counts, as in any other limit: nothing is
read before it, and parallel uses cannot pass in between.

A group is counted exactly, in one item, until it is busy. Then it is spread over several items
(core/limiter). A use and its success fall into the same item by their `lot`, so each item applies the rule
to its own uses.

The slots are fixed in UTC. A refused group is admitted again in the next slot, or as soon as
enough pending uses succeed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, limiter, metrics, table
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.limiter import WhenUnreachable, counter, until_end_of_slot
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Attr, Change, Conflict, Item, Key

# Far below the writes that an item takes, and far above the number of uses from which the rule applies.
_BUSY = 1000
_PAID = 100


@dataclass(frozen=True)
class Breaker:
    """A named limit on the share of uses that do not succeed.

    `lost` is the percentage that may fail. The rule applies from `minimum` uses in a slot of `length` on.
    """

    name: str
    length: Callable[[], timedelta]
    minimum: Callable[[], int]
    lost: Callable[[], int]
    problem: type[TooMany]
    when_unreachable: WhenUnreachable

    def hit(self, group: str, lot: str) -> Key | None:
        """Count one use; returns the key of its counter for `uncount`, None if it was not counted.

        `lot` is a text that the use and its success share; its values have to be spread evenly.

        Raises:
            TooMany: too few uses of the group succeeded; the class is the breaker's `problem`.
            Unavailable: the counter is unreachable, and the breaker's rule is REFUSE.
        """
        few = Attr("uses").not_exists() | Attr("uses").lt(self.minimum())
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

    def uncount(self, place: Key | None) -> None:
        """Uncount a use that did not happen. It stays counted if the counter is unreachable."""
        if place is None:
            return
        undone = {"uses": -1, "debt": self.lost() - _PAID}
        with suppress(Conflict, Unavailable):
            table.write(Change(place, add=undone, only_if=Attr("uses").gt(0)))

    def count_success(self, group: str, lot: str) -> None:
        """Count a success. If the counter is unreachable, the debt stays too high, the strict side."""
        with suppress(Unavailable):
            self._count(group, lot, {"debt": -_PAID}, Attr("pk").not_exists() | Attr("pk").exists())

    def _count(self, group: str, lot: str, counts: dict[str, int], only_if: ConditionBase) -> Key:
        at = clock.to_epoch(clock.now())
        seconds = int(self.length().total_seconds())
        first = counter(self.name, group, f"{seconds}_{at // seconds}")
        place = limiter.place_of_use(first, lot)
        try:
            found = table.write(
                Change(place, put=until_end_of_slot(at, seconds), add=counts, only_if=only_if)
            )
        except Conflict as refusal:
            # The group may be admitted by its other items, which this container does not use yet.
            self._mark_if_busy(first, refusal.found or {})
            raise
        self._mark_if_busy(first, found)
        return place

    def _mark_if_busy(self, first: Key, found: Item) -> None:
        if found.get("uses", 0) >= max(_BUSY, self.minimum()):
            limiter.mark_busy(first)

    def _left(self) -> int:
        """Return the seconds until the slot ends."""
        seconds = int(self.length().total_seconds())
        return seconds - clock.to_epoch(clock.now()) % seconds
