"""Tests refreshing, listing and ending sessions through the API."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import table
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.world.builders import a_device
from tests.support.world.world import Reply, User, World


def refresh(world: World, token: str, device_id: str) -> Reply:
    body = {"refresh_token": token, "device_id": device_id}
    return world.call("POST", "/v1/sessions/refresh", body=body)


def a_user_with_device(world: World) -> tuple[User, str]:
    device = a_device(model="iPhone 17", os_version="20.1")
    return world.a_user(device=device), device["device_id"]


def test_refresh_gives_the_next_token_and_a_working_access_token(world: World) -> None:
    mila, device = a_user_with_device(world)
    world.advance(timedelta(minutes=20))
    assert mila.gets("/v1/profile").problem == "unauthenticated"
    fresh = refresh(world, mila.session["refresh_token"], device)
    assert fresh.status == 200
    assert fresh.json["session_id"] == mila.session["session_id"]
    assert fresh.json["refresh_token"] != mila.session["refresh_token"]
    headers = {"Authorization": f"Bearer {fresh.json['access_token']}"}
    assert world.call("GET", "/v1/profile", headers=headers).status == 200


@pytest.mark.promise("ACC-5")
def test_refresh_with_a_lost_response_repeats_the_same_token(world: World) -> None:
    mila, device = a_user_with_device(world)
    lost = refresh(world, mila.session["refresh_token"], device).json
    again = refresh(world, mila.session["refresh_token"], device).json
    assert again["refresh_token"] == lost["refresh_token"]


@pytest.mark.promise("ACC-5")
def test_fourth_repetition_ends_the_session(world: World) -> None:
    mila, device = a_user_with_device(world)
    first = mila.session["refresh_token"]
    active = refresh(world, first, device).json["refresh_token"]
    assert [refresh(world, first, device).status for _ in range(3)] == [200, 200, 200]
    assert refresh(world, first, device).problem == "session_ended"
    assert refresh(world, active, device).problem == "session_ended"
    assert mila.gets("/v1/profile").problem == "session_ended"


@pytest.mark.promise("ACC-5")
def test_copied_token_on_another_device_ends_the_session_at_once(world: World) -> None:
    mila, device = a_user_with_device(world)
    assert refresh(world, mila.session["refresh_token"], str(uuid.uuid4())).problem == "session_ended"
    assert refresh(world, mila.session["refresh_token"], device).problem == "session_ended"


@pytest.mark.promise("ACC-5")
def test_token_older_than_the_parent_ends_the_session(world: World) -> None:
    mila, device = a_user_with_device(world)
    second = refresh(world, mila.session["refresh_token"], device).json["refresh_token"]
    refresh(world, second, device)
    assert refresh(world, mila.session["refresh_token"], device).problem == "session_ended"
    assert cloud.records("session") == []


def test_concurrent_refreshes_with_one_token_get_the_same_next_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, device = a_user_with_device(world)
    token, write, other = mila.session["refresh_token"], table.write, list[Reply]()

    def after_the_other(operation: table.Write) -> table.Item:
        monkeypatch.setattr(table, "write", write)
        other.append(refresh(world, token, device))
        return write(operation)

    monkeypatch.setattr(table, "write", after_the_other)
    slow = refresh(world, token, device)
    assert slow.json["refresh_token"] == other[0].json["refresh_token"]


@pytest.mark.parametrize("change", ["mac", "generation", "session", "account", "garbage"])
def test_forged_refresh_token_neither_opens_nor_ends_a_session(world: World, change: str) -> None:
    mila, device = a_user_with_device(world)
    account, session, generation, mac = mila.session["refresh_token"].split(".")
    forged = {
        "mac": f"{account}.{session}.{generation}.{mac[::-1]}",
        "generation": f"{account}.{session}.1.{mac}",
        "session": f"{account}.s_{'0' * 26}.{generation}.{mac}",
        "account": f"a_{'0' * 26}.{session}.{generation}.{mac}",
        "garbage": "....",
    }[change]
    assert refresh(world, forged, device).problem == "session_ended"
    assert refresh(world, mila.session["refresh_token"], device).status == 200


@pytest.mark.promise("ACC-5")
def test_idle_session_cannot_be_refreshed_and_a_used_one_continues(world: World) -> None:
    mila, device = a_user_with_device(world)
    world.advance(timedelta(days=59))
    fresh = refresh(world, mila.session["refresh_token"], device).json
    assert fresh["refresh_expires_in"] == 60 * 24 * 3600
    world.advance(timedelta(days=59))
    again = refresh(world, fresh["refresh_token"], device)
    assert again.status == 200
    world.advance(timedelta(days=60))
    assert refresh(world, again.json["refresh_token"], device).problem == "session_ended"


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_refresh_of_a_frozen_account_gives_a_session_with_scope_rights(world: World, state: str) -> None:
    mila, device = a_user_with_device(world)
    world.set_state(mila, state)
    assert refresh(world, mila.session["refresh_token"], device).json["scope"] == "rights"


def test_refresh_costs_one_read_and_one_write(world: World) -> None:
    mila, device = a_user_with_device(world)
    with counted() as calls:
        assert refresh(world, mila.session["refresh_token"], device).status == 200
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"refresh_token": "x"}, "invalid_request"),
        ({"refresh_token": 7, "device_id": str(uuid.uuid4())}, "invalid_request"),
        ({"refresh_token": "x", "device_id": "mine"}, "invalid_request"),
        ({"refresh_token": "x" * 300, "device_id": str(uuid.uuid4())}, "invalid_request"),
        ({"refresh_token": "x", "device_id": str(uuid.uuid4()), "scope": "full"}, "unexpected_field"),
    ],
)
def test_malformed_refresh_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    assert world.call("POST", "/v1/sessions/refresh", body=body).problem == code


@pytest.mark.promise("ACC-5")
def test_devices_are_listed_with_their_submitted_data_and_no_device_id(world: World) -> None:
    phone, device = a_user_with_device(world)
    world.advance(timedelta(minutes=1))
    world.a_user(phone=phone.phone, device=a_device(platform="android"))
    listed = phone.gets("/v1/sessions")
    assert [(s["device"]["platform"], s["current"]) for s in listed.json["items"]] == [
        ("android", False),
        ("ios", True),
    ]
    assert listed.json["items"][1]["device"] == {
        "platform": "ios",
        "model": "iPhone 17",
        "os_version": "20.1",
    }
    assert device not in listed.text


def test_expired_sessions_and_sessions_of_others_are_not_listed(world: World) -> None:
    mila, device = a_user_with_device(world)
    world.a_user(phone=mila.phone)
    world.a_user()
    world.advance(timedelta(days=59))
    fresh = refresh(world, mila.session["refresh_token"], device).json
    world.advance(timedelta(days=2))
    fresh = refresh(world, fresh["refresh_token"], device).json
    headers = {"Authorization": f"Bearer {fresh['access_token']}"}
    listed = world.call("GET", "/v1/sessions", headers=headers).json["items"]
    assert [s["session_id"] for s in listed] == [mila.session["session_id"]]


@pytest.mark.promise("ACC-5")
def test_one_call_ends_the_sessions_of_all_devices(world: World) -> None:
    phone, device = a_user_with_device(world)
    tablet = world.a_user(phone=phone.phone)
    assert phone.calls("DELETE", "/v1/sessions").status == 204
    for user in (phone, tablet):
        assert user.gets("/v1/profile").problem == "session_ended"
    assert refresh(world, phone.session["refresh_token"], device).problem == "session_ended"


@pytest.mark.promise("STR-3")
def test_logging_out_a_device_revokes_earlier_chat_tokens(world: World) -> None:
    mila = world.a_user()
    mila.logs_out()
    (account,) = cloud.records("account")
    assert account["revoked_before"] == {"S": "2026-11-24T11:59:56Z"}


@pytest.mark.promise("STR-3")
def test_revocation_never_moves_backwards(world: World) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone=phone.phone)
    tablet.logs_out()
    world.advance(timedelta(seconds=-3))  # a clock that is behind
    assert phone.logs_out().status == 204
    (account,) = cloud.records("account")
    assert account["revoked_before"] == {"S": "2026-11-24T11:59:56Z"}
    assert phone.gets("/v1/profile").problem == "session_ended"
