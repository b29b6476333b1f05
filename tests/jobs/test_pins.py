"""Tests pins: records that an open request needs are kept, a few days at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, chain, clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.privacy import pins
from chalicelib.privacy.pins import Pinned
from chalicelib.rights.engine import engine
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import duties, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Destination
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.world.usage import store_singly
from tests.support.world.world import NOON, User, World

pytestmark = pytest.mark.proof  # takes long


def a_user_with_events(world: World, number: int = 1) -> User:
    """Submit each event in a batch of its own, so it is an item of its own."""
    mila = world.a_user()
    mila.consents("analytics")
    store_singly(AccountId(mila.account_id), number)
    return mila


def pin(mila: User, world: World, ahead: timedelta, as_of: timedelta = timedelta()) -> int:
    deadline = world.now + timedelta(minutes=1)
    pinned = pins.pin(AccountId(mila.account_id), world.now - as_of, world.now + ahead, deadline)
    assert pinned.complete
    return pinned.items


def events() -> list[dict[str, Any]]:
    return cloud.records("usage_event")


@pytest.mark.promise("RGT-1")
def test_pinned_record_is_stored_longer_and_visible_as_long_as_before(world: World) -> None:
    mila = a_user_with_events(world)
    (before,) = events()
    assert pin(mila, world, ahead=31 * DAY) == 1
    (after,) = events()
    assert int(after["delete_at"]["N"]) == clock.to_epoch(world.now + 31 * DAY)
    assert after["expires_at"] == before["expires_at"]


def test_record_with_a_longer_period_is_not_changed(world: World) -> None:
    mila = a_user_with_events(world)
    before = cloud.all_items()
    assert pin(mila, world, ahead=3 * DAY) == 0
    assert cloud.all_items() == before


@pytest.mark.promise("RET-1")
def test_record_that_had_expired_before_the_request_is_not_kept(world: World) -> None:
    mila = a_user_with_events(world)
    world.advance(31 * DAY)
    assert pin(mila, world, ahead=3 * DAY) == 0
    assert pin(mila, world, ahead=3 * DAY, as_of=2 * DAY) == 1  # it was received while the record was visible


def test_pin_never_makes_an_item_expire_earlier(world: World) -> None:
    mila = a_user_with_events(world)
    pin(mila, world, ahead=40 * DAY)
    with cloud.counted() as calls:
        assert pin(mila, world, ahead=35 * DAY) == 1  # it is kept, and no write was needed
    assert calls.tables == {"Query": 3}
    (event,) = events()
    assert int(event["delete_at"]["N"]) == clock.to_epoch(world.now + 40 * DAY)


def test_data_of_another_subject_is_not_pinned(world: World) -> None:
    mila = world.a_user()
    a_user_with_events(world)
    before = events()
    pin(mila, world, ahead=40 * DAY)
    assert events() == before


def test_items_are_pinned_in_transactions_of_twenty_five(world: World) -> None:
    mila = a_user_with_events(world, number=110)
    with cloud.counted() as calls:
        assert pin(mila, world, ahead=40 * DAY) == 110
    assert calls.tables["TransactWriteItems"] == 5
    assert "UpdateItem" not in calls.tables


def test_pinning_reads_only_keys_and_times(world: World) -> None:
    mila = a_user_with_events(world, number=3)
    asked: list[dict[str, Any]] = []
    with cloud.hooked(
        "dynamodb", "before-parameter-build.dynamodb.Query", lambda params, **_: asked.append(params)
    ):
        pin(mila, world, ahead=40 * DAY)
    names = [{*query["ExpressionAttributeNames"].values()} for query in asked]
    assert names == [{"pk", "sk", "expires_at", "delete_at"}] * 3  # accounts, usage, billing


@contextmanager
def transactions_take(length: timedelta, world: World) -> Iterator[None]:
    """Let each transaction on items of usage take this long."""

    def wait(params: dict[str, Any], **_: Any) -> None:
        if b"delete_at" in params["body"] and b"ru4m-test-usage" in params["body"]:
            world.advance(length)

    with cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", wait):
        yield


def test_run_stops_at_its_deadline_and_the_next_one_continues(world: World) -> None:
    mila = a_user_with_events(world, number=110)
    account_id, as_of, until = AccountId(mila.account_id), world.now, world.now + 40 * DAY
    found: list[Pinned] = []
    with transactions_take(timedelta(seconds=20), world):
        while not found or not found[-1].complete:
            found.append(pins.pin(account_id, as_of, until, world.now + timedelta(seconds=30)))
    assert [(result.items, result.complete) for result in found] == [(50, False), (100, False), (110, True)]


@pytest.mark.proof
@pytest.mark.promise("RGT-1", "RGT-10")
def test_pins_never_outlast_the_lease_of_their_request(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step pins first, then a duty of the waiting request; both need several worker runs."""
    monkeypatch.setattr(pins, "_WRITES_PER_TRANSACTION", 2)
    mila = a_user_with_events(world, number=220)
    world.advance(28 * DAY)
    mila.verified = world.a_user(mila.phone).verified
    mila.is_stepped_up()
    stream.fault(path="/export/users", status=503, times=10_000)
    request_id = RightsRequestId(mila.exercises("access").json["rights_request_id"])
    late: list[timedelta] = []
    move = store.move

    def noted(before: RightsRequest, *args: Any, **more: Any) -> RightsRequest:
        if before.leased_until and world.now >= before.leased_until:
            late.append(world.now - before.leased_until)
        return move(before, *args, **more)

    monkeypatch.setattr(store, "move", noted)
    with transactions_take(timedelta(seconds=9), world):  # the longest duration of a call
        work_for(4 * DAY, request_id, world)
    assert late == []
    entries = [entry for entry in chain.entries(history_of(request_id)) if entry.event.startswith("pin")]
    assert [(entry.event, entry.data["pinned"]) for entry in entries[:2]] == [
        ("pin_done", 220),
        ("pinned", 220),
    ]
    request = store.read(request_id)
    assert request
    ends = {int(item["delete_at"]["N"]) for item in events()}
    assert len(ends) == 1
    assert ends == {clock.to_epoch(request.pinned_until or NOON)}


@pytest.mark.promise("RGT-1", "RGT-8")
@pytest.mark.parametrize(
    ("right", "more"),
    [("access", {}), ("portability", {}), ("portability", {"transfer_to": "https://take.example/import"})],
    ids=["access", "portability", "handed on"],
)
def test_request_pins_expiring_records_before_its_copy_is_made(
    world: World, stream: Emulator, right: str, more: dict[str, Any]
) -> None:
    mila = a_user_with_events(world)
    world.advance(28 * DAY)
    mila = world.a_user(mila.phone).is_stepped_up()
    stream.fault(path="/export/users", status=503, times=10_000)
    engine.advance(
        RightsRequestId(mila.exercises(right, **more).json["rights_request_id"]), worker_for(Destination.WORK)
    )
    (event,) = events()
    assert int(event["delete_at"]["N"]) >= clock.to_epoch(world.now + duties.PINNED_AHEAD)


def work_for(length: timedelta, request_id: RightsRequestId, world: World) -> None:
    """Advance a request whenever it is due."""
    ends = world.now + length
    while True:
        engine.advance(request_id, worker_for(Destination.WORK))
        request = store.read(request_id)
        assert request
        wakes = duties.wakes_at(request, world.now)
        if wakes is None or wakes > ends:
            return
        world.traveller.move_to(max(wakes, world.now))


def test_record_deleted_during_a_run_is_not_created_again(world: World) -> None:
    mila = a_user_with_events(world, number=3)
    deleted = events()[0]

    def delete_one(**_: Any) -> None:
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", delete_one)
        client.delete_item(TableName="ru4m-test-usage", Key={"pk": deleted["pk"], "sk": deleted["sk"]})

    client = aws.client("dynamodb")
    client.meta.events.register("before-call.dynamodb.TransactWriteItems", delete_one)
    assert pin(mila, world, ahead=40 * DAY) == 2
    assert len(events()) == 2
