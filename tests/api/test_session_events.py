"""The owner sees what ended a session, and on which device (ACC-5, ADR 105)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.profiles import number_change
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import needs
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.core.transactions import commit
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.cases.copies import damage
from tests.support.cases.links import NewDevice
from tests.support.world.builders import a_device, a_phone
from tests.support.world.world import User, World

IPHONE = a_device(model="iPhone 17")


def events(user: User, **only: Any) -> list[dict[str, Any]]:
    """Return the events, the newest first, or those with these values."""
    reply = user.gets("/v1/sessions/events?limit=100")
    assert reply.status == 200, reply.text
    return [one for one in reply.json["items"] if one.items() >= only.items()]


def kinds_about(user: User, session: User) -> list[str]:
    return [one["event"] for one in events(user, session_id=session.session["session_id"])]


def a_pair(world: World) -> tuple[User, User]:
    """Return a phone and another device of its account, a second apart."""
    phone = world.a_user()
    world.advance(timedelta(seconds=1))
    other = world.a_user(phone.phone, IPHONE)
    world.advance(timedelta(seconds=1))
    return phone, other


@pytest.mark.promise("ACC-5")
def test_event_names_the_device_of_a_session_that_has_ended(world: World) -> None:
    phone, other = a_pair(world)
    other.logs_out()
    (ended,) = events(phone, event="signed_out")
    assert ended["session_id"] == other.session["session_id"]
    assert ended["device"] == {"platform": "ios", "model": "iPhone 17"}


@pytest.mark.promise("ACC-5")
def test_session_that_another_device_ended_is_shown_so(world: World) -> None:
    phone, other = a_pair(world)
    phone.calls("DELETE", f"/v1/sessions/{other.session['session_id']}")
    assert kinds_about(phone, other) == ["signed_out_by_another", "signed_in"]


@pytest.mark.promise("ACC-5")
def test_refresh_token_that_was_used_twice_is_shown(world: World) -> None:
    phone, other = a_pair(world)
    copied = {"refresh_token": other.session["refresh_token"], "device_id": a_device()["device_id"]}
    assert world.call("POST", "/v1/sessions/refresh", body=copied).problem == "session_ended"
    assert kinds_about(phone, other) == ["copied_token_refused", "signed_in"]


@pytest.mark.parametrize(("path", "kind"), [("", "signed_out_everywhere"), ("/others", "others_signed_out")])
def test_end_of_many_sessions_is_one_event(world: World, path: str, kind: str) -> None:
    phone, _ = a_pair(world)
    phone.calls("DELETE", f"/v1/sessions{path}")
    assert len(events(phone.signs_in_again(), event=kind)) == 1


def test_number_that_operators_gave_is_shown_as_the_end(world: World) -> None:
    phone, _ = a_pair(world)
    (row,) = needs.read_accounts([AccountId(phone.account_id)], (OPEN_ACCOUNT, DATA_KEY))
    account = row[OPEN_ACCOUNT]
    assert account
    commit(*number_change.returning((account, row[DATA_KEY]), number := a_phone(), None))
    world.advance(timedelta(seconds=1))
    assert [one["event"] for one in events(world.a_user(number))][1] == "number_returned"


def test_confirmed_link_is_shown_with_the_device_that_confirmed(world: World) -> None:
    phone = world.a_user(device=IPHONE).is_stepped_up()
    NewDevice(world).is_confirmed_by(phone)
    (linked,) = events(phone, event="device_linked")
    assert linked["device"]["model"] == "iPhone 17"
    assert {one["device"]["model"] for one in events(phone, event="signed_in")} == {"iPhone 17", "Pixel 9"}


def uses_for(user: User, days: int) -> None:
    """Refresh the session every twenty days, and at the end."""
    for passed in range(0, days, 20):
        user.world.advance(min(20, days - passed) * DAY)
        body = {"refresh_token": user.session["refresh_token"], "device_id": user.session["device_id"]}
        user.verified["session"] |= user.world.call("POST", "/v1/sessions/refresh", body=body).json


def a_pair_of_which_one_expired(world: World) -> tuple[User, User]:
    device = a_device()
    other = world.a_user(device=IPHONE)
    phone = world.a_user(other.phone, device)
    phone.session["device_id"] = device["device_id"]
    uses_for(phone, 61)
    return phone, other


@pytest.mark.promise("ACC-5")
def test_expired_session_is_shown_although_no_process_noted_it(world: World) -> None:
    phone, other = a_pair_of_which_one_expired(world)
    (expired,) = events(phone, event="expired")
    assert expired["session_id"] == other.session["session_id"]
    assert expired["device"]["model"] == "iPhone 17"
    assert expired["happened_at"] == "2027-01-23T12:00:00Z"


@pytest.mark.parametrize("ended", ["/v1/sessions/others", "/v1/sessions/{session_id}"])
def test_session_that_was_ended_is_not_shown_as_expired(world: World, ended: str) -> None:
    device = a_device()
    other = world.a_user(device=IPHONE)
    phone = world.a_user(other.phone, device)
    phone.session["device_id"] = device["device_id"]
    assert phone.calls("DELETE", ended.format(**other.session)).status == 204
    uses_for(phone, 61)
    assert events(phone, event="expired") == []


@pytest.mark.promise("RET-2")
def test_device_of_an_ended_session_is_forgotten_after_ninety_days(world: World) -> None:
    phone, other = a_pair_of_which_one_expired(world)
    uses_for(phone, 29)
    assert kinds_about(phone, other) == []


@pytest.mark.promise("ACC-5")
def test_events_of_another_account_are_not_shown(world: World) -> None:
    phone, _ = a_pair(world)
    assert len(events(world.a_user())) == 1
    assert len(events(phone)) == 2


def test_altered_description_hides_no_event(world: World) -> None:
    phone, other = a_pair(world)
    place = f"session_device#{other.session['session_id']}"
    damage(Table.ACCOUNTS, f"A#{phone.account_id}", place, sealed=b"x" * 60)
    assert kinds_about(phone, other) == ["signed_in"]
    assert "device" not in events(phone)[0]
