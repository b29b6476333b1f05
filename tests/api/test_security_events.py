"""Security events of an account are recorded and kept for ninety days (RET-3)."""

from collections import Counter
from datetime import timedelta

import pytest

from chalicelib.core import clock
from tests.support.clouds import cloud
from tests.support.world.builders import a_device
from tests.support.world.world import User, World


def events_of(user: User) -> list[str]:
    """Return the kinds of the account's events, in the order of their keys."""
    found = [item for item in cloud.records("security_event") if item["pk"]["S"] == f"A#{user.account_id}"]
    return [item["event"]["S"] for item in sorted(found, key=lambda item: str(item["sk"]["S"]))]


def refreshes(user: User, device: dict[str, str]) -> int:
    body = {"refresh_token": user.session["refresh_token"], "device_id": device["device_id"]}
    return user.world.call("POST", "/v1/sessions/refresh", body=body).status


def test_sign_in_is_recorded_with_its_session(world: World) -> None:
    mila = world.a_user()
    (event,) = cloud.records("security_event")
    assert event["event"]["S"] == "signed_in"
    assert event["session_id"]["S"] == mila.session["session_id"]
    assert event["at"]["S"] == clock.to_text(world.now)


def test_repeating_a_code_records_no_second_event(world: World) -> None:
    phone, device = "+381601234567", a_device()
    challenge = world.asks_for_a_code(phone, device).json["challenge_id"]
    answers = [
        world.verifies(challenge, world.code_for(phone), device_id=device["device_id"]) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert len(cloud.records("security_event")) == 1


def test_step_up_is_recorded_once_per_code(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    for _ in range(2):
        assert mila.steps_up_with(challenge, world.code_for(mila.phone)).status == 200
    assert Counter(events_of(mila)) == {"signed_in": 1, "stepped_up": 1}


def test_logout_of_a_device_is_recorded(world: World) -> None:
    mila = world.a_user()
    mila.logs_out()
    assert sorted(events_of(mila)) == ["signed_in", "signed_out"]


def test_logout_of_all_devices_is_recorded_as_one_event(world: World) -> None:
    mila = world.a_user()
    world.a_user(mila.phone)
    assert mila.calls("DELETE", "/v1/sessions").status == 204
    assert Counter(events_of(mila)) == {"signed_in": 2, "signed_out_everywhere": 1}


def test_copied_refresh_token_that_ends_its_session_is_recorded(world: World) -> None:
    mila = world.a_user()
    assert refreshes(mila, a_device()) == 401  # not the session's device
    assert sorted(events_of(mila)) == ["copied_token_refused", "signed_in"]


@pytest.mark.promise("RET-3")
def test_event_is_kept_for_ninety_days(world: World) -> None:
    world.a_user()
    (event,) = cloud.records("security_event")
    assert int(event["expires_at"]["N"]) == clock.to_epoch(world.now + timedelta(days=90))


@pytest.mark.promise("SEC-1")
def test_event_contains_no_device_and_no_address(world: World) -> None:
    mila = world.a_user()
    (event,) = cloud.records("security_event")
    assert "203.0.113" not in str(event)
    assert mila.phone not in str(event)
    assert "device" not in event
