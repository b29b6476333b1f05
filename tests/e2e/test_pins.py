"""PINs and a recovery at the deployed service, with the role of the function that hashes (ACC-3, ADR 104)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.table import Change, Key, Table
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, codes_in
from infra.local.waiting import until
from infra.ops.standing_in import act_as_signup
from tests.e2e.test_recycled_numbers import signs_in
from tests.support.cases.pins import PIN, WRONG

ADDRESS = "mila.pin@inbox.local.ru4m.example"


def put_pin(phone: Phone, pin: str) -> None:
    phone.step_up()
    answer = phone.call("PUT", "/v1/profile/pin", {"pin": pin})
    assert answer.status == 204, answer


def age_proofs(phone: Phone) -> None:
    """Let mailbox and PIN be old, as if seven days had passed."""
    owner = f"A#{phone.account_id}"
    table.write(Change(Key(Table.ACCOUNTS, owner, "profile"), drop=("email_verified_at", "email_session")))
    at = clock.to_text(clock.now() - 8 * DAY)
    table.write(Change(Key(Table.ACCOUNTS, owner, "secret#pin"), put={"set_at": at}))


@pytest.mark.proof
@pytest.mark.promise("ACC-3")
def test_new_device_shows_the_pin_and_one_that_forgot_it_is_let_in(
    cloud: LocalCloud, numbers: Iterator[str]
) -> None:
    number = next(numbers)
    mila, other, forgetful = (Phone(cloud.state.api_url, number, cloud.texts_to) for _ in range(3))
    mila.sign_up()
    put_pin(mila, PIN)
    challenge = other.ask_for_code().body["challenge_id"]
    body = {"code": other.read_code(), **other.shown_notices()}
    path = f"/v1/signup/{challenge}/verify"
    assert other.call("POST", path, body).problem == "pin_required"
    assert other.call("POST", path, {**body, "pin": WRONG}).problem == "wrong_secret"
    assert other.call("POST", path, {**body, "pin": PIN}).body["user_id"] == mila.user_id

    assert signs_in(forgetful, pin_forgotten=True).body["session"]["scope"] == "waiting"
    mila.step_up()
    assert mila.call("POST", f"/v1/sessions/{forgetful.session['session_id']}/confirm").status == 204
    put_pin(forgetful, WRONG)
    assert forgetful.call("DELETE", "/v1/profile/pin").status == 204
    assert mila.call("GET", "/v1/profile").body["pin_set"] is False


@pytest.mark.proof
@pytest.mark.promise("ACC-3")
def test_owner_without_phone_and_number_gets_another_number(
    cloud: LocalCloud, numbers: Iterator[str]
) -> None:
    mila, again = (Phone(cloud.state.api_url, next(numbers), cloud.texts_to) for _ in range(2))
    mila.sign_up()
    challenge = mila.ask_for_email(ADDRESS).body["challenge_id"]
    mila.give_mailed_code(challenge, codes_in(cloud.mails_to(ADDRESS))[-1])
    put_pin(mila, PIN)
    act_as_signup(cloud.account, "local")
    age_proofs(mila)

    asked = again.call("POST", "/v1/recoveries", {"email": ADDRESS})
    code = codes_in(cloud.mails_to(ADDRESS))[-1]
    proof = {"code": code, "pin": PIN, "phone": again.number}
    proven = again.call("POST", f"/v1/recoveries/{asked.body['challenge_id']}/proof", proof)
    assert proven.status == 202, proven
    code = until(lambda: codes_in(cloud.texts_to(again.number)), "the code")[-1]
    path = f"/v1/recoveries/{proven.body['challenge_id']}/verify"
    assert again.call("POST", path, {"code": code}).status == 204
    given_at = clock.now()
    assert mila.call("GET", "/v1/profile").problem == "session_ended"
    until(lambda: clock.now() > given_at, "the next second: what opens in this one has ended")
    assert signs_in(again, pin=PIN).body["user_id"] == mila.user_id
    assert again.call("GET", "/v1/profile").body["phone"] == again.number
