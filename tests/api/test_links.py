"""A signed-in device signs another one in by a QR code (ACC-5, ADR 105)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.support.cases.links import NewDevice, asks_for_a_link
from tests.support.cases.recycled import loses_number
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.builders import a_device
from tests.support.world.limits import allow
from tests.support.world.world import User, World

WRONG = "A" * 43


@pytest.fixture
def mila(world: World) -> User:
    """Return a user whose token is stepped up."""
    return world.a_user().is_stepped_up()


@pytest.fixture
def tablet(world: World) -> NewDevice:
    return NewDevice(world)


@pytest.mark.promise("ACC-5")
def test_confirmed_device_gets_a_session_of_the_account(mila: User, tablet: NewDevice) -> None:
    assert tablet.is_seen_by(mila).json.items() >= {"platform": "android", "model": "Pixel 9"}.items()
    assert tablet.is_confirmed_by(mila).status == 204
    linked = tablet.as_user(mila)
    assert linked.user_id == mila.user_id
    assert linked.profile() == mila.profile()
    assert linked.session["session_id"] != mila.session["session_id"]


def test_device_waits_until_it_is_confirmed_and_learns_nothing(tablet: NewDevice) -> None:
    waits = tablet.fetches()
    assert waits.status == 202
    assert waits.json == {"platform": "android", "model": "Pixel 9", "expires_at": "2026-11-24T12:02:00Z"}


@pytest.mark.promise("ACC-5")
def test_secret_of_the_qr_code_fetches_no_session(mila: User, tablet: NewDevice) -> None:
    assert tablet.is_confirmed_by(mila, tablet.link["kept_secret"]).problem == "link_expired"
    tablet.is_confirmed_by(mila)
    assert tablet.fetches(tablet.link["shown_secret"]).problem == "link_expired"
    assert tablet.fetches().status == 200


@pytest.mark.promise("ACC-5")
def test_confirming_needs_a_stepped_up_token(world: World, tablet: NewDevice) -> None:
    assert tablet.is_confirmed_by(world.a_user()).problem == "step_up_required"
    assert tablet.fetches().status == 202


@pytest.mark.promise("ACC-5")
@pytest.mark.parametrize(("state", "problem"), [("frozen", "account_frozen"), ("restricted", "restricted")])
def test_frozen_or_restricted_account_lets_no_device_in(
    mila: User, tablet: NewDevice, state: str, problem: str
) -> None:
    mila.world.set_state(mila, state)
    assert tablet.is_seen_by(mila).problem == problem
    assert tablet.is_confirmed_by(mila).problem == problem
    assert tablet.fetches().status == 202


def test_account_without_a_number_lets_a_device_in(mila: User, tablet: NewDevice) -> None:
    loses_number(mila)
    assert tablet.is_confirmed_by(mila).status == 204
    assert tablet.as_user(mila).user_id == mila.user_id


def test_session_is_answered_again_for_two_minutes(mila: User, tablet: NewDevice) -> None:
    mila.world.advance(timedelta(seconds=119))
    tablet.is_confirmed_by(mila)
    mila.world.advance(timedelta(seconds=119))
    first, again = (tablet.fetches().json["session"] for _ in range(2))
    assert first["refresh_token"] == again["refresh_token"]
    mila.world.advance(timedelta(seconds=1))
    assert tablet.fetches().problem == "link_expired"
    assert len(cloud.records("session")) == 2


@pytest.mark.promise("ACC-5")
def test_link_is_over_after_two_minutes(mila: User, tablet: NewDevice) -> None:
    mila.world.advance(timedelta(minutes=2))
    answers = [tablet.is_seen_by(mila), tablet.is_confirmed_by(mila), tablet.fetches()]
    assert [answer.problem for answer in answers] == ["link_expired"] * 3


def test_unknown_link_is_answered_like_an_expired_one(mila: User) -> None:
    unknown = {"link_id": "l_" + "0" * 26, "shown_secret": WRONG, "kept_secret": WRONG}
    none = NewDevice(mila.world, link=unknown)
    answers = [none.is_seen_by(mila), none.is_confirmed_by(mila), none.fetches()]
    assert [answer.problem for answer in answers] == ["link_expired"] * 3


@pytest.mark.promise("ACC-5")
def test_confirmed_link_is_confirmed_by_no_other_account(mila: User, tablet: NewDevice) -> None:
    vuk = mila.world.a_user().is_stepped_up()
    assert tablet.is_confirmed_by(mila).status == 204
    assert tablet.is_confirmed_by(vuk).problem == "link_expired"
    assert tablet.is_seen_by(vuk).problem == "link_expired"
    assert tablet.as_user(mila).user_id == mila.user_id


@pytest.mark.promise("ACC-5")
def test_repeated_confirmation_opens_no_second_session(mila: User, tablet: NewDevice) -> None:
    assert [tablet.is_confirmed_by(mila).status for _ in range(2)] == [204, 204]
    assert len(cloud.records("session")) == 2


def test_parallel_confirmations_of_one_session_open_one_session(mila: User, tablet: NewDevice) -> None:
    during = before_the_commit(lambda: tablet.is_confirmed_by(mila))
    assert tablet.is_confirmed_by(mila).status == 204
    assert [reply.status for reply in during] == [204]
    assert len(cloud.records("session")) == 2


@pytest.mark.promise("ACC-5")
def test_second_of_two_accounts_that_confirm_at_once_is_refused(mila: User, tablet: NewDevice) -> None:
    vuk = mila.world.a_user().is_stepped_up()
    before_the_commit(lambda: tablet.is_confirmed_by(vuk))
    assert tablet.is_confirmed_by(mila).problem == "link_expired"
    assert tablet.as_user(vuk).user_id == vuk.user_id


@pytest.mark.promise("ACC-5")
def test_session_that_ends_meanwhile_lets_no_device_in(mila: User, tablet: NewDevice) -> None:
    before_the_commit(lambda: mila.calls("DELETE", "/v1/sessions"))
    assert tablet.is_confirmed_by(mila).problem == "session_ended"
    assert tablet.fetches().status == 202


@pytest.mark.promise("ACC-5")
def test_signing_out_everywhere_ends_the_session_that_waits_to_be_fetched(
    mila: User, tablet: NewDevice
) -> None:
    tablet.is_confirmed_by(mila)
    mila.calls("DELETE", "/v1/sessions")
    assert tablet.fetches().problem == "link_expired"


@pytest.mark.promise("ACC-5")
@pytest.mark.parametrize("call", ["confirm", "session"])
def test_link_takes_no_call_after_many_with_wrong_secrets(mila: User, tablet: NewDevice, call: str) -> None:
    allow(devices_linked_day=1_000)
    for _ in range(120):
        wrong = tablet.is_confirmed_by(mila, WRONG) if call == "confirm" else tablet.fetches(WRONG)
        assert wrong.problem == "link_expired"
    assert tablet.is_confirmed_by(mila).problem == "link_expired"
    assert NewDevice(mila.world).is_confirmed_by(mila).status == 204


@pytest.mark.promise("ACC-5")
def test_links_of_strangers_use_up_no_codes_of_their_network(world: World) -> None:
    allow(links_per_address=2)
    answers = [asks_for_a_link(world, a_device()) for _ in range(3)]
    assert [answer.problem for answer in answers] == [None, None, "too_many_requests"]
    assert answers[2].json["limit"] == "links_per_address"
    assert asks_for_a_link(world, a_device(), address="198.51.100.7").status == 201
    assert world.a_user().steps_up().status == 200


def test_account_links_a_limited_number_of_devices_a_day(mila: User) -> None:
    allow(devices_linked_day=1)
    answers = [NewDevice(mila.world).is_confirmed_by(mila) for _ in range(2)]
    assert [answer.problem for answer in answers] == [None, "too_many_requests"]


@pytest.mark.promise("ACC-5")
def test_new_device_is_announced_by_mail_and_in_the_list(mila: User, tablet: NewDevice) -> None:
    mila.has_had_email("mila@test.example")
    mila.is_stepped_up()
    tablet.is_confirmed_by(mila)
    assert "QR code" in mila.world.mails_to("mila@test.example")[-1]
    listed = {
        one["device"].get("model"): one["new_device"] for one in mila.gets("/v1/sessions").json["items"]
    }
    assert listed == {None: False, "Pixel 9": True}


@pytest.mark.promise("ACC-5")
def test_linked_device_has_the_origin_of_the_session_that_confirmed(mila: User, tablet: NewDevice) -> None:
    tablet.is_confirmed_by(mila)
    linked = tablet.as_user(mila).is_stepped_up()
    second = NewDevice(mila.world)
    assert second.is_confirmed_by(linked).status == 204
    origins = {item["origin_id"]["S"] for item in cloud.records("session") if "origin_id" in item}
    known = {item["session_id"]["S"] for item in cloud.records("known_device")}
    assert origins == known == {mila.session["session_id"]}


def test_link_stores_neither_secret_and_no_device_after_it_is_used(mila: User, tablet: NewDevice) -> None:
    tablet.is_confirmed_by(mila)
    (link,) = cloud.records("session_link")
    assert "sealed" not in link
    assert not any(secret in str(link) for secret in map(str, tablet.link.values()) if len(secret) == 43)


@pytest.mark.parametrize(
    "device",
    [
        a_device(device_id=str(uuid.uuid1())),
        a_device(device_id="00:1B:44:11:3A:B7"),
        a_device(model="\ud800"),
        a_device(model=""),
        a_device(platform="web"),
        a_device(imei="490154203237518"),
    ],
    ids=["hardware uuid", "mac", "surrogate", "empty model", "platform", "imei"],
)
def test_malformed_device_gets_no_link(world: World, device: dict[str, Any]) -> None:
    assert asks_for_a_link(world, device).status == 400
    assert cloud.records("session_link") == []
