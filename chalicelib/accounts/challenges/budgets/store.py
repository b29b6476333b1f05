"""All DynamoDB access of budgets.

    code_count#<budget>#<group>#<day>            the counter of a group of numbers on a UTC day
    code_count#<budget>#<group>#<day>#<number>   32 more items of it, once an hour is busy (core/limiter)
    code_history                                 the verified codes of each country on the last days

A counter has the texts and the debt of each hour, and the debt and the verified codes of the day.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import NamedTuple

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.challenges.budgets.model import CodeCount, CodeHistory
from chalicelib.core import clock, limiter, table
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import ALWAYS, Attr, Change, Conflict, Create, Item, Key, Replace, Table
from chalicelib.privacy import codec


class HistoryMoved(Conflict):
    """Another run updated the history first."""


@dataclass(frozen=True)
class Slot:
    """The UTC day and hour in which a challenge was created."""

    day: datetime
    hour: int

    @classmethod
    def of(cls, at: datetime) -> "Slot":
        """The slot of an instant."""
        return cls(at.replace(hour=0, minute=0, second=0), at.hour)


class Debts(NamedTuple):
    """The debts of an hour and of its day, or their upper bounds, in hundredths of a text."""

    hour: int
    day: int


class SlotCounts(NamedTuple):
    """The texts of an hour, and the debts, as one item counts them."""

    texts: int
    debts: Debts


class CounterFull(Conflict):
    """A debt has no room for the text."""

    def counts(self, slot: Slot) -> SlotCounts:
        """Return what the item counts already."""
        return _counts(self.found or {}, slot)


class CounterPlace(NamedTuple):
    """The item that counts a challenge: the first item of its counter unless that is busy."""

    key: Key
    first: Key
    slot: Slot
    group: str

    @property
    def is_first(self) -> bool:
        """Whether it is the first item of its counter."""
        return self.key == self.first

    def spread_hour(self) -> None:
        """Count the hour's later challenges in 32 more items."""
        limiter.mark_busy(self.first, str(self.slot.hour))


def place_of(budget: str, group: str, slot: Slot, lot: str) -> CounterPlace:
    """Return the place that counts a challenge; its id, `lot`, chooses among the items of a busy hour."""
    first = first_key(budget, group, slot.day)
    return CounterPlace(limiter.place_of_use(first, lot, str(slot.hour)), first, slot, group)


def first_key(budget: str, group: str, day: datetime) -> Key:
    """Return the key of the first item of a counter."""
    return Key(Table.CHALLENGES, f"code_count#{budget}#{group}#{clock.to_text(day)[:10]}")


def add_text(place: CounterPlace, debt: int, maximum_before: Debts | None) -> SlotCounts:
    """Count a text and its debt; returns the counts after it.

    Raises:
        CounterFull: a debt is above `maximum_before`; nothing was counted. None: it is counted in any case.
    """
    adds = {_texts(place.slot): 1, **dict.fromkeys(_debts(place.slot), debt)}
    return _count(place, adds, _at_most(place.slot, maximum_before) if maximum_before else ALWAYS)


def add_verified(place: CounterPlace, paid: int) -> SlotCounts:
    """Count a verified code, and subtract from both debts; returns the counts after it."""
    return _count(place, {**dict.fromkeys(_debts(place.slot), -paid), "verified": 1}, ALWAYS)


def remove_text(place: CounterPlace, debt: int) -> None:
    """Uncount a text and its debt. It stays counted if the counter is unreachable."""
    _uncount(place, {_texts(place.slot): -1, **dict.fromkeys(_debts(place.slot), -debt)})


def remove_from_day(place: CounterPlace, debt: int) -> None:
    """Subtract from the debt of the day only. It stays if the counter is unreachable."""
    _uncount(place, {_debts(place.slot).day: -debt})


def verified_codes(
    budget: str, groups: Iterable[str], days: Collection[datetime], busy_from: int
) -> dict[tuple[str, datetime], int]:
    """The number of verified codes by group and UTC day; pairs without any are omitted.

    The 32 further items of a counter are read if one of its hours has `busy_from` texts.
    """
    firsts = {first_key(budget, group, day): (group, day) for group in groups for day in days}
    found = _read(firsts)
    busy = [first for first, item in found.items() if _texts_of_busiest_hour(item) >= busy_from]
    parts = {part: firsts[first] for first in busy for part in limiter.places_when_busy(first)}
    total: dict[tuple[str, datetime], int] = {}
    for key, item in {**found, **_read(parts)}.items():
        if codes := item.get("verified", 0):
            of = (firsts | parts)[key]
            total[of] = total.get(of, 0) + codes
    return total


def _count(place: CounterPlace, adds: dict[str, int], only_if: ConditionBase) -> SlotCounts:
    declared = codec.to_item(CodeCount(scope=place.group, began_at=place.slot.day), place.key)
    change = Change(place.key, put=declared, add=adds, only_if=only_if, conflict=CounterFull)
    return _counts(table.write(change), place.slot)


def _uncount(place: CounterPlace, undone: dict[str, int]) -> None:
    with suppress(Conflict, Unavailable):
        table.write(Change(place.key, add=undone, only_if=Attr(_texts(place.slot)).gt(0)))


def _texts(slot: Slot) -> str:
    """The attribute of the number of texts in the hour."""
    return f"texts_{slot.hour}"


class _DebtNames(NamedTuple):
    hour: str
    day: str


def _debts(slot: Slot) -> _DebtNames:
    """The attributes of the debts of the hour and of the day."""
    return _DebtNames(f"debt_{slot.hour}", "debt")


def _counts(item: Item, slot: Slot) -> SlotCounts:
    return SlotCounts(item.get(_texts(slot), 0), Debts(*(item.get(name, 0) for name in _debts(slot))))


def _at_most(slot: Slot, maximum: Debts) -> ConditionBase:
    fits = (
        Attr(name).not_exists() | Attr(name).lte(debt)
        for name, debt in zip(_debts(slot), maximum, strict=True)
    )
    return reduce(and_, fits)


def _read(keys: Iterable[Key]) -> dict[Key, Item]:
    """Read the items of any number of keys, a hundred at a time."""
    found = dict[Key, Item]()
    for batch in batched(keys, 100):
        found |= table.batch_get(batch)
    return found


def _texts_of_busiest_hour(item: Item) -> int:
    """Return the number of texts in the busiest hour of a day."""
    return max((count for name, count in item.items() if name.startswith("texts_")), default=0)


_HISTORY = Key(Table.CHALLENGES, "code_history")


def get_history() -> CodeHistory | None:
    """The history of verified codes by country, or None.

    Raises:
        Unfit: the record class does not accept what is stored.
    """
    item = table.get(_HISTORY)
    return codec.opened(CodeHistory, item) if item else None


def put_history(before: CodeHistory | None, after: CodeHistory) -> None:
    """Replace the history by its next version.

    Raises:
        HistoryMoved: `before` is no longer the stored version.
    """
    item = codec.to_item(after, _HISTORY)
    if before is None:
        table.write(Create(_HISTORY, item, conflict=HistoryMoved))
        return
    same = Attr("version").eq(before.version)
    table.write(Replace(_HISTORY, item, only_if=same, conflict=HistoryMoved))
