"""Tests the pace of calls whose rate another service limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import Pace
from chalicelib.core.figures import FanOut


class Time:
    """A monotonic clock that only pauses and the test move."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, length: timedelta) -> None:
        self.now += length.total_seconds()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moved = Time()
    monkeypatch.setattr(clock, "ticks", lambda: moved.now)
    monkeypatch.setattr(clock, "pause", moved.pause)
    return moved


def times_of_calls(
    time: Time, pace: Pace, number: int, work: Callable[[], None] = lambda: None
) -> list[float]:
    times = []
    for _ in range(number):
        pace.wait()
        times.append(time.now - 100)
        work()
    return times


def test_calls_are_an_interval_apart_and_the_first_waits_too(time: Time) -> None:
    assert times_of_calls(time, Pace(timedelta(seconds=2)), 3) == [2, 4, 6]


def test_time_of_the_work_counts_towards_the_interval(time: Time) -> None:
    def work() -> None:
        time.now += 1.5

    assert times_of_calls(time, Pace(timedelta(seconds=2)), 3, work) == [2, 4, 6]


def test_calls_that_were_late_are_not_made_up_for(time: Time) -> None:
    pace = Pace(timedelta(seconds=2))
    time.now += 60
    assert times_of_calls(time, pace, 3) == [60, 62, 64]


@pytest.mark.parametrize(("workers", "rate"), [(2, 1), (8, 10), (64, 14), (64, 1000)])
def test_intervals_of_all_workers_together_keep_the_rate(workers: int, rate: int) -> None:
    figures = FanOut(announcing_workers=workers, renewal_workers=2, erasing_workers=2, mails_per_second=rate)
    assert workers / figures.mail_interval.total_seconds() == pytest.approx(rate, rel=1e-4)
