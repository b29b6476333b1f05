"""A code to the number of an unused account opens nothing of it on an unknown device (ACC-1, ADR 68).

The stranger has the number, since the carrier gave it to them, or has the SIM card of the account's owner.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from chalicelib.accounts.service import last_uses
from chalicelib.core.ids import AccountId
from chalicelib.messages import mail, sms
from chalicelib.privacy.purposes import Practice
from tests.support.cases.recycled import asks_to_be_let_in, is_let_in_by, shows_mailed_code
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, other_than
from tests.support.world.limits import configure
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World

ADDRESS = "mila@test.example"
UNUSED = timedelta(days=90)
PHONE, DEVICE = "+381601119999", a_device()


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a mailbox, and a device that the tests know."""
    return world.begin(mila_here)


def mila_here(world: World) -> User:
    user = world.a_user(PHONE, DEVICE, display_name="Mila")
    user.has_email(ADDRESS)
    return user


@pytest.fixture
def idle(mila: User) -> User:
    """Return a user who has not used the account for ninety days."""
    mila.world.advance(UNUSED)
    return mila


@pytest.fixture
def away(mila: User) -> User:
    """Return a user who has not used the account for longer than configured, and still has a session."""
    configure(IDLE_WAITING_AFTER_DAYS="30")
    mila.world.advance(timedelta(days=40))
    return mila


def signs_in(world: World, device: dict[str, Any] | None = None, **answer: Any) -> Reply:
    """Let a device sign in with a code to the number."""
    asked = world.asks_for_a_code(PHONE, device)
    assert asked.status == 202, asked.text
    return world.verifies(asked.json["challenge_id"], world.code_for(PHONE), **answer)


def a_newcomer(world: World, device: dict[str, Any] | None = None, **answer: Any) -> User:
    return User(world, PHONE, signs_in(world, device, **answer).json)


def refreshes(user: User, device: dict[str, Any]) -> Reply:
    body = {"refresh_token": user.session["refresh_token"], "device_id": device["device_id"]}
    return user.world.call("POST", "/v1/sessions/refresh", body=body)


def stored(user: User) -> dict[str, Any]:
    """Return the item of the user's account."""
    return next(i for i in cloud.records("account") if i["pk"]["S"] == f"A#{user.account_id}")


def test_stranger_reads_nothing_of_an_unused_account(idle: User) -> None:
    answer = signs_in(idle.world)
    assert (answer.status, answer.json["session"]["scope"]) == (200, "waiting")
    assert "user_id" not in answer.json
    assert idle.user_id not in answer.text


def test_account_that_was_used_within_the_period_opens(mila: User) -> None:
    mila.world.advance(UNUSED - timedelta(seconds=1))
    assert signs_in(mila.world).json["session"]["scope"] == "full"


def test_known_device_opens_an_unused_account_while_it_is_known(away: User) -> None:
    assert signs_in(away.world).json["session"]["scope"] == "waiting"
    assert signs_in(away.world, DEVICE).json["session"]["scope"] == "full"


@pytest.mark.promise("ACC-1")
def test_stranger_who_signs_in_twice_still_waits(idle: User) -> None:
    device = a_device()
    first = a_newcomer(idle.world, device)
    assert refreshes(first, device).json["scope"] == "waiting"
    idle.world.advance(timedelta(days=8))
    assert refreshes(first, device).json["scope"] == "waiting"
    assert signs_in(idle.world, device).json["session"]["scope"] == "waiting"


@pytest.mark.promise("ACC-1")
def test_waiting_session_leaves_no_use_and_no_known_device(idle: User) -> None:
    device = a_device()
    used_at = last_uses.read(AccountId(idle.account_id))
    known = cloud.records("known_device")
    newcomer = a_newcomer(idle.world, device)
    idle.world.advance(timedelta(days=8))
    assert refreshes(newcomer, device).status == 200
    assert last_uses.read(AccountId(idle.account_id)) == used_at
    assert cloud.records("known_device") == known


def test_waiting_sign_in_accepts_no_terms_for_the_owner(idle: User) -> None:
    before = cloud.records("acceptance")
    signs_in(idle.world)
    assert cloud.records("acceptance") == before


@pytest.mark.promise("ACC-1")
def test_stranger_waits_after_the_owner_came_back_by_an_old_session(away: User) -> None:
    device = a_device()
    a_newcomer(away.world, device)
    assert refreshes(away, DEVICE).json["scope"] == "full"
    assert signs_in(away.world, device).json["session"]["scope"] == "waiting"
    assert signs_in(away.world).json["session"]["scope"] == "waiting"


def test_owner_with_number_and_known_device_ends_the_dispute(away: User) -> None:
    a_newcomer(away.world)
    assert "dispute" in stored(away)
    a_newcomer(away.world, DEVICE)
    assert "dispute" not in stored(away)


def test_owner_is_notified_by_mail_and_text(idle: User) -> None:
    texts = len(idle.world.messages_to(PHONE))
    signs_in(idle.world)
    assert "waits" in idle.world.mails_to(ADDRESS)[-1]
    assert "waits" in idle.world.messages_to(PHONE)[-1]
    signs_in(idle.world)
    assert len(idle.world.messages_to(PHONE)) == texts + 3  # two codes and one notice
    assert len([text for text in idle.world.mails_to(ADDRESS) if "waits" in text]) == 2


@pytest.mark.promise("ACC-1")
def test_session_is_opened_only_after_the_notice(idle: User) -> None:
    asked = idle.world.asks_for_a_code(PHONE).json["challenge_id"]
    code = idle.world.code_for(PHONE)
    with mock.patch.object(sms, "send", side_effect=sms.TextUnavailable):
        assert idle.world.verifies(asked, code).status == 503
    assert len(cloud.records("session")) == 1
    assert idle.world.verifies(asked, code).status == 200


def test_outage_of_mail_does_not_disclose_a_mailbox(idle: User) -> None:
    with mock.patch.object(mail, "send", side_effect=mail.MailUnavailable):
        assert signs_in(idle.world).status == 200


def test_new_device_of_an_account_in_use_is_announced_and_marked(mila: User) -> None:
    before = mila.world.mails_to(ADDRESS)
    again = a_newcomer(mila.world, DEVICE)
    assert mila.world.mails_to(ADDRESS) == before
    signs_in(mila.world)
    (announced,) = mila.world.mails_to(ADDRESS)[len(before) :]
    assert "A device that was not used before signed in" in announced
    marks = [one["new_device"] for one in again.gets("/v1/sessions").json["items"]]
    assert sorted(marks) == [False, False, True]


def test_owner_sees_the_waiting_session_and_ends_it(away: User) -> None:
    newcomer = a_newcomer(away.world)
    away.verified["session"] |= refreshes(away, DEVICE).json
    waiting = next(one for one in away.gets("/v1/sessions").json["items"] if one["scope"] == "waiting")
    assert away.calls("DELETE", f"/v1/sessions/{waiting['session_id']}").status == 204
    assert newcomer.logs_out().problem == "session_ended"


def test_waiting_session_ends_only_itself(idle: User) -> None:
    newcomer = a_newcomer(idle.world)
    before = stored(idle).get("revoked_before")
    assert newcomer.calls("DELETE", f"/v1/sessions/{idle.session['session_id']}").problem == "not_found"
    assert newcomer.logs_out().status == 204
    assert stored(idle).get("revoked_before") == before


def test_lost_answer_is_repeated_as_waiting(idle: User) -> None:
    device = a_device()
    asked = idle.world.asks_for_a_code(PHONE, device).json["challenge_id"]
    code = idle.world.code_for(PHONE)
    first, second = (idle.world.verifies(asked, code, device_id=device["device_id"]).json for _ in range(2))
    assert first["session"]["session_id"] == second["session"]["session_id"]
    assert "user_id" not in json.dumps(second)
    assert second["session"]["scope"] == "waiting"


# --- what lets a waiting session in


@pytest.mark.promise("ACC-1")
def test_owner_with_the_mailbox_is_let_in(idle: User) -> None:
    device = a_device()
    owner = is_let_in_by(a_newcomer(idle.world, device), ADDRESS)
    assert (owner.user_id, owner.session["scope"]) == (idle.user_id, "full")
    assert owner.profile()["display_name"] == "Mila"
    assert refreshes(owner, device).json["scope"] == "full"
    use = last_uses.read(AccountId(idle.account_id))
    assert use
    assert use.used_at == idle.world.now


@pytest.mark.promise("ACC-1")
def test_request_for_a_mailed_code_does_not_disclose_a_mailbox(world: World) -> None:
    with_mailbox = world.a_user(PHONE)
    with_mailbox.has_email(ADDRESS)
    without = world.a_user("+381601118888")
    world.advance(UNUSED)
    first = a_newcomer(world)
    challenge = world.asks_for_a_code(without.phone).json["challenge_id"]
    second = User(world, without.phone, world.verifies(challenge, world.code_for(without.phone)).json)
    mails = len(world.mails_to(ADDRESS))
    answers = [asks_to_be_let_in(newcomer) for newcomer in (first, second)]
    assert len(world.mails_to(ADDRESS)) == mails + 1
    ids = [answer.json.pop("challenge_id") for answer in answers]
    assert answers[0].status == answers[1].status == 202
    shown = [{**answer.json, "challenge_id": None} for answer in answers]
    assert shown[0] == shown[1]
    code = other_than(world.code_mailed_to(ADDRESS))
    refused = [shows_mailed_code(*pair, code) for pair in ((first, ids[0]), (second, ids[1]))]
    assert refused[0].problem == refused[1].problem == "wrong_code"
    with mock.patch.object(mail, "send", side_effect=mail.MailUnavailable):
        assert asks_to_be_let_in(first).status == 202


def test_mailed_code_works_in_the_session_that_requested_it_only(idle: User) -> None:
    first, second = a_newcomer(idle.world), a_newcomer(idle.world)
    asked = asks_to_be_let_in(first).json["challenge_id"]
    code = idle.world.code_mailed_to(ADDRESS)
    assert shows_mailed_code(second, asked, code).problem == "challenge_expired"
    answers = [shows_mailed_code(first, asked, code) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert asks_to_be_let_in(first).problem == "not_waiting"
    assert second.gets("/v1/profile").problem == "session_waits"


@pytest.mark.promise("ACC-1")
def test_other_devices_wait_until_the_owner_signs_in_with_the_number(idle: User) -> None:
    device = a_device()
    is_let_in_by(a_newcomer(idle.world, device), ADDRESS)
    assert signs_in(idle.world).json["session"]["scope"] == "waiting"
    assert signs_in(idle.world, device).json["session"]["scope"] == "full"
    assert signs_in(idle.world).json["session"]["scope"] == "full"


def test_requests_of_a_stranger_use_up_no_codes_of_the_owner(idle: User) -> None:
    stranger = a_newcomer(idle.world)
    assert [asks_to_be_let_in(stranger).status for _ in range(4)] == [202, 202, 202, 429]
    is_let_in_by(a_newcomer(idle.world), ADDRESS)


def confirms(user: User, session_id: str) -> Reply:
    return user.calls("POST", f"/v1/sessions/{session_id}/confirm")


@pytest.mark.promise("ACC-1")
def test_session_of_the_account_lets_another_one_in(away: User) -> None:
    newcomer = a_newcomer(away.world)
    waiting = newcomer.session["session_id"]
    away.verified["session"] |= refreshes(away, DEVICE).json
    assert confirms(away, waiting).problem == "step_up_required"
    assert newcomer.gets("/v1/profile").problem == "session_waits"
    away.is_stepped_up()
    assert [confirms(away, waiting).status for _ in range(2)] == [204, 204]
    assert newcomer.gets("/v1/profile").status == 200


@pytest.mark.promise("ACC-1")
def test_waiting_session_cannot_confirm_itself_or_another_account(idle: User) -> None:
    first, second = a_newcomer(idle.world), a_newcomer(idle.world)
    assert confirms(first, second.session["session_id"]).problem == "session_waits"
    vera = idle.world.a_user().is_stepped_up()
    assert confirms(vera, first.session["session_id"]).problem == "not_found"


def test_session_that_was_ended_is_not_let_in(away: User) -> None:
    newcomer = a_newcomer(away.world)
    asked = asks_to_be_let_in(newcomer).json["challenge_id"]
    away.verified["session"] |= refreshes(away, DEVICE).json
    assert away.calls("DELETE", f"/v1/sessions/{newcomer.session['session_id']}").status == 204
    code = away.world.code_mailed_to(ADDRESS)
    assert shows_mailed_code(newcomer, asked, code).problem == "session_ended"


@pytest.mark.promise("ACC-1")
def test_waiting_session_ends_with_the_number_that_it_proved(away: User) -> None:
    newcomer, device = a_newcomer(away.world), a_device()
    away.verified["session"] |= refreshes(away, DEVICE).json
    away.changes_number("+381601117777")
    assert asks_to_be_let_in(newcomer).problem == "session_ended"
    assert refreshes(newcomer, device).problem == "session_ended"


# --- an account of one's own


def takes_the_number(world: World, device: dict[str, Any], **answer: Any) -> Reply:
    return signs_in(world, device, own_account=True, **answer)


WAIT = timedelta(days=7)


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("answer", ["silence", "no", "yes"])
def test_holder_of_the_number_gets_an_account_after_seven_days(away: User, answer: str) -> None:
    world, device = away.world, a_device()
    newcomer = a_newcomer(world, device)
    away.verified["session"] |= refreshes(away, DEVICE).json
    if answer == "no":
        assert away.calls("DELETE", f"/v1/sessions/{newcomer.session['session_id']}").status == 204
    if answer == "yes":
        assert confirms(away.is_stepped_up(), newcomer.session["session_id"]).status == 204
    world.advance(WAIT - timedelta(seconds=1))
    assert takes_the_number(world, device).json["session"]["scope"] == "waiting"
    world.advance(timedelta(seconds=1))
    taken = takes_the_number(world, device, display_name="Vera")
    assert (taken.status, taken.json["new_account"], taken.json["session"]["scope"]) == (201, True, "full")
    vera = User(world, PHONE, taken.json)
    assert vera.user_id != away.user_id
    assert vera.account_id != away.account_id
    assert vera.profile() | {"created_at": "", "user_id": ""} == {
        "created_at": "", "user_id": "", "phone": PHONE, "display_name": "Vera", "email_verified": False,
        "discoverable": False, "online_visible": False, "pin_set": False,
    }  # fmt: skip
    assert vera.gets("/v1/sessions").json["items"][1:] == []
    assert signs_in(world, device).json["user_id"] == vera.user_id
    assert signs_in(world).json["user_id"] == vera.user_id


@pytest.mark.promise("ACC-1")
def test_old_account_is_numberless_and_keeps_its_sessions(away: User) -> None:
    world, device = away.world, a_device()
    newcomer = a_newcomer(world, device)
    world.advance(WAIT)
    used = last_uses.read(AccountId(away.account_id))
    assert takes_the_number(world, device).status == 201
    assert last_uses.read(AccountId(away.account_id)) == used
    assert "dispute" not in stored(away)
    assert newcomer.gets("/v1/profile").problem in {"session_ended", "unauthenticated"}
    assert refreshes(newcomer, device).problem == "session_ended"
    away.verified["session"] |= refreshes(away, DEVICE).json
    assert "phone" not in away.profile()
    assert "has your number now" in world.mails_to(ADDRESS)[-1]
    assert away.asks_to_step_up().json["channel"] == "email"


@pytest.mark.promise("ACC-1", "ACC-7")
def test_old_account_is_not_found_by_the_number_any_more(mila: User) -> None:
    describe(Practice.MATCHING_CONTACTS)
    assert mila.changes(discoverable=True).status == 200
    mila.world.advance(UNUSED)
    device = a_device()
    a_newcomer(mila.world, device)
    mila.world.advance(WAIT)
    assert takes_the_number(mila.world, device).status == 201
    assert cloud.records("discoverable_number") == []


@pytest.mark.promise("ACC-1")
def test_first_proof_of_another_device_does_not_count(idle: User) -> None:
    a_newcomer(idle.world)
    idle.world.advance(WAIT)
    assert takes_the_number(idle.world, a_device()).json["session"]["scope"] == "waiting"


@pytest.mark.promise("ACC-1")
def test_client_that_wants_its_own_account_never_gets_into_the_old_one(mila: User) -> None:
    assert takes_the_number(mila.world, a_device()).json["session"]["scope"] == "waiting"
    assert takes_the_number(mila.world, DEVICE).json["session"]["scope"] == "waiting"


@pytest.mark.promise("ACC-1")
def test_owner_who_proves_the_number_again_keeps_it(idle: User) -> None:
    device = a_device()
    a_newcomer(idle.world, device)
    idle.world.advance(timedelta(days=6))
    owners = a_device()
    is_let_in_by(a_newcomer(idle.world, owners), ADDRESS)
    signs_in(idle.world, owners)
    idle.world.advance(timedelta(days=1))
    assert takes_the_number(idle.world, device).json["session"]["scope"] == "waiting"


def test_lost_answer_to_taking_the_number_is_repeated(idle: User) -> None:
    device = a_device()
    a_newcomer(idle.world, device)
    idle.world.advance(WAIT)
    asked = idle.world.asks_for_a_code(PHONE, device).json["challenge_id"]
    code = idle.world.code_for(PHONE)
    answers = [idle.world.verifies(asked, code, own_account=True) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["user_id"] == answers[1].json["user_id"]


def test_number_that_has_no_account_ignores_the_wish(world: World) -> None:
    assert takes_the_number(world, a_device()).status == 201
