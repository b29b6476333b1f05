"""A mailed code is two proofs: a device of the account, and a mailbox that it had for seven days (ADR 78)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.cases.guests import requests
from tests.support.cases.recycled import loses_number
from tests.support.cases.route_off import DEVICE, MAILBOX, mailed, refresh, shows_code, signs_in, turn_off
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.builders import a_device, a_phone
from tests.support.world.world import User, World

SETTLED = timedelta(days=7)


@pytest.fixture
def mila(world: World) -> User:
    """Return the owner of an account with a mailbox that is old enough, signed in on her device."""
    user = world.a_user(device=DEVICE)
    user.has_email(MAILBOX)
    world.advance(SETTLED)
    return user


@pytest.fixture
def off(mila: User) -> User:
    """Return the owner, whose country gets no codes by text."""
    turn_off()
    return mila


@pytest.mark.promise("ACC-1")
def test_mailbox_of_less_than_seven_days_gets_no_code(world: World) -> None:
    user = world.a_user(device=DEVICE)
    user.has_email(MAILBOX)
    turn_off()
    world.advance(SETTLED - timedelta(seconds=1))
    assert mailed(user)[1] == 0
    world.advance(timedelta(seconds=1))
    assert mailed(user)[1] == 1


@pytest.mark.promise("ACC-1")
def test_mailbox_that_was_changed_since_ends_the_code(mila: User) -> None:
    other = mila.world.a_user(mila.phone, a_device())
    turn_off()
    asked, mails = mailed(mila)
    code = mila.world.code_mailed_to(MAILBOX)
    assert other.has_email("vera@test.example").status == 200
    assert mails == 1
    assert mila.world.verifies(asked.json["challenge_id"], code).problem == "challenge_expired"


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("path", ["/v1/sessions/{}", "/v1/sessions"], ids=["one", "all"])
def test_device_that_was_signed_out_by_another_gets_no_code(mila: User, path: str) -> None:
    other = a_device()
    owner = mila.world.a_user(mila.phone, other)
    turn_off()
    mila.world.advance(timedelta(minutes=1))
    under_way, _ = mailed(mila)
    assert owner.calls("DELETE", path.format(mila.session["session_id"])).status == 204
    assert shows_code(mila, under_way).problem == "challenge_expired"
    assert [mailed(mila)[1], mailed(owner, other)[1]] == [0, 0]


@pytest.mark.promise("ACC-1", "STR-3")
@pytest.mark.parametrize("path", ["/v1/sessions/{}", "/v1/sessions"], ids=["one", "all"])
def test_device_that_another_signs_out_during_its_sign_in_gets_no_session(mila: User, path: str) -> None:
    owner = mila.world.a_user(mila.phone, a_device())
    turn_off()
    mila.world.advance(timedelta(minutes=1))
    asked, path = mailed(mila)[0], path.format(mila.session["session_id"])
    during = before_the_commit(lambda: owner.calls("DELETE", path))
    assert shows_code(mila, asked).problem == "challenge_expired"
    assert [reply.status for reply in during] == [204]


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("path", ["/v1/sessions/{}", "/v1/sessions"], ids=["one", "all"])
def test_device_that_signs_others_out_is_not_seen_by_that(mila: User, path: str) -> None:
    """A thief with the phone who signs the owner out gets no way in that the owner has not."""
    tablet = a_device()
    owner = mila.world.a_user(mila.phone, tablet)
    turn_off()
    refresh(mila)
    mila.world.advance(timedelta(minutes=1))
    assert mila.calls("DELETE", path.format(owner.session["session_id"])).status == 204
    mila.world.advance(timedelta(minutes=1))
    assert [mailed(mila)[1], mailed(owner, tablet)[1]] == [0, 0]


def test_device_that_signed_another_out_gets_codes_after_a_refresh_of_another_day(mila: User) -> None:
    tablet = mila.world.a_user(mila.phone, a_device())
    turn_off()
    refresh(mila)
    assert mila.calls("DELETE", f"/v1/sessions/{tablet.session['session_id']}").status == 204
    mila.world.advance(timedelta(days=1))
    refresh(mila)
    assert mailed(mila)[1] == 1


@pytest.mark.promise("ACC-1")
def test_last_device_that_signed_itself_out_gets_codes(mila: User) -> None:
    tablet = a_device()
    owner = mila.world.a_user(mila.phone, tablet)
    turn_off()
    refresh(mila)
    for user, counts in ((mila, [1, 0]), (owner, [0, 1])):
        mila.world.advance(timedelta(minutes=1))
        assert user.logs_out().status == 204
        mila.world.advance(timedelta(minutes=1))
        assert [mailed(mila)[1], mailed(owner, tablet)[1]] == counts


def test_device_gets_codes_again_once_it_proved_the_number(mila: User) -> None:
    tablet = mila.world.a_user(mila.phone, a_device())
    mila.world.advance(timedelta(minutes=1))
    assert tablet.calls("DELETE", "/v1/sessions").status == 204
    mila.world.advance(timedelta(minutes=1))
    again = mila.world.a_user(mila.phone, DEVICE)
    turn_off()
    assert mailed(again)[1] == 1


@pytest.mark.promise("ACC-1")
def test_device_is_unknown_ninety_days_after_its_last_session(off: User) -> None:
    off.world.advance(timedelta(days=90))
    assert mailed(off)[1] == 0


@pytest.mark.promise("ACC-1")
def test_other_device_cannot_use_the_code(off: User) -> None:
    asked, _ = mailed(off)
    assert shows_code(off, asked, device_id=a_device()["device_id"]).problem == "wrong_code"


@pytest.mark.promise("ACC-1")
def test_mailed_code_opens_no_account_without_its_number(off: User) -> None:
    asked, _ = mailed(off)
    loses_number(off)
    assert shows_code(off, asked).problem == "challenge_expired"
    assert mailed(off)[1] == 0


@pytest.mark.promise("ACC-1")
def test_mailed_code_gives_no_account_of_ones_own(off: User) -> None:
    asked, _ = mailed(off)
    before = cloud.records("account"), cloud.records("session")
    assert shows_code(off, asked, own_account=True).problem == "challenge_expired"
    assert (cloud.records("account"), cloud.records("session")) == before


@pytest.mark.promise("ACC-1")
def test_mailed_code_ends_no_dispute_about_the_number(mila: User) -> None:
    stranger = mila.world.asks_for_a_code(mila.phone).json["challenge_id"]
    waits = mila.world.verifies(stranger, mila.world.code_for(mila.phone), own_account=True)
    assert waits.json["session"]["scope"] == "waiting"
    turn_off()
    assert signs_in(mila).json["session"]["scope"] == "full"
    (account,) = cloud.records("account")
    assert "dispute" in account


@pytest.mark.promise("ACC-1")
def test_code_opens_no_other_account_of_the_device_that_gets_the_number(mila: User) -> None:
    """Both accounts know the device; the code went to the mailbox of the first one."""
    vera = mila.world.a_user(device=DEVICE)
    vera.has_email("vera@test.example")
    mila.world.advance(SETTLED)
    owner, vera = (mila.world.a_user(user.phone, DEVICE) for user in (mila, vera))
    number = owner.phone
    turn_off()
    asked, mails = mailed(mila)
    owner.changes_number(a_phone())
    mila.world.advance(timedelta(minutes=1))
    assert vera.changes_number(number).profile()["phone"] == number
    assert mails == 1
    assert shows_code(mila, asked).problem == "challenge_expired"


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", ["access", "erasure"])
def test_mailbox_and_device_stay_one_proof_after_mailed_sign_ins(off: User, right: str) -> None:
    for _ in range(2):
        off.verified = signs_in(off).json
    off.world.advance(timedelta(days=1))
    refresh(off)  # which makes the device known again
    made = requests(off.world, right, email=MAILBOX, device_id=DEVICE["device_id"]).json
    assert (made["status"], made["identity"]["proofs"]) == ("awaiting_verification", ["mailbox"])


@pytest.mark.promise("RGT-11")
def test_mailbox_that_a_mailed_session_added_is_no_second_proof(off: User) -> None:
    off.verified = signs_in(off).json
    turn_off("")
    assert off.has_email("thief@test.example").status == 200
    off.world.advance(timedelta(days=30))
    made = requests(off.world, email="thief@test.example", device_id=DEVICE["device_id"]).json
    assert (made["status"], made["identity"]["proofs"]) == ("awaiting_verification", ["mailbox"])
