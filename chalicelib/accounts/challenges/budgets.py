"""The rules of budgets: what counts, what room a group of numbers has, when a budget refuses (ADR 26).

Each country has a budget for the UTC hour and one for the UTC day, and so have all countries together. A
budget is a debt with an upper bound, its room, both in hundredths of a text. A text adds 100 to the debt. A
verified code subtracts 100 for each text of its challenge, and in its country's budget also earns a share of
a text. So the rule is a condition of the one write that counts, and verified codes take effect at once.

Everything about a challenge is counted in the hour and the day in which it was created, so a verified code
reduces the debt to which its texts were added. Texts of a known device's reserve are not counted, and the
challenge records how many: verifying them subtracts nothing. A counter is spread over more items once its
hour is busy.

An address block has a share of each debt (ADR 70). While the debt is above a part of the room, a block that
owes more than its share is refused, and others are not. The debt of a block is one of a thousand attributes
of the counter, chosen by a keyed hash, so the same write counts it and applies the rule.

Mailed codes of clients without a session have a budget too, in the same form.

A country's room grows with its history: its verified codes of the last two weeks. A job sums them from the
counters of yesterday and today, so a later run makes up for a killed one until the end of the next day. A
container reads the history at most once a minute. If that fails, the history that was read last stays in use;
if there is none, budgets have their configured minimum. So no code is refused because this read failed.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengePurpose,
    CodeChannel,
    CodeHistory,
    DayCounts,
    DebtBounds,
    Debts,
    Slot,
    SlotCounts,
    TooManyCodes,
)
from chalicelib.accounts.challenges.store import CounterFull, CounterPlace
from chalicelib.core import clock, keyring, limiter, metrics
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.contract_words import LimitName
from chalicelib.core.countries import country_of
from chalicelib.core.errors import Unavailable
from chalicelib.core.http import ClientAddress
from chalicelib.core.limiter import WhenUnreachable
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import BudgetMode, Secret, settings

_TEXT = 100
# Texts per hour. A sign-up writes a counter twice and an item takes a thousand writes a second, so an hour
# becomes busy after twenty seconds at the earliest.
_BUSY = 10_000
# An item with a debt of each has ten kilobytes. Two blocks share a debt by chance once in a thousand times.
_BLOCKS = 1_000


# The texts of a country that are judged at least, and the per cent of them that have to be verified.
_LEAST_TEXTS, _LEAST_VERIFIED = 20, 20


class Recorded(NamedTuple):
    """The result of a run: how many countries the history has codes of, and in which too few are verified."""

    countries: int
    unverified: list[str]


@dataclass(frozen=True)
class Budget:
    """A named bound on unverified codes per group of numbers.

    `room` gives the room of a group, and `earned` what a verified code earns, both in hundredths of a text.
    `uncounted` is the field of a challenge with the number of texts that this budget did not count. `metric`
    counts its refusals.
    """

    name: LimitName
    channel: CodeChannel
    metric: Metric | None
    group: Callable[[str], str]
    room: Callable[[str], Debts]
    earned: Callable[[], int]
    uncounted: str

    def hit(self, challenge: Challenge) -> CounterPlace | None:
        """Count a text of a challenge; returns its place for `uncount`, None if uncounted.

        Raises:
            TooManyCodes: the budget is used up, or the block's share of it. Budgets that are only recorded
                count the text instead.
            Unavailable: the counter is unreachable. Budgets that are only recorded return None.
        """
        place = self._place(challenge)
        room = self._room(place)
        before = self._before(place, room)
        enforced = self.channel is CodeChannel.EMAIL or settings().sms_budgets is BudgetMode.ENFORCED
        try:
            counts = store.add_text(place, _TEXT, before if enforced else None)
        except CounterFull as full:
            counts = full.counts(place)
            self._spread_if_busy(place, counts)  # the other items may have room
            wait = _wait(counts.debts, place.slot, before.of_block(counts.of_block))
            if _is_within(counts.debts, before.room):
                raise TooManyCodes(limit=OF_BLOCK, retry_after=wait) from None
            self._measure(0, is_over=True)
            raise TooManyCodes(limit=self.name, retry_after=wait) from None
        except Unavailable as outage:
            (WhenUnreachable.REFUSE if enforced else WhenUnreachable.ALLOW).answer(outage)
            return None
        self._spread_if_busy(place, counts)
        self._measure(_percent_left(counts.debts, room), is_over=not _is_within(counts.debts, room))
        return place

    def _measure(self, percent_left: int, *, is_over: bool) -> None:
        if self.metric:
            metrics.gauge(Metric.CODE_BUDGET_LEFT, percent_left, of=self.name)
            if is_over:
                metrics.count(self.metric)

    def uncount(self, place: CounterPlace) -> None:
        """Uncount a text that was not sent. It stays counted if the counter is unreachable."""
        store.remove_text(place, _TEXT)

    def uncount_in_day(self, place: CounterPlace) -> None:
        """Remove a text from the debt of its day, because SNS did not say whether it was sent.

        No code that was not sent can be verified, so after an outage of SNS a country would be refused until
        midnight. The debt of the hour still bounds the cost.
        """
        store.remove_from_day(place, _TEXT)

    def count_verified(self, challenge: Challenge) -> None:
        """Subtract the texts of a challenge from the debts, and what its verified code earns.

        If the counter is unreachable, the debt stays too high, which is the stricter result.
        """
        texts = 1 + challenge.resends - getattr(challenge, self.uncounted)
        if texts <= 0:
            return
        place = self._place(challenge)
        with suppress(Unavailable):
            paid = texts * _TEXT
            # Mailboxes cost an attacker nothing, so a code to one earns nothing.
            is_text = self.channel is CodeChannel.SMS
            of_block = paid + is_text * settings().limits.codes_block_earned_share
            self._spread_if_busy(place, store.add_verified(place, paid + self.earned(), of_block))

    def _place(self, challenge: Challenge) -> CounterPlace:
        slot, group = Slot.of(challenge.created_at), self.group(str(challenge.phone))
        return store.place_of(self.name, group, slot, challenge.challenge_id, challenge.address_group)

    def _spread_if_busy(self, place: CounterPlace, counts: SlotCounts) -> None:
        """Spread an hour that is busy, unless its debt is over the room.

        Only debt within the room proves that codes were verified, which is what the 32 items share. While
        budgets are recorded, an attack fills the first item beyond its room, and the hour stays there.
        """
        if counts.texts >= _BUSY and _is_within(counts.debts, self.room(place.group)):
            place.spread_hour()

    def _room(self, place: CounterPlace) -> Debts:
        """The room of the group; each of the 32 items of a busy hour has a 32nd, or one text.

        What verified codes had earned when the hour became busy stays in the first item. Its texts were
        admitted, so a certain number of codes must have been verified. The room that this number earned is
        shared by the 32 items too; otherwise they would refuse as many texts as the first item still had room
        for.
        """
        room = self.room(place.group)
        if place.is_first:
            return room
        earned = self.earned()
        earlier = _TEXT * _BUSY * earned
        shared = (max(debt, (100 * debt + earlier) // (100 + earned)) for debt in room)
        return Debts(*(max(debt // len(limiter.SPREAD_SHARDS), _TEXT) for debt in shared))

    def _before(self, place: CounterPlace, room: Debts) -> DebtBounds:
        """The debts up to which one more text fits, with the share of a block."""
        limits = settings().limits
        least = _TEXT * (limits.codes_block_least if place.is_first else 1)
        free = Debts(*(limits.codes_block_free_share * debt // 100 for debt in room))
        share = Debts(*(max(least, limits.codes_block_share * debt // 100) for debt in room))
        return DebtBounds(*map(_one_text_below, (room, free, share)))


def _room_of_country(country: str) -> Debts:
    """Return the configured minimum, or the room from the best day of two weeks if that is more."""
    limits, best = settings().limits, highest_verified(country)
    return Debts(
        max(_TEXT * limits.codes_unverified_country_hour, limits.codes_history_hour_share * best // 6),
        max(_TEXT * limits.codes_unverified_country_day, limits.codes_history_day_share * best),
    )


def _room_in_all(_: str) -> Debts:
    limits = settings().limits
    return Debts(_TEXT * limits.codes_unverified_hour, _TEXT * limits.codes_unverified_day)


def _room_of_mail(_: str) -> Debts:
    hour = _TEXT * settings().limits.codes_mailed_to_guests_hour
    return Debts(hour, 24 * hour)


# The limit of an address block that a refused client gets to see; it has one more rule in `limits`.
OF_BLOCK = LimitName.CODES_PER_ADDRESS
PER_COUNTRY = Budget(
    LimitName.CODES_PER_COUNTRY,
    CodeChannel.SMS,
    Metric.CODE_OVER_COUNTRY_BUDGET,
    country_of,
    _room_of_country,
    lambda: settings().limits.codes_earned_share,
    "uncounted_for_country",
)
# A ceiling of cost: verified codes uncount their texts and earn nothing.
IN_ALL = Budget(
    LimitName.CODES_IN_ALL,
    CodeChannel.SMS,
    Metric.CODE_OVER_BUDGET_IN_ALL,
    lambda _: "all",
    _room_in_all,
    lambda: 0,
    "uncounted_in_all",
)
# Bounds the mail that strangers can make us send to strangers.
MAILED_TO_GUESTS = Budget(
    LimitName.CODES_MAILED_TO_GUESTS,
    CodeChannel.EMAIL,
    None,
    lambda _: "mail",
    _room_of_mail,
    lambda: 0,
    "uncounted_in_all",
)


def of(challenge: Challenge) -> tuple[Budget, ...]:
    """Return the budgets that count a challenge's texts, or its mail; none for a code of a session."""
    if challenge.phone and challenge.purpose is not ChallengePurpose.STEP_UP:
        return (PER_COUNTRY, IN_ALL)
    purposes = ChallengePurpose
    guests = {purposes.GUEST, purposes.RECOVERY, purposes.REPORT, purposes.SIGNUP, purposes.SUPPORT}
    return (MAILED_TO_GUESTS,) if challenge.email and challenge.purpose in guests else ()


def address_group(address: ClientAddress, at: datetime) -> int:
    """Return the group of an address block on a UTC day, by a keyed hash."""
    parts = (OF_BLOCK, clock.to_text(at)[:10], address.site)
    return int(keyring.mac_keys(Secret.LOOKUP).digest("limit", *parts).hex(), 16) % _BLOCKS


def _one_text_below(room: Debts) -> Debts:
    """Return the debts up to which one more text fits."""
    return Debts(room.hour - _TEXT, room.day - _TEXT)


def _is_within(debts: Debts, room: Debts) -> bool:
    return debts.hour <= room.hour and debts.day <= room.day


def _percent_left(debts: Debts, room: Debts) -> int:
    """Return the share of the room that is left, in the hour or the day that has less of it."""
    shares = (100 * (most - debt) // most for debt, most in zip(debts, room, strict=True) if most)
    return max(0, min(100, min(shares, default=0)))


def _wait(debts: Debts, slot: Slot, before: Debts) -> int:
    """Return the seconds until all full slots have ended; 1 if they have ended."""
    ends = (slot.day + (slot.hour + 1) * HOUR, slot.day + DAY)
    full = (end for end, debt, maximum in zip(ends, debts, before, strict=True) if debt > maximum)
    return max((max(1, _seconds(end - clock.now())) for end in full), default=1)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def record_verified_codes() -> Recorded:
    """Update the history, and judge whether texts arrive.

    Raises:
        Unavailable: the counters or the record are unreachable; the next run makes up for this one.
        Unfit: the record cannot be read; functions keep the version that they have read.
    """
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0)
    before = store.get_history()
    served, days = settings().sms_countries, (today - DAY, today)
    counts = store.day_counts(PER_COUNTRY.name, served, days, busy_from=_BUSY)
    verified = {of: day.verified for of, day in counts.items() if day.verified}
    after = (before or CodeHistory(counted_at=now, version=0, verified={})).with_counts(verified, now)
    with suppress(store.HistoryMoved):
        store.put_history(after)
    unverified = (
        country
        for country in sorted(served)
        if _is_unverified([counts.get((country, day), DayCounts()) for day in days], now.hour)
    )
    return Recorded(len(after.verified), list(unverified))


def _is_unverified(days: Sequence[DayCounts], hour: int) -> bool:
    """Return whether too few of the latest texts to a country were verified; never of few texts.

    The counts are those of yesterday and today. The current hour is left out, since its codes may still be
    verified. A verified code subtracts from the debt of its hour all its texts and what it earns, so the
    debts show how many texts were verified, at least.
    """
    texts = debt = 0
    hours = [one for day in days for one in zip(day.texts, day.debts, strict=True)]
    for its_texts, its_debt in reversed(hours[hour : hour + 24]):
        texts, debt = texts + its_texts, debt + its_debt
        if texts >= _LEAST_TEXTS:
            verified = (_TEXT * texts - debt) // (_TEXT + settings().limits.codes_earned_share)
            return 100 * verified < _LEAST_VERIFIED * texts
    return False


@dataclass
class _HistoryCache:
    history: CodeHistory | None = None
    read_at: datetime | None = None


_known_history = _HistoryCache()


def highest_verified(country: str) -> int:
    """A country's most verified codes of one UTC day in the last two weeks; 0 if unknown."""
    now = clock.now()
    if _known_history.read_at is None or now >= _known_history.read_at + MINUTE:
        _known_history.read_at = (
            now  # before the read, so that in an outage only one request a minute waits for it
        )
        with suppress(Unavailable):
            _known_history.history = _read_history()
    return _known_history.history.highest(country, now) if _known_history.history else 0


def forget_history() -> None:
    """Forget the record that was read; for tests."""
    _known_history.history = _known_history.read_at = None


def _read_history() -> CodeHistory | None:
    try:
        return store.get_history()
    except SealingError:
        metrics.count(Metric.RECORD_UNREADABLE)
        return _known_history.history
