"""Tests `keep_holds`: what a hold names is stored until the hold ends, and nothing else is."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import clock, metrics, table
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Table, partition_of
from chalicelib.privacy import pins
from chalicelib.retention.holds.store import SHARDS
from chalicelib.retention.jobs import keep_holds
from chalicelib.retention.model import UNCONFIRMED
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.faults.crash import How, Killed, Point, Watch
from tests.support.jobs import workers
from tests.support.world.builders import a_fault, a_schedule_event, an_event
from tests.support.world.usage import store_singly, stored_events, stored_items
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RET-3")
PERIOD = 30 * DAY  # of usage
LAST = timedelta(seconds=1)


def run() -> dict[str, int]:
    """Run the job as Lambda does."""
    done: dict[str, int] = keep_holds(a_schedule_event(), None)
    return done


def run_daily(world: World, days: int) -> None:
    """Let days pass with the job; it is due once a day."""
    for _ in range(days):
        run()
        delete_as_ttl(world)
        world.advance(DAY)
    delete_as_ttl(world)


def delete_as_ttl(world: World) -> None:
    """Delete usage whose `delete_at` has passed, as DynamoDB does."""
    past = [item for item in stored_items() if item["delete_at"] <= clock.to_epoch(world.now)]
    table.delete_all([table.Key(Table.USAGE, item["pk"], item["sk"]) for item in past])


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a use event and a fault event of now."""
    mila = world.a_user()
    mila.consents("analytics")
    assert mila.submits_usage(an_event(), a_fault()).json["accepted"] == 2
    return mila


def confirmed_hold(user: User, *kinds: str, **more: Any) -> str:
    """Place a hold by one operator, and confirm it by another."""
    hold = str(user.world.an_operator("ana").places_hold(user.user_id, *kinds, **more).json["id"])
    assert user.world.an_operator("boris").confirms_hold(hold).status == 200
    return hold


def lift(world: World, hold: str) -> None:
    world.an_operator("ana").proposes_lift(hold)
    assert world.an_operator("boris").lifts_hold(hold).status == 200


def kinds() -> list[str]:
    """Return the kinds of usage that are stored, in order."""
    return sorted(event["kind"] for event in stored_events())


def kept_until(kind: str = "usage_event") -> datetime:
    (item,) = (item for item in stored_items() if item["kind"] == kind)
    return clock.from_epoch(item["delete_at"])


# --- what is kept


def test_only_the_named_kinds_of_the_subject_are_pinned(world: World, mila: User) -> None:
    other = world.a_user()
    other.consents("analytics")
    other.submits_usage(an_event())
    confirmed_hold(mila, "usage_event")
    before = cloud.all_items()
    world.advance(PERIOD - DAY)
    run()
    named = [item for item in cloud.all_items() if item not in before]
    assert {(item["pk"]["S"], item["kind"]["S"]) for item in named} == {
        (partition_of(AccountId(mila.account_id)), "usage_event"),
        (partition_of(AccountId(mila.account_id)), "hold"),
    }


@pytest.mark.promise("RET-2")
def test_expired_record_stays_stored_and_invisible_until_the_hold_ends(world: World, mila: User) -> None:
    world.advance(PERIOD - DAY)
    confirmed_hold(mila, "usage_event", lasts=7 * DAY)
    run_daily(world, 6)
    assert kinds() == ["usage_event"]
    visible = table.query(table.Query(Table.USAGE, partition_of(AccountId(mila.account_id))))
    assert list(visible) == []
    run_daily(world, 1)
    assert kinds() == []


def test_last_pin_ends_with_the_hold(world: World, mila: User) -> None:
    ends = world.now + 33 * DAY
    confirmed_hold(mila, "usage_event", lasts=33 * DAY)
    world.advance(PERIOD - HOUR)
    run()
    assert kept_until() == ends
    world.advance(DAY)
    run()
    assert kept_until() == ends


@pytest.mark.proof
def test_record_that_is_stored_after_the_hold_began_is_kept(world: World, mila: User) -> None:
    confirmed_hold(mila, "diagnostics_event", lasts=60 * DAY)
    run()
    world.advance(DAY)
    again = world.a_user(phone=mila.phone)
    assert again.submits_usage(a_fault(occurred_at=clock.to_text(world.now))).json["accepted"] == 1
    world.advance(PERIOD - 2 * DAY)
    run_daily(world, 3)
    assert kinds() == ["diagnostics_event", "diagnostics_event"]


def test_record_due_for_deletion_before_the_hold_is_not_kept(world: World, mila: User) -> None:
    world.advance(PERIOD)
    confirmed_hold(mila, "usage_event")
    run()
    delete_as_ttl(world)
    assert kinds() == []


@pytest.mark.proof
def test_records_of_two_holds_are_kept_until_the_later_end(world: World, mila: User) -> None:
    world.advance(PERIOD - DAY)
    confirmed_hold(mila, "usage_event", lasts=3 * DAY)
    run_daily(world, 2)
    confirmed_hold(mila, "usage_event", lasts=4 * DAY)  # the records have expired
    run_daily(world, 3)
    assert kinds() == ["usage_event"]
    run_daily(world, 1)
    assert kinds() == []


# --- ends


def test_lifted_hold_needs_no_work_and_its_pins_lapse(world: World, mila: User) -> None:
    world.advance(PERIOD - DAY)
    hold = confirmed_hold(mila, "usage_event")
    run_daily(world, 2)
    run()
    lift(world, hold)
    with cloud.counted() as calls:
        assert run() == {"done": 0, "left": 0}
    assert calls.tables == {"Query": len(SHARDS)}
    world.advance(pins.HELD_AHEAD + DAY)
    delete_as_ttl(world)
    assert kinds() == []


def test_unconfirmed_hold_keeps_records_for_72_hours_and_is_counted_once(
    world: World, mila: User, counts: Counter[Metric]
) -> None:
    world.advance(PERIOD - DAY)
    world.an_operator("ana").places_hold(mila.user_id)
    ends = world.now + UNCONFIRMED
    run()
    assert kept_until() == ends
    world.advance(UNCONFIRMED - LAST)
    run()
    assert (kept_until(), counts[Metric.HOLD_UNCONFIRMED]) == (ends, 0)
    world.advance(LAST)
    for _ in range(2):
        run()
    assert (kept_until(), counts[Metric.HOLD_UNCONFIRMED]) == (ends, 1)


def test_hold_that_needs_a_confirmation_first_keeps_nothing_before(world: World, mila: User) -> None:
    ana = world.an_operator("ana")
    ana.places_hold(mila.user_id)
    world.advance(PERIOD - HOUR)
    run()
    second = ana.places_hold(mila.user_id, reason="Another order").json["id"]
    before = kept_until()
    run()
    assert kept_until() == before
    world.an_operator("boris").confirms_hold(second)
    run()
    assert kept_until() > world.now + pins.HELD_AHEAD


# --- runs


@contextmanager
def each_pin_takes(length: timedelta, world: World) -> Iterator[None]:
    def wait(params: dict[str, Any], **_: Any) -> None:
        if b"ru4m-test-usage" in params["body"]:
            world.advance(length)

    with cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", wait):
        yield


def test_later_run_continues_where_a_slice_of_time_ended(world: World) -> None:
    mila = world.a_user()
    store_singly(AccountId(mila.account_id), 60)
    confirmed_hold(mila, "usage_event")
    world.advance(PERIOD - DAY)
    with each_pin_takes(4 * MINUTE, world):
        assert run() == {"done": 0, "left": 1}
        world.advance(HOUR)
        assert run() == {"done": 0, "left": 1}
    world.advance(HOUR)
    with cloud.counted() as calls:
        assert run() == {"done": 1, "left": 0}
    assert calls.tables["TransactWriteItems"] == 1  # the last ten of sixty
    assert len({item["delete_at"] for item in stored_items()}) == 1


def test_hold_that_kills_its_worker_does_not_delay_the_others(world: World, mila: User) -> None:
    confirmed_hold(mila, "usage_event")
    other = world.a_user()
    other.consents("analytics")
    other.submits_usage(an_event())
    confirmed_hold(other, "usage_event")
    world.advance(PERIOD - DAY)
    before = {item["pk"]: item["delete_at"] for item in stored_items() if item["kind"] == "usage_event"}

    def later() -> int:
        return sum(
            item["delete_at"] > before[item["pk"]] for item in stored_items() if item["kind"] == "usage_event"
        )

    watch = Watch(Point(0, How.KILLED))  # it has moved the first hold to a later time
    with watch.on(), suppress(Killed):
        watch.process(run)
    assert later() == 0
    assert run() == {"done": 1, "left": 0}
    assert later() == 1
    world.advance(HOUR)
    assert run()["done"] == 1
    assert later() == 2


def test_hold_that_cannot_be_pinned_is_counted_and_does_not_stop_the_others(
    world: World, mila: User, counts: Counter[Metric], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.a_user()
    confirmed_hold(mila, "usage_event")
    confirmed_hold(other, "usage_event")
    pin = pins.pin_held

    def failing(account_id: AccountId, *args: Any) -> pins.Pinned:
        if account_id == mila.account_id:
            raise ValueError("what a record says")
        return pin(account_id, *args)

    gauges: dict[Metric, int] = {}
    monkeypatch.setattr(metrics, "gauge", gauges.__setitem__)
    monkeypatch.setattr(pins, "pin_held", failing)
    assert run() == {"done": 1, "left": 1}
    assert (gauges[Metric.HOLD_UPKEEP_FAILED], counts[Metric.HOLD_UPKEEP_DONE]) == (1, 1)
    monkeypatch.setattr(pins, "pin_held", pin)
    world.advance(HOUR)  # the next try
    run()
    assert gauges[Metric.HOLD_UPKEEP_FAILED] == 0  # emitted too, so that the alarm ends
    (line,) = (line for line in world.log_lines if line.get("message") == "hold_upkeep_failed")
    assert line["hold_id"].startswith("h_")
    assert "what a record says" not in world.log.getvalue()


def test_hold_that_was_altered_does_not_stop_the_others(world: World, mila: User) -> None:
    hold = confirmed_hold(mila, "usage_event")
    confirmed_hold(world.a_user(), "usage_event")
    damage(Table.RIGHTS, partition_of(AccountId(mila.account_id)), f"hold#{hold}", ends_at="no instant")
    assert run() == {"done": 1, "left": 0}
    assert [line["hold_id"] for line in world.log_lines if line.get("message") == "hold_unreadable"] == [hold]


def test_hold_whose_texts_were_altered_keeps_its_records(world: World, mila: User) -> None:
    hold = confirmed_hold(mila, "usage_event")
    damage(Table.RIGHTS, partition_of(AccountId(mila.account_id)), f"hold#{hold}", sealed=b"altered")
    world.advance(PERIOD - DAY)
    assert run() == {"done": 1, "left": 0}
    assert kept_until() > world.now + pins.HELD_AHEAD


# --- withdrawn consents


@pytest.mark.promise("RGT-7")
def test_withdrawal_hides_held_usage_at_once(world: World, mila: User) -> None:
    confirmed_hold(mila, "usage_event", lasts=60 * DAY)
    run()
    mila.withdraws("analytics")
    world.advance(HOUR)
    workers.renew()
    assert "usage_event" in kinds()
    (item,) = (item for item in stored_items() if item["kind"] == "usage_event")
    assert item["expires_at"] == clock.to_epoch(world.now)
    assert workers.renew()["deleted"] == 0


@pytest.mark.promise("RGT-7")
def test_hidden_usage_is_deleted_when_the_hold_ends(world: World, mila: User) -> None:
    confirmed_hold(mila, "usage_event", lasts=7 * DAY)
    run()
    mila.withdraws("analytics")
    world.advance(HOUR)
    workers.renew()
    run_daily(world, 6)
    assert "usage_event" in kinds()
    run_daily(world, 1)
    assert "usage_event" not in kinds()


@pytest.mark.promise("RGT-7")
def test_usage_of_a_kind_without_a_hold_is_deleted_at_a_withdrawal(world: World, mila: User) -> None:
    confirmed_hold(mila, "diagnostics_event")
    run()
    mila.withdraws("analytics")
    world.advance(HOUR)
    workers.renew()
    assert kinds() == ["diagnostics_event"]
