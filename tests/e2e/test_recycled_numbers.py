"""The new holder of a number, at the deployed service with the roles of its functions (ACC-1, ADR 68)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from chalicelib.accounts.service import last_uses
from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.table import Change, Key, Table
from chalicelib.rights.erasure.idle import plan
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer, codes_in
from infra.local.waiting import until
from infra.ops.standing_in import act_as_signup

ADDRESS = "mila.recycled@inbox.local.ru4m.example"


def signs_in(phone: Phone, **answer: object) -> PhoneAnswer:
    """Sign in with a code, and keep the session, whatever its scope."""
    challenge = phone.ask_for_code().body["challenge_id"]
    body = {"code": phone.read_code(), **phone.shown_notices(), **answer}
    verified = phone.call("POST", f"/v1/signup/{challenge}/verify", body)
    assert verified.status in {200, 201}, verified
    phone.session = verified.body["session"]
    return verified


def date_back_use(phone: Phone, used_at: datetime) -> None:
    before = last_uses.read(phone.account_id)
    assert before
    after = before.model_copy(update={"used_at": used_at})
    last_uses.move(before, after, plan.place(after))


def date_back_dispute(phone: Phone) -> None:
    """Let the first proofs of the number be older, as if seven days had passed."""
    key = Key(Table.ACCOUNTS, f"A#{phone.account_id}", "account")
    stored = table.get(key)
    assert stored
    dispute = stored["dispute"]
    old = clock.to_text(clock.now() - 7 * DAY)
    proofs = dict.fromkeys(dispute["first_proofs"], old)
    table.write(Change(key, put={"dispute": {**dispute, "first_proofs": proofs}}))


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_stranger_waits_and_takes_the_number_and_the_owner_is_reached_by_mail(
    cloud: LocalCloud, numbers: Iterator[str]
) -> None:
    number = next(numbers)
    mila, mine, strangers = (Phone(cloud.state.api_url, number, cloud.texts_to) for _ in range(3))
    mila.sign_up()
    challenge = mila.ask_for_email(ADDRESS).body["challenge_id"]
    mila.give_mailed_code(challenge, codes_in(cloud.mails_to(ADDRESS))[-1])
    act_as_signup(cloud.account, "local")
    date_back_use(mila, clock.now() - 91 * DAY)
    # A mailbox of which it is not known when it was added is old enough.
    profile = Key(Table.ACCOUNTS, f"A#{mila.account_id}", "profile")
    table.write(Change(profile, drop=("email_verified_at", "email_session")))

    assert signs_in(strangers).body["session"]["scope"] == "waiting"
    assert strangers.call("GET", "/v1/profile").problem == "session_waits"
    assert signs_in(mine).body["session"]["scope"] == "waiting"
    opening = mine.call("POST", "/v1/sessions/opening")
    assert opening.status == 202, opening
    path = f"/v1/sessions/opening/{opening.body['challenge_id']}/verify"
    let_in = mine.call("POST", path, {"code": codes_in(cloud.mails_to(ADDRESS))[-1]})
    assert let_in.status == 200, let_in
    assert mine.call("GET", "/v1/profile").status == 200
    mila.step_up()
    waiting = strangers.session["session_id"]
    assert mila.call("POST", f"/v1/sessions/{waiting}/confirm").status == 204
    assert strangers.call("GET", "/v1/profile").status == 200

    date_back_dispute(mila)
    assert signs_in(strangers, own_account=True).status == 201
    assert "phone" not in mila.call("GET", "/v1/profile").body
    asked = mila.call("POST", "/v1/sessions/step-up")
    assert asked.body["channel"] == "email"
    body = {"email": ADDRESS, "device": {"device_id": mine.device_id, "platform": "android"}}
    challenge = mine.call("POST", "/v1/signup", body).body["challenge_id"]
    answer = mine.try_code(challenge, codes_in(cloud.mails_to(ADDRESS))[-1])
    assert (answer.status, answer.body["user_id"]) == (200, mila.user_id)


@pytest.mark.proof
@pytest.mark.promise("ACC-1")
def test_two_operators_give_an_account_back_that_a_thief_gave_another_number(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Callable[..., Any]
) -> None:
    mila, thief = a_phone(), a_phone()
    mila.sign_up()
    mila.step_up()
    asked = mila.call("POST", "/v1/profile/phone", {"phone": thief.number})
    code = until(lambda: codes_in(cloud.texts_to(thief.number)), "the code")[-1]
    path = f"/v1/profile/phone/{asked.body['challenge_id']}/verify"
    assert mila.call("POST", path, {"code": code}).status == 200

    received = ("--by", "telephone", "--on", clock.day_of(clock.now()).isoformat(), "--user", mila.user_id)
    entered = run("alice", "enter", "--right", "rectification", *received, "--access", "number")
    assert entered.exit_code == 0, entered.output
    request_id, receipt = entered.output.split()[0], {"Rights-Receipt": entered.output.split()[-1]}
    checked = run("bob", "identity-came", request_id)
    assert checked.exit_code == 0, checked.output
    release_key = checked.output.split()[-1]
    path = f"/v1/rights-receipts/{request_id}"

    def shown(call: str = "", body: object = None) -> PhoneAnswer:
        return mila.call("POST" if body else "GET", path + call, body, token="", headers=receipt)

    def is_next() -> bool:
        steps = {step["name"]: step["status"] for step in shown().body["steps"]}
        return bool(steps["give_number"] == "in_progress")

    until(is_next, "the wait for the number", 60.0)
    read = len(cloud.texts_to(mila.number))
    challenge = shown("/proofs", {"phone": mila.number}).body["challenge_id"]
    code = until(lambda: codes_in(cloud.texts_to(mila.number)[read:]), "the code")[-1]
    given = shown(f"/proofs/{challenge}/verify", {"code": code, "release_key": release_key})
    assert given.status == 200, given
    assert mila.call("GET", "/v1/profile").problem == "session_ended"
    until(lambda: shown().body["status"] == "completed", "the answer", 60.0)
    back = Phone(cloud.state.api_url, mila.number, cloud.texts_to)
    assert back.sign_up().status == 200
    assert back.user_id == mila.user_id
