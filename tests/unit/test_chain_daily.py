"""Tests the histories of jobs: a chain for each day, which goes on after an altered entry."""

from datetime import datetime, timedelta, timezone

import pytest

from chalicelib.core import chain
from chalicelib.core.chain import DailyHistory
from chalicelib.core.clock import DAY, HOUR
from tests.support.world.ledger import YEAR, alter_newest
from tests.support.world.world import World

HISTORY = DailyHistory("purge")


def record(world: World, event: str) -> None:
    HISTORY.record(world.now, event, {}, world.now + YEAR)


@pytest.mark.usefixtures("world")
def test_day_of_a_history_is_that_of_utc() -> None:
    late = datetime(2026, 11, 25, 0, 30, tzinfo=timezone(HOUR))
    assert HISTORY.chain_of(late).name == "purge#2026-11-24"


def test_each_day_has_a_chain_of_its_own(world: World) -> None:
    record(world, "begun")
    record(world, "finished")
    world.advance(DAY)
    assert HISTORY.newest(world.now) is None
    record(world, "nothing_found")
    days = [HISTORY.chain_of(world.now - age) for age in (DAY, timedelta())]
    events = [[entry.event for entry in chain.entries(day)] for day in days]
    assert events == [["begun", "finished"], ["nothing_found"]]


def test_nothing_is_appended_after_an_altered_entry_and_the_job_goes_on(world: World) -> None:
    record(world, "begun")
    restore = alter_newest(HISTORY.chain_of(world.now))
    assert HISTORY.newest(world.now) is None
    record(world, "finished")
    restore()
    newest = HISTORY.newest(world.now)
    assert newest
    assert newest.event == "begun"
    assert "purge_not_recorded" in world.log.getvalue()
