"""Limits as atomic counters: one item per subject and limiter, one write per hit.

A limiter has one or more windows (5 in 30 minutes and 10 a day). Each window has a counter for its current
slot. All counters of a subject are in one item and are incremented by one conditional update, so parallel
hits cannot pass between a read and a write. It is never part of a transaction. A refused hit is not counted.

Each limiter declares what happens when its counter is unreachable (throttled, timed out, table down): REFUSE
if a hit costs money or guards a secret, ALLOW if an outage of the counter must not become an outage of the
service. Keys contain subjects as hashes only. `accounts/challenges/model` declares what is stored.

A counter that is too busy for one item is spread over 32 more (the breaker's and those of budgets). An item
takes at most a thousand writes a second. A counter is exact, in its first item, until its owner marks
it as busy. Then each use is counted in one of 32 other items, chosen by its `lot`: a text that later writes
about the same use know too, so they reach the same item. Each item applies its rule to its own uses, which
are a fair sample of all uses.

A breaker refuses the uses of a group while too few of them succeed (ADR 12). Each use adds to the group's
`debt`, each success reduces it. If 80 percent may fail, a use adds 20 and a success subtracts 100, so the
debt is above zero exactly while more than 80 percent of the uses have not succeeded. The rule is therefore a
condition of the one write that counts, as in any other limit. A use and its success fall into the same item
by their `lot`. A refused group is admitted again in the next slot, or as soon as enough pending uses succeed.

A bucket is refilled evenly, so that a client which waits for the next slot gains nothing. All it stores is
when it will be full again, which is when its item ends.

A container learns from the results of its own writes that a counter is busy, and for one slot of time only.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import clock, keyring, metrics, shards, table
from chalicelib.core.clock import DAY
from chalicelib.core.contract_words import InnerLimit, LimitName
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.ids import Id
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import Secret
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Table


class WhenUnreachable(Enum):
    """The rule of a limiter while its counter is unreachable."""

    REFUSE = auto()
    ALLOW = auto()

    def answer(self, outage: Unavailable) -> None:
        """Raise the outage (REFUSE), or allow the use uncounted and count that in a metric (ALLOW)."""
        if self is WhenUnreachable.REFUSE:
            raise outage
        metrics.count(Metric.USE_NOT_COUNTED)


@dataclass(frozen=True)
class Window:
    """At most `maximum` hits in each slot of this length (whole seconds, aligned to 1970 UTC).

    With `part` (a letter and hexadecimal digits) it counts only the hits of that part of the subject.
    """

    length: Callable[[], timedelta]
    maximum: Callable[[], int]
    part: str = ""

    @property
    def seconds(self) -> int:
        """The length of a slot."""
        return int(self.length().total_seconds())

    def slot(self, at: int) -> str:
        """The counter's attribute at an instant; each slot has another name, so it starts at 0."""
        return f"n{self.part}{'_' if self.part else ''}{self.span(at)}"

    def span(self, at: int) -> str:
        """The name of the slot at an instant, without the part."""
        return f"{self.seconds}_{at // self.seconds}"

    def left(self, at: int) -> int:
        """Seconds until the slot ends."""
        return self.seconds - at % self.seconds


@dataclass(frozen=True)
class Limiter:
    """A named limit per subject; a hit over it raises `problem` with `limit` and `retry_after`."""

    name: LimitName | InnerLimit
    windows: tuple[Window, ...]
    problem: type[TooMany]
    when_unreachable: WhenUnreachable

    def hit(self, subject: str) -> bool:
        """Count one use; return False if it was admitted uncounted.

        Raises:
            TooMany: a window is full; the class is the limiter's `problem`.
            Unavailable: the counter is unreachable, and the limiter's rule is REFUSE.
        """
        return self._admit(subject, 1)

    def check(self, subject: str) -> None:
        """Refuse as a hit would, without counting.

        It is the same write as a hit. So it is ordered among parallel hits, and a client cannot distinguish
        the two by their duration.

        Raises:
            TooMany, Unavailable: as for a hit.
        """
        self._admit(subject, 0)

    def _admit(self, subject: str, uses: int) -> bool:
        at = clock.to_epoch(clock.now())
        room = (
            Attr(window.slot(at)).not_exists() | Attr(window.slot(at)).lt(window.maximum())
            for window in self.windows
        )
        longest = max(self.windows, key=lambda window: window.seconds)
        try:
            table.write(
                Change(
                    counter(self.name, subject, longest.span(at)),
                    put=until_end_of_slot(at, longest.seconds),
                    add={window.slot(at): uses for window in self.windows},
                    only_if=reduce(and_, room),
                )
            )
        except Conflict as full:
            found = full.found or {}
            wait = max(
                (w.left(at) for w in self.windows if found.get(w.slot(at), 0) >= w.maximum()),
                default=1,
            )
            raise self.problem(limit=self.name, retry_after=wait) from None
        except Unavailable as outage:
            self.when_unreachable.answer(outage)
            return False
        return True

    def uncount(self, subject: str) -> None:
        """Uncount one use that did not happen, in the current slots.

        If the counter is unreachable or its slot has ended, the use stays counted. That is the stricter
        result, and the caller reports another error.
        """
        at = clock.to_epoch(clock.now())
        slots = [window.slot(at) for window in self.windows]
        longest = max(self.windows, key=lambda window: window.seconds)
        with suppress(Conflict, Unavailable):
            table.write(
                Change(
                    counter(self.name, subject, longest.span(at)),
                    add=dict.fromkeys(slots, -1),
                    only_if=reduce(and_, (Attr(slot).gt(0) for slot in slots)),
                )
            )


def counter(name: str, subject: str, slot: str) -> Key:
    """The key of a counter: one item per slot, so it ends with the slot and its size is bounded."""
    return Key(Table.CHALLENGES, f"limit#{name}#{_hash(name, subject)}#{slot}")


def _hash(name: str, subject: str) -> str:
    """A hash that does not reveal the subject.

    Our ids are random and cannot be guessed, so their hash needs no key: functions that only limit accounts
    do not get the lookup key, with which every number could be found. All other subjects can be guessed.
    """
    if isinstance(subject, Id):
        return hashlib.sha256(f"limit#{name}#{subject}".encode()).hexdigest()
    return keyring.mac_keys(Secret.LOOKUP).digest("limit", name, subject).hex()


def until_end_of_slot(at: int, seconds: int) -> Item:
    """The attributes of a counter besides its counts, as `accounts/challenges/model.Limit` declares them."""
    began = at - at % seconds
    return _lasting(began, began + seconds)


def _lasting(began: int, ends_at: int) -> Item:
    began_at = clock.to_text(clock.from_epoch(began))
    return {"kind": "limit", "began_at": began_at, "expires_at": ends_at, "delete_at": ends_at}


# How long an empty bucket takes until it is full: as long as a counter is kept (Period.LIMIT).
REFILLED_IN = 7 * DAY


@dataclass(frozen=True)
class Bucket:
    """At most `capacity` uses at once, refilled evenly in REFILLED_IN. While it is unreachable, it refuses.

    `problem` is raised with `limit` and `retry_after`. A use lasts as many seconds as its refill takes, and
    the bucket is full when all that were taken have lasted.
    """

    name: LimitName
    capacity: Callable[[], int]
    problem: type[TooMany]

    def take(self, subject: str, uses: int, most: int | None = None) -> int:
        """Take uses, all or none, and return what `give_back` needs; `most`: a lower capacity.

        Raises:
            TooMany: it has fewer; the class is the bucket's `problem`.
            Unavailable: it is unreachable, or concurrent uses came first every time.
        """
        key = self._key(subject)
        now = full_at = clock.to_epoch(clock.now())
        longest = self._seconds(min(most or self.capacity(), self.capacity()))
        lasting = self._seconds(uses)
        for _ in range(_TRIES):
            wait = full_at + lasting - longest - now
            if wait > 0:
                raise self.problem(limit=self.name, retry_after=wait)
            known = Attr("expires_at")
            is_full = known.not_exists() | known.lte(now)
            try:
                table.write(
                    Change(
                        key,
                        put=_lasting(now, full_at + lasting),
                        only_if=known.eq(full_at) if full_at > now else is_full,
                    )
                )
            except Conflict as moved:
                full_at = max(now, (moved.found or {}).get("expires_at", now))
            else:
                return full_at + lasting
        raise Unavailable

    def give_back(self, subject: str, taken: int, uses: int) -> None:
        """Give back some of the uses that `take` took, unless others were taken since."""
        now = clock.to_epoch(clock.now())
        full_at = taken - uses * int(REFILLED_IN.total_seconds()) // self.capacity()
        change = Change(self._key(subject), put=_lasting(now, full_at), only_if=Attr("expires_at").eq(taken))
        with suppress(Conflict, Unavailable):
            table.write(change)

    def _key(self, subject: str) -> Key:
        return counter(self.name, subject, "refilled")

    def _seconds(self, uses: int) -> int:
        return -(-uses * int(REFILLED_IN.total_seconds()) // self.capacity())


SPREAD_SHARDS = shards.names(32)

_REMEMBERED = 10_000
_TRIES = 5  # of a write, while concurrent ones come first

# Busy counters: the first item of each, and the slot.
_busy: set[tuple[str, str]] = set()


def place_of_use(first: Key, lot: str, slot: str = "") -> Key:
    """The item that counts a use. `slot` names the slot if an item covers several slots."""
    return _busy_part(first, shards.shard_of(lot, SPREAD_SHARDS)) if (first.pk, slot) in _busy else first


def places_when_busy(first: Key) -> list[Key]:
    """The items over which the uses of a busy counter are spread."""
    return [_busy_part(first, shard) for shard in SPREAD_SHARDS]


def mark_busy(first: Key, slot: str = "") -> None:
    """Spread the uses that this container counts in the slot from now on."""
    if len(_busy) >= _REMEMBERED:
        _busy.clear()  # mostly past slots; one write marks each current one again
    _busy.add((first.pk, slot))


def forget_busy() -> None:
    """Forget which counters are busy; for tests."""
    _busy.clear()


def _busy_part(first: Key, shard: str) -> Key:
    return Key(first.table, f"{first.pk}#{shard}")


# Far below the writes that an item takes, and far above the number of uses from which the rule applies.
_BUSY = 1000
_PAID = 100


@dataclass(frozen=True)
class Breaker:
    """A named limit on the share of uses that do not succeed.

    `lost` is the percentage that may fail. The rule applies from `minimum` uses in a slot of `length` on.
    """

    name: LimitName | InnerLimit
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
        place = place_of_use(first, lot)
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
            mark_busy(first)

    def _left(self) -> int:
        """Return the seconds until the slot ends."""
        seconds = int(self.length().total_seconds())
        return seconds - clock.to_epoch(clock.now()) % seconds
