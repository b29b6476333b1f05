"""What an open request needs is kept, a few days at a time."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.privacy import pinning
from tests.support import cloud
from tests.support.builders import an_event
from tests.support.world import User, World


def a_user_with_events(world: World, number: int = 1) -> User:
    mila = world.a_user()
    mila.consents("analytics")
    assert mila.tells_usage(*(an_event() for _ in range(number))).status == 202
    return mila


def pin(mila: User, world: World, ahead: timedelta, as_of: timedelta = timedelta()) -> int:
    return pinning.pin(AccountId(mila.account_id), world.now - as_of, world.now + ahead)


def events() -> list[dict[str, Any]]:
    return cloud.records("usage_event")


@pytest.mark.promise("RGT-1")
def test_what_would_lapse_is_kept_and_stays_as_visible_as_it_was(world: World) -> None:
    mila = a_user_with_events(world)
    (before,) = events()
    assert pin(mila, world, ahead=31 * DAY) == 1
    (after,) = events()
    assert int(after["delete_at"]["N"]) == clock.to_epoch(world.now + 31 * DAY)
    assert after["expires_at"] == before["expires_at"]


def test_what_is_kept_longer_by_itself_is_left_alone(world: World) -> None:
    mila = a_user_with_events(world)
    before = cloud.all_items()
    assert pin(mila, world, ahead=3 * DAY) == 0
    assert cloud.all_items() == before


@pytest.mark.promise("RET-1")
def test_what_had_expired_when_the_request_came_is_not_kept(world: World) -> None:
    mila = a_user_with_events(world)
    world.advance(31 * DAY)
    assert pin(mila, world, ahead=3 * DAY) == 0
    assert pin(mila, world, ahead=3 * DAY, as_of=2 * DAY) == 1  # it came while that was visible


def test_a_pin_is_only_ever_moved_ahead(world: World) -> None:
    mila = a_user_with_events(world)
    pin(mila, world, ahead=40 * DAY)
    assert pin(mila, world, ahead=35 * DAY) == 0
    (event,) = events()
    assert int(event["delete_at"]["N"]) == clock.to_epoch(world.now + 40 * DAY)


def test_another_subjects_data_is_not_kept_for_it(world: World) -> None:
    mila = world.a_user()
    a_user_with_events(world)
    before = events()
    pin(mila, world, ahead=40 * DAY)
    assert events() == before


def test_hundreds_of_items_are_kept_in_transactions_of_a_hundred(world: World) -> None:
    mila = a_user_with_events(world, number=100)
    mila.tells_usage(*(an_event() for _ in range(50)))
    with cloud.counted() as calls:
        assert pin(mila, world, ahead=40 * DAY) == 150
    assert calls.tables["TransactWriteItems"] == 2
    assert "UpdateItem" not in calls.tables


def test_what_is_deleted_meanwhile_is_not_made_again_and_holds_up_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = a_user_with_events(world, number=3)
    gone = events()[0]

    def delete_one(**_: Any) -> None:
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", delete_one)
        client.delete_item(TableName="ru4m-test-usage", Key={"pk": gone["pk"], "sk": gone["sk"]})

    from chalicelib.core import aws

    client = aws.client("dynamodb")
    client.meta.events.register("before-call.dynamodb.TransactWriteItems", delete_one)
    assert pin(mila, world, ahead=40 * DAY) == 2
    assert len(events()) == 2
