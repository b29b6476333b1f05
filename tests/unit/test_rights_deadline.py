"""Tests due days: month ends, leap days, daylight saving, extension, pause (RGT-10)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import DAY, HOUR
from chalicelib.rights.request.deadline import Clock, ExtensionReason, NotAllowed

BELGRADE = ZoneInfo("Europe/Belgrade")
instants = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def received(day: str, hour: int = 12) -> Clock:
    """Return the clock of a request received at an hour of a day in Belgrade."""
    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), BELGRADE)
    return Clock((midnight + hour * HOUR).astimezone(UTC))


def last_day(clock: Clock, now: datetime | None = None) -> str:
    return str(clock.due_at(now or clock.received_at).astimezone(BELGRADE).date())


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-01-31", "2026-02-28"),  # a month ends on its last day
        ("2028-01-31", "2028-02-29"),  # a leap year
        ("2028-02-29", "2028-03-29"),
        ("2026-02-28", "2026-03-28"),  # 28 days: the month is earlier
        ("2026-03-15", "2026-04-14"),  # 31 days: the 30 days are earlier
        ("2026-04-30", "2026-05-30"),
        ("2026-12-31", "2027-01-30"),
    ],
)
def test_answer_is_due_after_thirty_days_or_a_month_whichever_is_earlier(day: str, due: str) -> None:
    assert last_day(received(day)) == due


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(("hour", "due"), [(0, "2026-07-31"), (23, "2026-07-31"), (24, "2026-08-01")])
def test_day_of_receipt_is_taken_in_the_controllers_time_zone(hour: int, due: str) -> None:
    assert last_day(received("2026-07-01", hour)) == due


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2026-02-26", datetime(2026, 3, 26, 22, 59, 59, tzinfo=UTC)),  # in winter: UTC+1
        (
            "2026-03-01",
            datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC),
        ),  # across the change to summer time: UTC+2
        ("2026-09-28", datetime(2026, 10, 28, 22, 59, 59, tzinfo=UTC)),  # across the change back to UTC+1
    ],
)
def test_last_day_counts_to_its_end_across_daylight_saving(day: str, ends: datetime) -> None:
    clock = received(day)
    assert clock.due_at(clock.received_at) == ends
    assert not clock.is_overdue(ends)
    assert clock.is_overdue(ends + timedelta(seconds=1))


@pytest.mark.promise("RGT-10")
@given(instants)
def test_period_is_never_longer_than_a_month_or_thirty_days(instant: datetime) -> None:
    clock = Clock(instant)
    end, begin = clock.due_at(instant).astimezone(BELGRADE), instant.astimezone(BELGRADE)
    assert timedelta(days=28) <= end.date() - begin.date() <= timedelta(days=30)
    assert (end.year, end.month) <= (begin.year + begin.month // 12, begin.month % 12 + 1)
    assert (end.hour, end.minute, end.second) == (23, 59, 59)


@pytest.mark.promise("RGT-10")
def test_extension_adds_to_the_first_period_and_has_a_reason() -> None:
    clock = received("2026-03-15")
    longer = clock.extended(60 * DAY, ExtensionReason.COMPLEXITY, clock.received_at + DAY)
    assert last_day(longer) == "2026-06-13"
    assert longer.extension is not None
    assert longer.extension.reason is ExtensionReason.COMPLEXITY


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("by", [61 * DAY, timedelta(0), -DAY, DAY + HOUR])
def test_extension_is_of_whole_days_and_at_most_sixty(by: timedelta) -> None:
    clock = received("2026-03-15")
    with pytest.raises(NotAllowed, match="whole days, at most 60"):
        clock.extended(by, ExtensionReason.HIGH_VOLUME, clock.received_at)


@pytest.mark.promise("RGT-10")
def test_extension_after_the_first_period_is_not_allowed() -> None:
    clock = received("2026-03-15")
    end = clock.first_period_ends(clock.received_at)
    assert clock.extended(DAY, ExtensionReason.COMPLEXITY, end).extension is not None
    with pytest.raises(NotAllowed, match="the first period is over"):
        clock.extended(DAY, ExtensionReason.COMPLEXITY, end + timedelta(seconds=1))


@pytest.mark.promise("RGT-10")
def test_second_extension_is_not_allowed() -> None:
    clock = received("2026-03-15")
    longer = clock.extended(DAY, ExtensionReason.COMPLEXITY, clock.received_at)
    with pytest.raises(NotAllowed, match="extended already"):
        longer.extended(DAY, ExtensionReason.COMPLEXITY, clock.received_at)


@pytest.mark.promise("RGT-10")
def test_clock_is_paused_while_proof_of_identity_is_outstanding() -> None:
    clock = received("2026-03-15")
    waiting = clock.paused(clock.received_at + DAY)
    late = clock.received_at + 50 * DAY
    assert not waiting.is_overdue(late)
    resumed = waiting.resumed(clock.received_at + 11 * DAY + HOUR)
    assert last_day(resumed, late) == "2026-04-24"  # ten whole days are added, the hour is not
    assert resumed.is_overdue(late)


@pytest.mark.promise("RGT-10")
def test_late_identity_check_does_not_pause_the_clock() -> None:
    clock = received("2026-03-15")
    assert clock.paused(clock.received_at + 3 * DAY).is_paused()
    for asked in (clock.received_at + 3 * DAY + HOUR, clock.received_at - HOUR):
        with pytest.raises(NotAllowed, match="not asked for without delay"):
            clock.paused(asked)


@pytest.mark.promise("RGT-10")
def test_clock_is_paused_and_resumed_only_once() -> None:
    clock = received("2026-03-15")
    resumed = clock.paused(clock.received_at).resumed(clock.received_at + DAY)
    with pytest.raises(NotAllowed, match="paused before"):
        resumed.paused(clock.received_at + DAY)
    with pytest.raises(NotAllowed, match="not paused"):
        resumed.resumed(clock.received_at + 2 * DAY)
    with pytest.raises(NotAllowed, match="not paused"):
        clock.resumed(clock.received_at)


@pytest.mark.promise("RGT-10")
def test_refusal_is_due_in_the_first_period_even_if_it_was_extended() -> None:
    clock = received("2026-03-15")
    longer = clock.extended(30 * DAY, ExtensionReason.COMPLEXITY, clock.received_at)
    end = clock.first_period_ends(clock.received_at)
    assert longer.refusal_is_in_time(end)
    assert not longer.refusal_is_in_time(end + timedelta(seconds=1))


def test_reminders_are_between_receipt_and_due_day() -> None:
    clock = received("2026-03-15")
    due = clock.due_at(clock.received_at)
    assert [(due - at).days for at in clock.reminders(clock.received_at)] == [14, 7, 3, 1]
    assert clock.reminders(clock.received_at) == tuple(sorted(clock.reminders(clock.received_at)))


@pytest.mark.parametrize(("after", "left"), [(0, 30), (30, 0), (31, -1)])
def test_days_left_are_whole_days_and_negative_once_late(after: int, left: int) -> None:
    clock = received("2026-03-15")
    assert clock.days_left(clock.received_at + after * DAY) == left
