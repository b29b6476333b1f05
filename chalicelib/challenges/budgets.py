"""Budgets of unverified codes: bounds on the cost of texts whose codes are never verified (ADR 26).

Each country has a budget for the UTC hour and one for the UTC day, and so have all countries together. A
budget is a debt with an upper bound, its room, both in hundredths of a text. A text adds 100 to the debt. A
verified code subtracts 100 for each text of its challenge, and in its country's budget also earns a share of
a text. So the rule is a condition of the one write that counts, and verified codes take effect at once.

Everything about a challenge is counted in the hour and the day in which it was created, so a verified code
reduces the debt to which its texts were added. Texts of a known device's reserve are not counted, and the
challenge records how many: verifying them subtracts nothing.

A country's room grows with its history (`history`). A counter is spread over more items once its hour is
busy.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import and_
from typing import NamedTuple

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.challenges import history
from chalicelib.challenges.model import Challenge, ChallengePurpose, TooManyCodes
from chalicelib.challenges.numbers import country_of
from chalicelib.core import clock, metrics, spread, table
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.limiter import WhenUnreachable
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import BudgetMode, settings
from chalicelib.core.table import ALWAYS, Attr, Change, Conflict, Item, Key, Table
from chalicelib.limits.model import CodeCount
from chalicelib.privacy import codec

_TEXT = 100
# Texts per hour. A sign-up writes a counter twice and an item takes a thousand writes a second, so an hour
# becomes busy after twenty seconds at the earliest.
_BUSY = 10_000


class Room(NamedTuple):
    """The upper bounds of the debts of an hour and of a day, in hundredths of a text."""

    hour: int
    day: int


@dataclass(frozen=True)
class Slot:
    """The UTC day and hour in which a challenge was created."""

    day: datetime
    hour: int

    @classmethod
    def of(cls, at: datetime) -> "Slot":
        """The slot of an instant."""
        return cls(at.replace(hour=0, minute=0, second=0), at.hour)

    @property
    def debts(self) -> tuple[str, str]:
        """The attributes of the debts of the hour and of the day."""
        return f"debt_{self.hour}", "debt"

    @property
    def texts(self) -> str:
        """The attribute of the number of texts in the hour."""
        return f"texts_{self.hour}"

    def left(self) -> tuple[int, int]:
        """Seconds until the hour and the day end; 1 if they have ended."""
        ends = (self.day + (self.hour + 1) * HOUR, self.day + DAY)
        return (max(1, _seconds(ends[0] - clock.now())), max(1, _seconds(ends[1] - clock.now())))


class CounterPlace(NamedTuple):
    """The item that counts a challenge: the first item of its counter unless that is busy."""

    key: Key
    first: Key
    slot: Slot
    group: str


@dataclass(frozen=True)
class Budget:
    """A named bound on unverified codes per group of numbers.

    `room` gives the room of a group, and `earned` what a verified code earns, both in hundredths of a text.
    `uncounted` is the field of a challenge with the number of texts that this budget did not count.
    """

    name: str
    metric: Metric
    group: Callable[[str], str]
    room: Callable[[str], Room]
    earned: Callable[[], int]
    uncounted: str

    def hit(self, challenge: Challenge) -> CounterPlace | None:
        """Count a text of a challenge; returns its place for `give_back`, None if uncounted.

        Raises:
            TooManyCodes: the budget is used up. Budgets that are only recorded count the text instead.
            Unavailable: the counter is unreachable. Budgets that are only recorded return None.
        """
        place = self._place(challenge)
        slot, room = place.slot, self._room(place)
        enforced = settings().sms_budgets is BudgetMode.ENFORCED
        adds = {slot.texts: 1, **dict.fromkeys(slot.debts, _TEXT)}
        try:
            found = self._count(place, adds, _fits(slot, room) if enforced else ALWAYS)
        except Conflict as full:
            metrics.count(self.metric)
            raise TooManyCodes(limit=self.name, retry_after=_wait(full.found or {}, slot, room)) from None
        except Unavailable as outage:
            (WhenUnreachable.REFUSE if enforced else WhenUnreachable.ALLOW).answer(outage)
            return None
        if any(found[debt] > most for debt, most in zip(slot.debts, room, strict=True)):
            metrics.count(self.metric)
        return place

    def give_back(self, place: CounterPlace) -> None:
        """Uncount a text that was not sent. It stays counted if the counter is unreachable."""
        undone = {place.slot.texts: -1, **dict.fromkeys(place.slot.debts, -_TEXT)}
        with suppress(Conflict, Unavailable):
            table.write(Change(place.key, add=undone, only_if=Attr(place.slot.texts).gt(0)))

    def forgive_day(self, place: CounterPlace) -> None:
        """Remove a text from the debt of its day, because SNS did not say whether it was sent.

        No code can pay it back, so an outage of SNS would close a country until midnight. Its hour still
        bounds the cost.
        """
        _, day = place.slot.debts
        with suppress(Conflict, Unavailable):
            table.write(Change(place.key, add={day: -_TEXT}, only_if=Attr(place.slot.texts).gt(0)))

    def count_verified(self, challenge: Challenge) -> None:
        """Subtract the texts of a challenge from the debts, and what its verified code earns.

        If that cannot be counted, the debt stays too high, which is the strict side.
        """
        texts = 1 + challenge.resends - getattr(challenge, self.uncounted)
        if texts <= 0:
            return
        place = self._place(challenge)
        paid = dict.fromkeys(place.slot.debts, -texts * _TEXT - self.earned())
        with suppress(Unavailable):
            self._count(place, {**paid, "verified": 1}, ALWAYS)

    def verified_codes(
        self, groups: Iterable[str], days: Collection[datetime]
    ) -> dict[tuple[str, datetime], int]:
        """The number of verified codes by group and UTC day; pairs without any are omitted."""
        firsts = {self._first(group, day): (group, day) for group in groups for day in days}
        found = _read(firsts)
        busy = [first for first, item in found.items() if _was_busy(item)]
        parts = {part: firsts[first] for first in busy for part in spread.shards(first)}
        total: dict[tuple[str, datetime], int] = {}
        for key, item in {**found, **_read(parts)}.items():
            if codes := item.get("verified", 0):
                of = (firsts | parts)[key]
                total[of] = total.get(of, 0) + codes
        return total

    def _first(self, group: str, day: datetime) -> Key:
        return Key(Table.CHALLENGES, f"code_count#{self.name}#{group}#{clock.to_text(day)[:10]}")

    def _place(self, challenge: Challenge) -> CounterPlace:
        slot, group = Slot.of(challenge.created_at), self.group(str(challenge.phone))
        first = self._first(group, slot.day)
        key = spread.place(first, challenge.challenge_id, str(slot.hour))
        return CounterPlace(key, first, slot, group)

    def _count(self, place: CounterPlace, adds: dict[str, int], only_if: ConditionBase) -> Item:
        declared = codec.to_item(CodeCount(scope=place.group, began_at=place.slot.day), place.key)
        try:
            found = table.write(Change(place.key, put=declared, add=adds, only_if=only_if))
        except Conflict as full:  # the other items, which this container does not use yet, may have room
            self._mark_if_busy(place, full.found or {})
            raise
        self._mark_if_busy(place, found)
        return found

    def _mark_if_busy(self, place: CounterPlace, found: Item) -> None:
        """Spread an hour that is busy, unless its debt is over the room.

        Only debt within the room proves that codes were verified, which is what the 32 items share. While
        budgets are recorded, an attack fills the first item beyond its room, and the hour stays there.
        """
        if found.get(place.slot.texts, 0) < _BUSY:
            return
        room = self.room(place.group)
        if all(found.get(debt, 0) <= most for debt, most in zip(place.slot.debts, room, strict=True)):
            spread.mark_busy(place.first, str(place.slot.hour))

    def _room(self, place: CounterPlace) -> Room:
        """The room of the group; each of the 32 items of a busy hour has a 32nd, or one text.

        What verified codes had earned when the hour became busy stays in the first item. Its texts were
        admitted, so a certain number of codes must have been verified. The room that this number earned is
        shared by the 32 items too; otherwise they would refuse as many texts as the first item still had room
        for.
        """
        room = self.room(place.group)
        if place.key == place.first:
            return room
        earned = self.earned()
        earlier = _TEXT * _BUSY * earned
        shared = (max(debt, (100 * debt + earlier) // (100 + earned)) for debt in room)
        return Room(*(max(debt // spread.SHARDS, _TEXT) for debt in shared))


def _room_of_country(country: str) -> Room:
    """The configured minimum, or the room from the best day of two weeks if that is more."""
    limits, best = settings().limits, history.highest(country)
    return Room(
        max(_TEXT * limits.codes_unverified_country_hour, limits.codes_history_hour_share * best // 6),
        max(_TEXT * limits.codes_unverified_country_day, limits.codes_history_day_share * best),
    )


def _room_in_all(_: str) -> Room:
    limits = settings().limits
    return Room(_TEXT * limits.codes_unverified_hour, _TEXT * limits.codes_unverified_day)


PER_COUNTRY = Budget(
    "codes_per_country",
    Metric.CODE_OVER_COUNTRY_BUDGET,
    country_of,
    _room_of_country,
    lambda: settings().limits.codes_earned_share,
    "uncounted_for_country",
)
# A ceiling of cost: verified codes give back their texts and earn nothing.
IN_ALL = Budget(
    "codes_in_all",
    Metric.CODE_OVER_BUDGET_IN_ALL,
    lambda _: "all",
    _room_in_all,
    lambda: 0,
    "uncounted_in_all",
)


def of(challenge: Challenge) -> tuple[Budget, ...]:
    """The budgets that count a challenge's texts: none if it is for stepping up, or for mail."""
    counts = challenge.phone and challenge.purpose is not ChallengePurpose.STEP_UP
    return (PER_COUNTRY, IN_ALL) if counts else ()


def _fits(slot: Slot, room: Room) -> ConditionBase:
    return reduce(
        and_,
        (
            Attr(debt).not_exists() | Attr(debt).lte(most - _TEXT)
            for debt, most in zip(slot.debts, room, strict=True)
        ),
    )


def _wait(found: Item, slot: Slot, room: Room) -> int:
    """Seconds until all full slots have ended."""
    debts = zip(slot.debts, room, slot.left(), strict=True)
    return max((left for debt, most, left in debts if found.get(debt, 0) > most - _TEXT), default=1)


def _read(keys: Iterable[Key]) -> dict[Key, Item]:
    """The items of any number of keys, a hundred at a time."""
    rest, found = iter(keys), dict[Key, Item]()
    while batch := list(islice(rest, 100)):
        found |= table.batch_get(batch)
    return found


def _was_busy(item: Item) -> bool:
    """Whether an hour of the day was busy, so that other items have counts of the day too."""
    return any(count >= _BUSY for name, count in item.items() if name.startswith("texts_"))


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
