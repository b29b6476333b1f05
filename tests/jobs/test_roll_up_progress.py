"""Tests the progress of a roll-up: it resumes where it stopped, and days are independent."""

import json
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.model import Platform
from chalicelib.core import aws, clock, needs, observe, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Query, Table
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage import rollup, store
from chalicelib.usage.figures import Figures, Group, Seen, of_one_account
from chalicelib.usage.jobs import roll_up_usage
from chalicelib.usage.model import UsageEvent
from tests.support import patches
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.world.builders import a_schedule_event, an_event
from tests.support.world.usage import a_person, stored_items, submit_usage, ten_people
from tests.support.world.world import NOON, World

pytestmark = pytest.mark.proof  # takes long

DAY = date(2026, 11, 24)
CLOSING = timedelta(hours=12 + 48 + 1)
HOUR = timedelta(hours=1)
CAP = 5_000
JOINED = {"purpose": "analytics", "name": "meeting.joined", "platform": "ios"}


class Ended(BaseException):
    """Lambda ends the function at its timeout."""


@pytest.fixture(autouse=True)
def days_before_are_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "pause", lambda _: None)
    monkeypatch.setattr(store, "SHARDS", ("00",))
    for days in range(1, 31):
        of = DAY - timedelta(days=days)
        store.publish(Figures(day=of, published_at=world.now, figures=()))


def published(of: date = DAY) -> list[dict[str, Any]] | None:
    found = {item["sk"]: item for item in table.query(Query(Table.USAGE, f"day#{of}"))}
    return found["figures"]["figures"] if "figures" in found else None


def partial(of: date = DAY) -> Any:
    return store.partials(of)["00"]


@contextmanager
def checks_take(length: timedelta, world: World) -> Iterator[list[AccountId]]:
    """Let the check of each account take this long, and Lambda end each run after 15 minutes.

    Yields the accounts that were checked.
    """
    read, began, checked = needs.read_accounts, [clock.now()], list[AccountId]()

    def slowly(account_ids: Any, *args: Any) -> Any:
        world.advance(length)
        if clock.now() > began[0] + timedelta(minutes=15):
            raise Ended
        checked.extend(listed := list(account_ids))
        return read(listed, *args)

    def begin() -> Iterator[date]:
        began[0] = clock.now()
        return closable()

    closable = rollup._closable
    with patches.current().context() as patch:
        patch.setattr(rollup, "_ACCOUNTS_AT_ONCE", 1)
        patch.setattr(needs, "read_accounts", slowly)
        patch.setattr(rollup, "_closable", begin)
        yield checked


def runs(maximum: int, world: World, until: Callable[[], object]) -> int:
    """Run hourly, despite failures; returns how many runs it takes."""
    for number in range(1, maximum + 1):
        with suppress(Ended, observe.EntryFailed):
            roll_up_usage(a_schedule_event(), None)
        if until():
            return number
        world.advance(HOUR)
    raise AssertionError(f"{maximum} runs were not enough")


@pytest.mark.promise("RET-4")
def test_shard_that_takes_longer_than_a_run_is_counted_over_several(world: World) -> None:
    people = [a_person(an_event()) for _ in range(40)]
    world.advance(CLOSING)
    with checks_take(timedelta(minutes=1), world):
        assert runs(48, world, lambda: published() is not None) == 4
    assert published() == [JOINED | {"accounts": len(people), "events": len(people)}]


def test_later_run_does_not_read_accounts_that_an_earlier_run_counted(world: World) -> None:
    people = sorted(a_person(an_event()) for _ in range(10))
    world.advance(CLOSING)
    with checks_take(timedelta(minutes=3), world) as checked:
        rollup.roll_up()
        assert (partial().after, partial().complete) == (people[3], False)
        world.advance(HOUR)
        rollup.roll_up()
    assert checked == people[:8]


@pytest.mark.promise("RET-4")
def test_account_with_ten_times_the_cap_is_counted_once_and_within_bounds(world: World) -> None:
    heavy, *_ = people = ten_people()
    store.put(store.items_of(_many(heavy, 10 * CAP)))
    world.advance(CLOSING)
    with cloud.counted() as calls:
        rollup.roll_up()
    figures = published() or []
    assert [figure["accounts"] for figure in figures] == [len(people)]
    assert [figure["events"] for figure in figures] == [9 + 100]
    assert calls.tables["Query"] < 150  # five hundred items, a megabyte at a time


def _many(account_id: AccountId, number: int) -> Iterator[UsageEvent]:
    """Return events that an app sent in batches of a hundred, each event in two of them."""
    for batch in range(number // 100):
        at = NOON - timedelta(seconds=batch)
        for n in range(100):
            event_id = uuid.UUID(int=(batch * 50 + n))
            yield UsageEvent(
                account_id=account_id, event_id=event_id, at=at, name="meeting.joined", platform=Platform.IOS
            )


def test_events_read_of_one_account_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_EVENTS_OF_ONE", 20)
    monkeypatch.setattr(store, "_PAGE", 2)
    people = sorted(a_person(an_event()) for _ in range(3))
    for _ in range(60):
        submit_usage(people[1], an_event(), consents=(Purpose.ANALYTICS,))
    with cloud.counted() as calls:
        found = [
            (who, len(list(events))) for who, events in store.by_account(DAY, "00", rollup.MAX_EVENTS_OF_ONE)
        ]
    assert found == [(people[0], 1), (people[1], 20), (people[2], 1)]
    assert calls.of("dynamodb") < 24 * 2 + 60 // 2  # events beyond the bound are skipped, not read


def test_memory_of_an_account_is_bounded_by_the_counted_events() -> None:
    def events(number: int) -> Iterator[Seen]:
        for index in range(number):
            yield Seen(Group(Purpose.ANALYTICS, f"g{index % 150}"), None, str(index))

    def peak(number: int) -> int:
        tracemalloc.start()
        try:
            of_one_account(events(number))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(200_000) < 1.1 * peak(20_000)


# --- independent days


@pytest.fixture
def three_days(world: World) -> list[date]:
    """Set up three days that may be closed, each of ten people."""
    for _ in range(3):
        ten_people(occurred_at=clock.to_text(clock.now()))
        world.advance(timedelta(days=1))
    world.advance(CLOSING)
    return [DAY + timedelta(days=n) for n in range(3)]


@contextmanager
def fail_reads_of(of: date, error: BaseException) -> Iterator[None]:
    """Let each read of a day's events fail."""

    def fail(params: dict[str, Any], **_: Any) -> None:
        if f"{of}T" in str(params["body"]):
            raise error

    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb.Query", fail)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.Query", fail)


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize("number", range(3))
def test_unreadable_day_does_not_delay_others(world: World, three_days: list[date], number: int) -> None:
    broken = three_days[number]
    error = EndpointConnectionError(endpoint_url="https://dynamodb")
    with fail_reads_of(broken, error), pytest.raises(Unavailable):
        rollup.roll_up()
    assert [of for of in three_days if published(of) is None] == [broken]
    failed = [line["code"] for line in world.log_lines if line["message"] == "usage_day_failed"]
    assert failed == [str(broken)]
    rollup.roll_up()
    assert published(broken) is not None


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize("number", range(3))
def test_day_that_kills_every_run_does_not_delay_others(
    world: World, three_days: list[date], number: int
) -> None:
    deadly = three_days[number]
    others = [of for of in three_days if of != deadly]
    with fail_reads_of(deadly, Ended()):
        runs(6, world, lambda: all(published(of) is not None for of in others))
    assert published(deadly) is None


def test_overdue_days_are_counted_for_the_alarm(
    world: World, three_days: list[date], capsys: pytest.CaptureFixture[str]
) -> None:
    def overdue() -> list[float]:
        capsys.readouterr()
        with suppress(observe.EntryFailed):
            roll_up_usage(a_schedule_event(), None)
        (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "Overdue" in line]
        return list(line["UsageDaysOverdue"])

    with fail_reads_of(three_days[0], EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert overdue() == [3]
    assert (overdue(), overdue()) == ([1], [0])


# --- unreadable data


@pytest.mark.parametrize("rows", ["[", '[{"name": 7}]'], ids=["an item", "an event"])
def test_malformed_item_is_left_out_and_counted_in_a_metric(
    world: World, rows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account_id = a_person(an_event())
    ten_people()
    (item,) = [item for item in stored_items() if item["account_id"] == account_id]
    damage(Table.USAGE, item["pk"], item["sk"], rows=rows)
    world.advance(CLOSING)
    roll_up_usage(a_schedule_event(), None)
    assert published() == [JOINED | {"accounts": 10, "events": 10}]
    assert '"UsageUnreadable":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_malformed_partial_is_counted_again(world: World) -> None:
    ten_people()
    world.advance(CLOSING)
    kill_before_publishing()
    damage(Table.USAGE, f"day#{DAY}", "partial#00", counts="many")
    rollup.roll_up()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]


def kill_before_publishing() -> None:
    with mock.patch.object(rollup, "_publish", side_effect=Ended), pytest.raises(Ended):
        rollup.roll_up()


def test_partial_names_no_account_once_its_shard_is_counted(world: World) -> None:
    ten_people()
    world.advance(CLOSING)
    kill_before_publishing()
    assert (partial().complete, partial().after) == (True, None)
