"""A new device shows the PIN of an account, and no stranger keeps its owner out (ACC-3, ADR 104)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.secrets import store
from chalicelib.accounts.secrets.model import SecretKind, TooManyTries, WrongSecret
from chalicelib.accounts.secrets.service import check
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from tests.api.test_numberless import signs_in_by_mail
from tests.api.test_security_events import events_of
from tests.support.cases.guests import proves, requests
from tests.support.cases.pins import PIN, WRONG, pin_of, sets_pin, shows, tries_of, with_pin
from tests.support.cases.recycled import is_let_in_by, loses_number
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit, just_before
from tests.support.world.builders import a_device, other_than
from tests.support.world.limits import allow, configure
from tests.support.world.world import Reply, User, World

PHONE, DEVICE, ADDRESS = "+381601118888", a_device(), "mila@test.example"


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a mailbox and a PIN, both of which prove who they are."""
    user = world.begin(mila_with_pin)
    world.advance(8 * DAY)
    allow(CODES_PER_NUMBER_SHORT=30, CODES_PER_NUMBER_DAY=30, CODES_PER_ADDRESS=50)
    user.verified = shows(world, PHONE, DEVICE).json
    return user


def mila_with_pin(world: World) -> User:
    user = world.a_user(PHONE, DEVICE)
    user.has_email(ADDRESS)
    return with_pin(user)


def a_code(world: World, device: dict[str, Any] | None = None) -> str:
    """Request a code to the number; returns its challenge."""
    reply = world.asks_for_a_code(PHONE, device or a_device())
    assert reply.status == 202, reply.text
    return str(reply.json["challenge_id"])


def answers(world: World, challenge: str, **answer: Any) -> Reply:
    return world.verifies(challenge, world.code_for(PHONE), **answer)


@pytest.mark.promise("ACC-3")
def test_new_device_needs_the_pin_and_the_same_code_works_with_it(mila: User) -> None:
    challenge = a_code(mila.world)
    for _ in range(6):
        assert answers(mila.world, challenge).problem == "pin_required"
    answer = answers(mila.world, challenge, pin=PIN)
    assert (answer.status, answer.json["session"]["scope"]) == (200, "full")


def test_known_device_is_asked_for_no_pin(mila: User) -> None:
    assert shows(mila.world, PHONE, DEVICE).json["session"]["scope"] == "full"


@pytest.mark.promise("ACC-3")
def test_stolen_phone_that_was_signed_out_has_to_show_the_pin(mila: User) -> None:
    tablet = User(mila.world, PHONE, shows(mila.world, PHONE, pin=PIN).json)
    mila.world.advance(timedelta(seconds=5))
    assert tablet.calls("DELETE", f"/v1/sessions/{mila.session['session_id']}").status == 204
    assert shows(mila.world, PHONE, DEVICE).problem == "pin_required"


@pytest.mark.promise("ACC-3")
def test_session_that_ends_while_it_sets_a_pin_sets_none(mila: User) -> None:
    mila.is_stepped_up()
    before = pin_of(mila)
    before_the_commit(mila.logs_out)
    assert mila.calls("PUT", "/v1/profile/pin", body={"pin": WRONG}).problem == "session_ended"
    assert pin_of(mila) == before


@pytest.mark.promise("ACC-3")
def test_wrong_pin_opens_nothing_and_costs_no_attempt_of_the_code(mila: User) -> None:
    challenge = a_code(mila.world)
    left = [answers(mila.world, challenge, pin=WRONG) for _ in range(4)]
    assert [reply.problem for reply in left] == ["wrong_secret"] * 4
    assert [reply.json["free_tries_left"] for reply in left] == [2, 1, 0, 0]
    waits = answers(mila.world, challenge, pin=PIN)
    assert (waits.status, waits.json["limit"], waits.json["retry_after"]) == (429, "secret_tries", 60)
    mila.world.advance(MINUTE)
    assert answers(mila.world, challenge, pin=PIN).status == 200
    assert tries_of(mila) == 0


@pytest.mark.promise("ACC-3")
@pytest.mark.parametrize("answer", [{"pin": PIN}, {"pin": WRONG}, {"pin_forgotten": True}, {}])
def test_stranger_without_the_code_uses_up_no_try(mila: User, answer: dict[str, Any]) -> None:
    challenge = a_code(mila.world)
    wrong = other_than(mila.world.code_for(PHONE))
    for _ in range(5):
        assert mila.world.verifies(challenge, wrong, **answer).problem in {"wrong_code", "challenge_expired"}
    assert tries_of(mila) == 0
    assert shows(mila.world, PHONE, pin=PIN).status == 200


@pytest.mark.promise("ACC-3")
def test_thief_of_the_number_locks_the_owner_out_for_a_day_at_most(mila: User) -> None:
    for wait in (0, 0, 0, 0, 1, 5, 30, 180, 1440):
        mila.world.advance(wait * MINUTE)
        assert shows(mila.world, PHONE, pin=WRONG).problem == "wrong_secret"
    assert shows(mila.world, PHONE, pin=PIN).json["retry_after"] == 86_400
    assert shows(mila.world, PHONE, DEVICE).status == 200
    mila.world.advance(DAY)
    assert shows(mila.world, PHONE, pin=PIN).status == 200


@pytest.mark.promise("ACC-3")
def test_parallel_tries_are_counted_one_by_one(mila: User) -> None:
    owner = AccountId(mila.account_id)

    def tries(_: int) -> str:
        try:
            check(owner, SecretKind.PIN, WRONG)
        except (WrongSecret, TooManyTries, Unavailable) as refused:
            return type(refused).__name__
        return "right"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(tries, range(8)))
    assert results.count("WrongSecret") == tries_of(mila) <= 4


@pytest.mark.promise("ACC-3")
def test_try_that_another_one_overtakes_is_counted_again(mila: User) -> None:
    owner = AccountId(mila.account_id)

    def other() -> None:
        with pytest.raises(WrongSecret):
            check(owner, SecretKind.PIN, WRONG)

    just_before(store, "count", other)
    with pytest.raises(WrongSecret) as refused:
        check(owner, SecretKind.PIN, WRONG)
    assert (refused.value.members["free_tries_left"], tries_of(mila)) == (1, 2)


REFUSED = (
    "73915", "7" * 21, "1" * 10_000, "٧٣٩١٥٤", "73915४", "739154\n", " 739154", "73.154", "",
    "111111", "123456", "987654", "890123", "121212", "123123", "1231231",
)  # fmt: skip


@pytest.mark.promise("ACC-3")
@pytest.mark.parametrize("pin", REFUSED)
def test_pin_of_another_form_or_easy_to_guess_is_refused(world: World, pin: str) -> None:
    user = world.a_user()
    assert sets_pin(user, pin).problem == "invalid_request"
    assert pin_of(user) is None


@pytest.mark.promise("ACC-3")
def test_pin_is_stored_as_a_slow_hash_only(mila: User) -> None:
    secret = pin_of(mila)
    assert secret
    assert secret.hash.startswith("$argon2id$v=19$m=32768,t=2,p=1$")
    assert PIN not in str(cloud.all_items())


def test_pin_needs_a_session_that_is_stepped_up(world: World) -> None:
    user = world.a_user()
    assert user.calls("PUT", "/v1/profile/pin", body={"pin": PIN}).problem == "step_up_required"
    assert user.calls("DELETE", "/v1/profile/pin").problem == "step_up_required"


@pytest.mark.promise("ACC-3")
def test_pin_is_shown_announced_and_removed(mila: User) -> None:
    assert mila.profile()["pin_set"] is True
    before = len(mila.world.mails_to(ADDRESS))
    assert mila.is_stepped_up().calls("DELETE", "/v1/profile/pin").status == 204
    assert mila.calls("DELETE", "/v1/profile/pin").problem == "not_found"
    assert mila.profile()["pin_set"] is False
    assert len(mila.world.mails_to(ADDRESS)) == before + 1
    assert {event for event in events_of(mila) if "pin" in event} == {"pin_set", "pin_removed"}
    assert shows(mila.world, PHONE).status == 200


@pytest.mark.promise("ACC-3")
def test_pin_that_is_set_anew_ends_the_wait_of_the_earlier_one(mila: User) -> None:
    for _ in range(4):
        shows(mila.world, PHONE, pin=WRONG)
    with_pin(mila)
    assert shows(mila.world, PHONE, pin=PIN).status == 200


def test_pin_that_is_changed_at_the_same_moment_is_asked_again(mila: User) -> None:
    world, challenge = mila.world, a_code(mila.world)
    code = world.code_for(PHONE)
    before_the_commit(lambda: sets_pin(mila, WRONG))
    assert world.verifies(challenge, code, pin=PIN).problem == "wrong_secret"
    assert world.verifies(challenge, code, pin=WRONG).status == 200


@pytest.mark.promise("ACC-3")
def test_forgotten_pin_lets_the_device_only_wait_and_is_announced(mila: User) -> None:
    texts = len(mila.world.messages_to(PHONE))
    answer = shows(mila.world, PHONE, pin_forgotten=True)
    assert (answer.status, answer.json["session"]["scope"]) == (200, "waiting")
    assert "user_id" not in answer.json
    assert len(mila.world.messages_to(PHONE)) == texts + 2
    assert "waits" in mila.world.mails_to(ADDRESS)[-1]


@pytest.mark.promise("ACC-3")
def test_mailbox_lets_in_the_device_that_forgot_the_pin(mila: User) -> None:
    waiting = User(mila.world, PHONE, shows(mila.world, PHONE, pin_forgotten=True).json)
    again = is_let_in_by(waiting, ADDRESS)
    assert again.user_id == mila.user_id
    assert sets_pin(again, WRONG).status == 204


@pytest.mark.promise("ACC-3")
def test_yes_on_a_signed_in_device_lets_it_in_to_set_the_pin_anew(world: World) -> None:
    user = with_pin(world.a_user(PHONE))
    waiting = User(world, PHONE, shows(world, PHONE, pin_forgotten=True).json)
    yes = f"/v1/sessions/{waiting.session['session_id']}/confirm"
    assert user.is_stepped_up().calls("POST", yes).status == 204
    assert sets_pin(waiting, WRONG).status == 204


@pytest.mark.promise("ACC-1", "ACC-3")
def test_new_holder_takes_a_number_from_an_account_in_use_after_seven_days(mila: User) -> None:
    holder = a_device()
    assert shows(mila.world, PHONE, holder, pin_forgotten=True).json["session"]["scope"] == "waiting"
    for _ in range(7):
        assert mila.profile()["phone"] == PHONE
        mila.world.advance(DAY - timedelta(minutes=10))
        body = {"refresh_token": mila.session["refresh_token"], "device_id": DEVICE["device_id"]}
        mila.verified["session"] |= mila.world.call("POST", "/v1/sessions/refresh", body=body).json
    mila.world.advance(timedelta(hours=2))
    answer = shows(mila.world, PHONE, holder, own_account=True)
    assert (answer.status, answer.json["new_account"]) == (201, True)


@pytest.mark.promise("ACC-1", "ACC-3")
def test_settled_pin_opens_an_unused_account_and_ends_its_dispute(mila: User) -> None:
    configure(IDLE_WAITING_AFTER_DAYS="30")
    mila.world.advance(40 * DAY)
    assert shows(mila.world, PHONE).problem == "pin_required"
    assert shows(mila.world, PHONE, pin_forgotten=True).json["session"]["scope"] == "waiting"
    assert shows(mila.world, PHONE, pin=PIN).json["session"]["scope"] == "full"
    assert shows(mila.world, PHONE, pin=PIN).json["session"]["scope"] == "full"


@pytest.mark.promise("ACC-1", "ACC-3")
def test_pin_of_less_than_seven_days_opens_no_disputed_account(mila: User) -> None:
    with_pin(mila)
    shows(mila.world, PHONE, pin_forgotten=True)
    assert shows(mila.world, PHONE, pin=PIN).json["session"]["scope"] == "waiting"


@pytest.mark.promise("ACC-3")
def test_mailbox_alone_opens_no_numberless_account_with_a_pin(mila: User) -> None:
    loses_number(mila)
    world, device = mila.world, a_device()
    assert signs_in_by_mail(world, ADDRESS, device).problem == "pin_required"
    asked = world.call("POST", "/v1/signup", body={"email": ADDRESS, "device": device}).json["challenge_id"]
    code = world.code_mailed_to(ADDRESS)
    assert world.verifies(asked, code, pin_forgotten=True).problem == "pin_required"
    assert world.verifies(asked, code, pin=PIN).status == 200


@pytest.mark.promise("ACC-3", "RGT-11")
@pytest.mark.parametrize(
    ("right", "more"),
    [("objection", {"purposes": ["security"], "reason": "x"}), ("restriction", {"ground": "a"})],
)
def test_request_without_a_session_needs_no_pin(mila: User, right: str, more: dict[str, Any]) -> None:
    for _ in range(9):
        shows(mila.world, PHONE, pin=WRONG)
    made = requests(mila.world, right, phone=PHONE, **more)
    assert made.json["status"] in {"received", "in_progress", "completed"}


@pytest.mark.promise("ACC-3", "RGT-10")
def test_copy_without_a_session_waits_for_no_pin(mila: User) -> None:
    made = requests(mila.world, "access", phone=PHONE).json
    proven = proves(mila.world, made, email=ADDRESS).json
    assert (made["status"], proven["status"]) == ("awaiting_verification", "in_progress")
