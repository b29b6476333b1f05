"""Tests the roll-up: it publishes a day once no event can arrive, despite killed runs."""

import random
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from chalice.test import Client

from app import app
from chalicelib.consents import store as consents
from chalicelib.core import aws, clock, shards, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Item, Key, Query, Table
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage import rollup, store
from chalicelib.usage.figures import Figures
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import a_fault, an_event
from tests.support.world.practices import describe
from tests.support.world.usage import a_person, decide, submit_usage, ten_people
from tests.support.world.world import NOON, World

ANALYTICS, DIAGNOSTICS = Purpose.ANALYTICS, Purpose.DIAGNOSTICS
DAY = date(2026, 11, 24)
# The day ends 12 hours after the start of the world. Events may arrive 48 hours later; one hour is a margin.
CLOSING = timedelta(hours=12 + 48 + 1)


def day_items(of: date = DAY) -> dict[str, Item]:
    return {item["sk"]: item for item in table.query(Query(Table.USAGE, f"day#{of}"))}


def published(of: date = DAY) -> list[dict[str, Any]] | None:
    """Return the figures of a day, or None while it is not final."""
    found = day_items(of).get("figures")
    return found["figures"] if found else None


def run() -> None:
    rollup.roll_up()


def close_later_days(days: int) -> None:
    """Make the days after DAY final."""
    for ahead in range(1, days + 1):
        of = DAY + timedelta(days=ahead)
        store.publish(Figures(day=of, published_at=clock.now(), figures=()))


@pytest.fixture(autouse=True)
def close_earlier_days(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all earlier days final, and use few shards, since each needs 24 queries."""
    monkeypatch.setattr(clock, "pause", lambda _: None)
    monkeypatch.setattr(store, "SHARDS", shards.names(4))
    for days in range(1, 31):
        of = DAY - timedelta(days=days)
        store.publish(Figures(day=of, published_at=world.now, figures=()))


JOINED = {"purpose": "analytics", "name": "meeting.joined", "platform": "ios"}


@pytest.mark.promise("RET-4")
def test_day_is_published_once_no_late_event_can_arrive(world: World) -> None:
    ten_people()
    world.advance(CLOSING - timedelta(seconds=1))
    run()
    assert published() is None
    world.advance(timedelta(seconds=1))
    run()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]
    assert published(DAY + timedelta(days=1)) is None


def test_last_accepted_event_is_in_its_days_figures(world: World) -> None:
    people = [a_person() for _ in range(10)]
    world.advance(timedelta(hours=12 + 48) - timedelta(seconds=1))
    for account_id in people:
        submit_usage(account_id, an_event(occurred_at="2026-11-24T23:59:59Z"), consents=(ANALYTICS,))
    run()
    assert published() is None
    world.advance(timedelta(hours=1, seconds=1))
    run()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]


def test_schedule_runs_the_roll_up(world: World) -> None:
    ten_people()
    world.advance(CLOSING)
    with Client(app) as client:
        event = client.events.generate_cw_event(
            source="aws.events", detail_type="Scheduled Event", detail={}, resources=[]
        )
        client.lambda_.invoke("roll_up_usage", event)
    assert published() is not None


@pytest.mark.promise("RET-4")
def test_people_are_counted_once_over_all_hours_and_shards(world: World) -> None:
    events = [an_event(occurred_at=f"2026-11-24T{hour:02}:30:00Z") for hour in (1, 7, 11)]
    for _ in range(12):
        a_person(*[event | {"event_id": an_event()["event_id"]} for event in events])
    world.advance(CLOSING)
    run()
    assert published() == [JOINED | {"accounts": 12, "events": 36}]


@pytest.mark.promise("RGT-7")
def test_day_before_the_consent_in_force_is_not_counted(world: World) -> None:
    """The consent was withdrawn and given again, and not all of its use is deleted."""
    people = ten_people()
    world.advance(timedelta(hours=12))
    for account_id in people:
        decide(account_id, consents=(ANALYTICS,), since=world.now)
    world.advance(CLOSING - timedelta(hours=12))
    run()
    assert published() == []


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(("left", "counted"), [({}, 10), ({ANALYTICS: NOON}, 0)])
def test_day_of_a_consent_is_counted_unless_earlier_use_is_stored(
    world: World, left: dict[Purpose, Any], counted: int
) -> None:
    for account_id in ten_people():
        decide(account_id, consents=(ANALYTICS,), since=NOON, to_delete=left)
    world.advance(CLOSING)
    run()
    assert sum(figure["accounts"] for figure in published() or []) == counted


def test_use_is_counted_by_screen_and_faults_by_kind_and_version(world: World) -> None:
    for _ in range(10):
        a_person(
            an_event(screen="meeting/lobby", duration_ms=2000),
            a_fault(screen="meeting/lobby", duration_ms=5),
        )
    world.advance(CLOSING)
    run()
    used, crashed = published() or []
    assert used == JOINED | {
        "screen": "meeting/lobby", "accounts": 10, "events": 10, "mean_duration_ms": 2000
    }  # fmt: skip
    assert crashed.items() >= {"purpose": "diagnostics", "name": "app.crashed", "fault": "crash"}.items()
    assert "screen" not in crashed


@pytest.mark.promise("RET-4", "USE-6")
def test_figure_counts_at_least_ten_accounts_and_contains_no_id(world: World) -> None:
    people = [a_person(an_event(name="rare"), an_event()) for _ in range(3)] + ten_people()
    world.advance(CLOSING)
    run()
    assert published() == [JOINED | {"accounts": 13, "events": 13}]
    figures = str(day_items()["figures"])
    assert [account_id for account_id in people if account_id in figures] == []
    assert "rare" not in figures


@pytest.mark.promise("RET-4")
def test_published_day_is_final_and_costs_one_read(world: World) -> None:
    ten_people()
    world.advance(CLOSING)
    run()
    before = day_items()
    world.advance(timedelta(hours=1))
    with cloud.counted() as calls:
        run()
    assert day_items() == before
    assert before.keys() == {"figures"}
    days = 27  # of thirty days, the last two and a part are open
    assert calls == {"dynamodb.Query": days}


def test_day_without_events_is_closed_too(world: World) -> None:
    world.advance(CLOSING)
    run()
    assert published() == []


@pytest.mark.promise("RET-2")
def test_day_with_expired_events_is_never_published(world: World) -> None:
    # The time until midnight, when the day's first event happened.
    almost = timedelta(days=30, hours=-12) - timedelta(minutes=13)
    world.advance(almost)
    assert DAY in rollup._closable()
    world.advance(timedelta(minutes=1))  # it could expire while the run counts
    assert DAY not in rollup._closable()
    assert DAY + timedelta(days=1) in rollup._closable()


def _delete_events(who: AccountId) -> None:
    for item in list(table.query(Query(Table.USAGE, f"A#{who}"))):
        _delete("usage", item["pk"], item["sk"])


def _state(who: AccountId, state: str) -> None:
    change = table.Change(Key(Table.ACCOUNTS, f"A#{who}", "account"), put={"state": state})
    table.write(change)


def _delete(name: str, pk: str, sk: str) -> None:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    aws.client("dynamodb").delete_item(TableName=f"ru4m-test-{name}", Key=key)


EXCLUDE: dict[str, Callable[[AccountId], object]] = {
    "withdrew": decide,
    "is restricted for it": lambda who: decide(who, consents=(ANALYTICS,), restrictions={ANALYTICS: NOON}),
    "is restricted": lambda who: decide(who, consents=(ANALYTICS,), wholly_restricted=True),
    "is a restricted account": lambda who: _state(who, "restricted"),
    "is frozen": lambda who: _state(who, "frozen"),
    "is being erased": lambda who: _state(who, "erasing"),
    "is under a policy that counts no use": lambda _: describe(),
    "was deleted": lambda who: _delete("accounts", f"A#{who}", "account"),
    "erased the events": _delete_events,
}


@pytest.mark.promise("RGT-4", "RGT-7")
@pytest.mark.parametrize("forget", EXCLUDE.values(), ids=EXCLUDE.keys())
def test_withdrawn_or_inactive_account_is_not_counted(
    world: World, forget: Callable[[AccountId], object]
) -> None:
    account_id, *_ = ten_people()
    world.advance(CLOSING)
    forget(account_id)
    run()
    assert published() == []


@pytest.mark.promise("RGT-5")
def test_objection_removes_faults_from_the_count(world: World) -> None:
    people = [a_person(a_fault()) for _ in range(10)]
    world.advance(CLOSING)
    decide(people[0], objections={DIAGNOSTICS: NOON})
    run()
    assert published() == []


def test_account_with_unreadable_choices_is_not_counted(world: World) -> None:
    account_id, *_ = [*ten_people(), a_person(an_event())]
    aws.client("dynamodb").update_item(
        TableName="ru4m-test-accounts",
        Key={name: {"S": text} for name, text in consents.key(account_id).attributes().items()},
        UpdateExpression="SET sealed = :b",
        ExpressionAttributeValues={":b": {"B": b"\x01" * 60}},
    )
    world.advance(CLOSING)
    run()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]
    assert [line["error"] for line in world.log_lines if line["message"] == "choices_unreadable"]


class Killed(BaseException):
    """The function ends here."""


def kill_at(operation: str, number: int, moment: str) -> Callable[[], None]:
    """End the run at the n-th call of an operation; returns a function that stops this."""
    calls = iter(range(1, 1_000))

    def kill(**_: Any) -> None:
        if next(calls) == number:
            raise Killed

    events, name = aws.client("dynamodb").meta.events, f"{moment}-call.dynamodb.{operation}"
    events.register(name, kill)
    return lambda: events.unregister(name, kill)


WRITES = [("BatchWriteItem", 1), ("BatchWriteItem", 2), ("BatchWriteItem", 4), ("PutItem", 1),
          ("DeleteItem", 1), ("DeleteItem", 2), ("DeleteItem", 4)]  # fmt: skip


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("operation", "number"), WRITES)
def test_run_killed_at_a_write_is_completed_by_the_next(
    world: World, operation: str, number: int, moment: str
) -> None:
    ten_people()
    world.advance(CLOSING)
    stop = kill_at(operation, number, moment)
    with pytest.raises(Killed):
        run()
    stop()
    world.advance(timedelta(hours=1))
    run()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]
    assert day_items().keys() == {"figures"}


@pytest.mark.promise("RET-4")
def test_account_erased_before_publication_is_not_in_the_figures(world: World) -> None:
    account_id, *_ = [*ten_people(), a_person(an_event())]
    world.advance(CLOSING)
    stop = kill_at("PutItem", 1, "before")
    with pytest.raises(Killed):
        run()
    stop()
    _delete_events(account_id)
    run()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]


@pytest.mark.promise("RET-4")
def test_first_of_two_concurrent_runs_to_publish_is_final(world: World) -> None:
    people = [*ten_people(), a_person(an_event())]
    world.advance(CLOSING)

    def the_other() -> None:
        _delete_events(people[0])
        run()

    just_before(store, "publish", the_other)
    run()
    assert published() == [JOINED | {"accounts": 10, "events": 10}]
    assert day_items().keys() == {"figures"}


def test_run_at_its_time_limit_stops_and_later_ones_complete_the_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Random ids would leave a shard without people in one run of eighteen.
    ids = random.Random(1)  # noqa: S311 - ids of a test
    monkeypatch.setattr(secrets, "choice", ids.choice)
    ten_people()
    world.advance(CLOSING)
    count, counted = rollup._count, list[str]()

    def slowly(day: date, shard: str, *more: Any) -> Any:
        world.advance(timedelta(minutes=4))
        counted.append(shard)
        return count(day, shard, *more)

    monkeypatch.setattr(rollup, "_count", slowly)
    run()
    assert (published(), counted) == (None, ["00", "01", "02"])
    world.advance(timedelta(hours=1))
    run()
    assert counted[3:] == ["02", "03", "00"]  # continues where it stopped, then reads the oldest again
    assert published() == [JOINED | {"accounts": 10, "events": 10}]


def test_counts_older_than_three_days_are_not_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten_people()
    world.advance(CLOSING)
    count = rollup._count

    def slowly(*args: Any) -> Any:
        world.advance(timedelta(minutes=4))
        return count(*args)

    monkeypatch.setattr(rollup, "_count", slowly)
    run()
    world.advance(timedelta(days=3))
    close_later_days(3)
    run()
    assert published() is None
    run()
    assert published() is not None


def test_outage_fails_the_run_and_leaves_the_day_open(world: World) -> None:
    ten_people()
    world.advance(CLOSING)
    error = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "BatchGetItem", error), pytest.raises(Unavailable):
        run()
    assert published() is None
    run()
    assert published() is not None


def test_shard_is_read_page_by_page_and_each_account_is_returned_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SHARDS", ("00",))
    monkeypatch.setattr(store, "_PAGE", 2)
    times = [f"2026-11-24T{h:02}:{m:02}:00Z" for h in (9, 10, 11) for m in range(5)]
    people = [a_person() for _ in range(3)]
    for account_id in people:
        for time in times:  # each in a batch of its own, so in an item of its own
            submit_usage(account_id, an_event(occurred_at=time), consents=(ANALYTICS,))
    with cloud.counted() as calls:
        found = [
            (who, len(list(events))) for who, events in store.by_account(DAY, "00", rollup.MAX_EVENTS_OF_ONE)
        ]
    assert found == [(who, 15) for who in sorted(people)]
    assert calls == {"dynamodb.Query": 24 + 3 * 7}  # 15 events of an hour are eight pages
