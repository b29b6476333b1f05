"""All DynamoDB access of challenges, and of the budgets of their codes.

    challenge#<purpose>#<holder>#<id>            a challenge
    code_count#<budget>#<group>#<day>            the counter of a group of numbers on a UTC day
    code_count#<budget>#<group>#<day>#<number>   32 more items of it, once an hour is busy (core/limiter)
    <purpose>#<id>                               what its requester sent, until the code comes back
    code_history                                 the verified codes of each country on the last days

The key of a challenge contains the purpose and, if the purpose needs a session, the session that requested
the code. So no caller has to compare them: under another purpose or session there is no item, and the
response is that for an unknown id, after the same calls.

A counter has texts and debt of each hour, verified codes and debt of the day, and the debts of blocks in it.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import reduce
from operator import and_
from typing import NamedTuple

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeRef,
    CodeCount,
    CodeHistory,
    DayCounts,
    DebtBounds,
    Debts,
    Opened,
    Slot,
    SlotCounts,
)
from chalicelib.core import clock, limiter, table
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import ALWAYS, Attr, Change, Conflict, Create, Item, Key, Replace, Table, visible
from chalicelib.privacy import codec
from chalicelib.privacy.personal import Record


class ChallengeExists(Conflict):
    """The same request (Idempotency-Key) created this challenge already; `found` is its item."""


class NoAttemptsLeft(Conflict):
    """There is no such challenge, or its attempts are used up, or its code is too old."""


class UsedMeanwhile(Conflict):
    """Another request used the code first."""


class OwnedByAnother(Conflict):
    """The code was sent or used, or another request took over the challenge."""


class TooEarly(Conflict):
    """The code may not be sent again yet."""


def _key(ref: ChallengeRef) -> Key:
    parts = ("challenge", ref.purpose, ref.holder, ref.challenge_id)
    return Key(Table.CHALLENGES, "#".join(part for part in parts if part))


def claim(challenge: Challenge, left_before: datetime, forgotten_before: datetime) -> Challenge | None:
    """Create a challenge for this request, or find the one that the same request created before.

    One write decides, so only one of two concurrent requests sends the code. The write replaces a challenge
    of the same request that was never sent: it was given up, or was created by `left_before` and is not
    marked as sent, which only a crash leaves. It also replaces any challenge that was created by
    `forgotten_before`, since an Idempotency-Key is remembered for a shorter time than a challenge is kept.
    """
    key = _key(challenge.ref)
    unsent = Attr("sent_at").not_exists() & Attr("used_at").not_exists()
    over = Attr("code_until").lte(clock.to_text(clock.now())) | Attr("created_at").lte(
        clock.to_text(left_before)
    )
    body, asked = Attr("fingerprint"), challenge.fingerprint
    same = body.eq(asked) if asked else body.not_exists()
    forgotten = Attr("created_at").lte(clock.to_text(forgotten_before))
    try:
        takes = (same & unsent & over) | forgotten
        table.write(Create(key, codec.to_item(challenge, key), or_over=takes, conflict=ChallengeExists))
    except ChallengeExists as before:
        if before.found is None:
            raise
        return codec.opened(Challenge, before.found)
    return None


def get(ref: ChallengeRef) -> Challenge | None:
    """A challenge, or None if it does not exist or has expired."""
    return codec.read(Challenge, _key(ref))


def give_up(challenge: Challenge, left: Mapping[str, object] | None = None) -> bool:
    """End a challenge whose code was not sent, or leave it with `left`; returns whether it did.

    The same request may start again at once. `code_until` identifies the request that owns the challenge: it
    is ten minutes ahead while a request is sending, and has passed once it gave up. `created_at` cannot serve
    for that, since two requests may have the same second.
    """
    key = _key(challenge.ref)
    nothing = left or {"code_until": clock.now(), **dict.fromkeys(("phone", "email", "device", "locale"))}
    ours = (
        Attr("sent_at").not_exists()
        & Attr("used_at").not_exists()
        & Attr("code_until").eq(clock.to_text(challenge.code_until))
    )
    ended = codec.to_item(challenge.model_copy(update=nothing), key)
    with suppress(OwnedByAnother, Unavailable):  # the caller reports the error because of which it gives up
        table.write(Replace(key, ended, only_if=ours, conflict=OwnedByAnother))
        return True
    return False


def mark_sent(ref: ChallengeRef, at: datetime, uncounted: Mapping[str, int]) -> None:
    """Mark the code as accepted by SNS, and add the texts that budgets did not count."""
    table.write(Change(_key(ref), put={"sent_at": clock.to_text(at)}, add=uncounted))


def count_attempt(ref: ChallengeRef, maximum: int) -> Challenge:
    """Count one attempt, and return the challenge after it.

    Attempts are counted before the comparison, so that a crash in between does not give a free guess.
    Attempts at used codes are counted too: in the minutes in which they may be repeated they could be
    guessed.

    Raises:
        NoAttemptsLeft: `maximum` attempts were counted, the code is too old, or there is no such challenge.
    """
    # Texts of instants sort like the instants: all are UTC with whole seconds.
    valid = Attr("code_until").gt(clock.to_text(clock.now())) & Attr("attempts").lt(maximum)
    item = table.write(
        Change(
            _key(ref),
            add={"attempts": 1},
            only_if=visible() & valid,
            conflict=NoAttemptsLeft,
        )
    )
    return codec.opened(Challenge, item)


def uncount_attempt(tried: Challenge) -> None:
    """Uncount an attempt whose outcome no client learned; it stays counted if that fails."""
    used = tried.used_at
    same = Attr("used_at").eq(clock.to_text(used)) if used else Attr("used_at").not_exists()
    same &= Attr("code_until").eq(clock.to_text(tried.code_until)) & Attr("attempts").gt(0)
    with suppress(Conflict, Unavailable):
        table.write(Change(_key(tried.ref), add={"attempts": -1}, only_if=visible() & same))


def count_resend(challenge: Challenge, next_after: datetime, uncounted: Mapping[str, int]) -> Challenge:
    """Count one resend, and those that budgets did not count, and set the earliest next one.

    Raises:
        TooEarly: the resend is not due yet, the code was used, or another request is sending it.
    """
    item = table.write(
        Change(
            _key(challenge.ref),
            put={"resend_after": clock.to_text(next_after)},
            add={"resends": 1, **uncounted},
            only_if=visible()
            & Attr("resends").eq(challenge.resends)
            & Attr("used_at").not_exists()
            & Attr("resend_after").lte(clock.to_text(clock.now())),
            conflict=TooEarly,
        )
    )
    return codec.opened(Challenge, item)


def uncount_resend(ref: ChallengeRef, uncounted: Mapping[str, int]) -> None:
    """Uncount a resend that SNS did not accept, and allow the next one immediately."""
    now = clock.to_text(clock.now())
    undone = {name: -texts for name, texts in uncounted.items()}
    table.write(Change(_key(ref), put={"resend_after": now}, add={"resends": -1, **undone}))


def use_write(ref: ChallengeRef, opened: Opened | None, used_at: datetime, code_until: datetime) -> Change:
    """The write that marks a code as used, for the transaction of what the code opens.

    It deletes the personal fields, and validity and attempts start again.
    """
    return Change(
        _key(ref),
        put={
            "used_at": clock.to_text(used_at),
            "code_until": clock.to_text(code_until),
            "attempts": 0,
            **({"opened": opened.model_dump(mode="json")} if opened else {}),
        },
        drop=("sealed",),
        only_if=visible() & Attr("used_at").not_exists(),
        conflict=UsedMeanwhile,
    )


def keep_draft(challenge: Challenge, draft: Record) -> None:
    """Store what a challenge is about, created at its instant, unless an earlier call did.

    With the same Idempotency-Key, a challenge gets the same id a day later: its draft replaces the older one.
    """
    key = _draft_key(challenge)
    older = Attr("created_at").lt(clock.to_text(challenge.created_at))
    with suppress(Conflict):
        table.write(Create(key, codec.to_item(draft, key), or_over=older))


def draft_of(kind: type[codec.AnyRecord], challenge: Challenge) -> codec.AnyRecord | None:
    """The draft of a challenge; None if there is none, or it has expired."""
    found = codec.read(kind, _draft_key(challenge))
    of_challenge = found and codec.clear(found)["created_at"] == clock.to_text(challenge.created_at)
    return found if of_challenge else None


def _draft_key(challenge: Challenge) -> Key:
    return Key(Table.CHALLENGES, f"{challenge.purpose}#{challenge.challenge_id}")


class HistoryMoved(Conflict):
    """Another run updated the history first."""


class CounterFull(Conflict):
    """A debt has no room for the text."""

    def counts(self, place: "CounterPlace") -> SlotCounts:
        """Return what the item counts already."""
        return _counts(self.found or {}, place)


class CounterPlace(NamedTuple):
    """The item that counts a challenge: the first item of its counter unless that is busy."""

    key: Key
    first: Key
    slot: Slot
    group: str
    block: int | None

    @property
    def is_first(self) -> bool:
        """Whether it is the first item of its counter."""
        return self.key == self.first

    def spread_hour(self) -> None:
        """Count the hour's later challenges in 32 more items."""
        limiter.mark_busy(self.first, str(self.slot.hour))


def place_of(budget: str, group: str, slot: Slot, lot: str, block: int | None) -> CounterPlace:
    """Return the place that counts a challenge; its id, `lot`, chooses among the items of a busy hour."""
    first = first_key(budget, group, slot.day)
    return CounterPlace(limiter.place_of_use(first, lot, str(slot.hour)), first, slot, group, block)


def first_key(budget: str, group: str, day: datetime) -> Key:
    """Return the key of the first item of a counter."""
    return Key(Table.CHALLENGES, f"code_count#{budget}#{group}#{clock.to_text(day)[:10]}")


def add_text(place: CounterPlace, debt: int, before: DebtBounds | None) -> SlotCounts:
    """Count a text and its debt; returns the counts after it.

    Raises:
        CounterFull: a debt is above its bound in `before`, so nothing was counted; never if that is None.
    """
    adds = {_texts(place.slot): 1, **_to_debts(place, debt, debt)}
    return _count(place, adds, _at_most(place, before) if before else ALWAYS)


def add_verified(place: CounterPlace, paid: int, paid_of_block: int) -> SlotCounts:
    """Count a verified code, and subtract from the debts; returns the counts after it."""
    return _count(place, {"verified": 1, **_to_debts(place, -paid, -paid_of_block)}, ALWAYS)


def remove_text(place: CounterPlace, debt: int) -> None:
    """Uncount a text and its debt. It stays counted if the counter is unreachable."""
    _uncount(place, {_texts(place.slot): -1, **_to_debts(place, -debt, -debt)})


def remove_from_day(place: CounterPlace, debt: int) -> None:
    """Subtract from the debts of the day, not of the hour. They stay if the counter is unreachable."""
    _uncount(place, {_debts(place.slot)[1]: -debt, **_of_block(place, -debt)})


def day_counts(
    budget: str, groups: Iterable[str], days: Collection[datetime], busy_from: int
) -> dict[tuple[str, datetime], DayCounts]:
    """The counts by group and UTC day; pairs without any are omitted.

    The 32 further items of a counter are read if one of its hours has `busy_from` texts.
    """
    firsts = {first_key(budget, group, day): (group, day) for group in groups for day in days}
    found = _read(firsts)
    busy = [first for first, item in found.items() if _texts_of_busiest_hour(item) >= busy_from]
    parts = {part: firsts[first] for first in busy for part in limiter.places_when_busy(first)}
    items: dict[tuple[str, datetime], list[Item]] = {}
    for key, item in {**found, **_read(parts)}.items():
        items.setdefault((firsts | parts)[key], []).append(item)
    return {of: _of_day(its, of[1]) for of, its in items.items()}


def _of_day(items: Collection[Item], day: datetime) -> DayCounts:
    def total(name: str) -> int:
        return sum(item.get(name, 0) for item in items)

    slots = [Slot(day, hour) for hour in range(24)]
    texts, debts = (total(_texts(slot)) for slot in slots), (total(_debts(slot)[0]) for slot in slots)
    return DayCounts(total("verified"), tuple(texts), tuple(debts))


def _count(place: CounterPlace, adds: dict[str, int], only_if: ConditionBase) -> SlotCounts:
    declared = codec.to_item(CodeCount(scope=place.group, began_at=place.slot.day), place.key)
    change = Change(place.key, put=declared, add=adds, only_if=only_if, conflict=CounterFull)
    return _counts(table.write(change), place)


def _uncount(place: CounterPlace, undone: dict[str, int]) -> None:
    with suppress(Conflict, Unavailable):
        table.write(Change(place.key, add=undone, only_if=Attr(_texts(place.slot)).gt(0)))


def _texts(slot: Slot) -> str:
    return f"texts_{slot.hour}"


def _debts(slot: Slot) -> tuple[str, str]:
    return f"debt_{slot.hour}", "debt"


def _to_debts(place: CounterPlace, debt: int, of_block: int) -> dict[str, int]:
    return {**dict.fromkeys(_debts(place.slot), debt), **_of_block(place, of_block)}


def _of_block(place: CounterPlace, debt: int) -> dict[str, int]:
    """The attribute of the debt of a block in the day, with what to add to it; none without a block."""
    return {} if place.block is None else {f"b{place.block}": debt}


def _counts(item: Item, place: CounterPlace) -> SlotCounts:
    debts = Debts(*(item.get(name, 0) for name in _debts(place.slot)))
    of_block = sum(item.get(name, 0) for name in _of_block(place, 0))
    return SlotCounts(item.get(_texts(place.slot), 0), debts, of_block)


def _at_most(place: CounterPlace, bounds: DebtBounds) -> ConditionBase:
    fits = [_up_to(name, room) for name, room in zip(_debts(place.slot), bounds.room, strict=True)]
    for block in _of_block(place, 0):
        debts = zip(_debts(place.slot), bounds.free, bounds.share, strict=True)
        fits += [_up_to(name, free) | _up_to(block, share) for name, free, share in debts]
    return reduce(and_, fits)


def _up_to(name: str, debt: int) -> ConditionBase:
    return Attr(name).not_exists() | Attr(name).lte(debt)


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
    return codec.read(CodeHistory, _HISTORY)


def put_history(after: CodeHistory) -> None:
    """Replace the history by its next version.

    Raises:
        HistoryMoved: the version before is no longer the stored one.
    """
    table.write(table.next_version(_HISTORY, codec.to_item(after, _HISTORY), HistoryMoved))
