"""Tests step-up: a code to the account's number steps one access token up (ADR 10)."""

import uuid
from datetime import timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.sessions import service as sessions
from chalicelib.core import clock
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.patches import failing_at
from tests.support.world.builders import a_device, a_phone, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")


def claims_of(session: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(session["access_token"], options={"verify_signature": False})
    return claims


def step_up_end(reply: Reply) -> int:
    """Return the time at which the step-up of the response's access token ends."""
    assert reply.status == 200, reply.text
    return int(claims_of(reply.json["session"])["su"])


def epoch_in(world: World, **time: float) -> int:
    return clock.to_epoch(world.now + timedelta(**time))


def submit_code(mila: User, challenge: str) -> Reply:
    """Submit the code of the last text message."""
    return mila.steps_up_with(challenge, mila.world.code_for(mila.phone))


def on_another_device(mila: User) -> User:
    return mila.world.a_user(phone=mila.phone)


def test_code_to_the_accounts_number_steps_a_token_up_for_ten_minutes(world: World) -> None:
    mila = world.a_user()
    asked = mila.asks_to_step_up()
    assert asked.status == 202
    assert asked.json == {
        "challenge_id": asked.json["challenge_id"],
        "channel": "sms",
        "digits": 6,
        "expires_at": "2026-11-24T12:10:00Z",
        "resend_at": "2026-11-24T12:01:00Z",
    }
    assert len(world.messages_to(mila.phone)) == 2
    stepped_up = submit_code(mila, asked.json["challenge_id"])
    assert step_up_end(stepped_up) == epoch_in(world, minutes=10)


def test_response_has_the_same_session_and_refresh_token(world: World) -> None:
    mila = world.a_user()
    world.advance(timedelta(minutes=5))
    answer = mila.steps_up().json
    assert answer.keys() == {"session"}
    changed = {name for name, value in answer["session"].items() if mila.session[name] != value}
    assert changed == {"access_token", "refresh_expires_in"}
    assert answer["session"]["refresh_expires_in"] == mila.session["refresh_expires_in"] - 5 * 60


@pytest.mark.promise("ACC-5")
def test_stepping_up_does_not_change_the_session_or_its_refresh_token(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    before = cloud.records("session")
    held = mila.steps_up().json["session"]["refresh_token"]
    assert cloud.records("session") == before
    body = {"refresh_token": held, "device_id": device["device_id"]}
    fresh = world.call("POST", "/v1/sessions/refresh", body=body)
    assert fresh.json["refresh_token"] != held


def test_refresh_gives_a_token_that_is_not_stepped_up(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    held = mila.steps_up().json["session"]
    body = {"refresh_token": held["refresh_token"], "device_id": device["device_id"]}
    fresh = world.call("POST", "/v1/sessions/refresh", body=body)
    assert "su" not in claims_of(fresh.json)


def test_text_goes_to_the_recorded_number_in_the_accounts_language(world: World) -> None:
    phone = a_phone()
    asked = world.call("POST", "/v1/signup", body={"phone": phone, "device": a_device(), "locale": "sr"})
    mila = User(world, phone, world.verifies(asked.json["challenge_id"], world.code_for(phone)).json)
    assert mila.asks_to_step_up(body={"phone": a_phone()}).status == 202
    assert "RU4M kod" in world.messages_to(phone)[-1]
    assert {number for number, _ in cloud.sent_messages()} == {phone}


def test_wrong_code_is_refused_with_the_number_of_attempts_left(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    wrong = other_than(world.code_for(mila.phone))
    replies = [mila.steps_up_with(challenge, wrong) for _ in range(5)]
    assert [(reply.problem, reply.json["attempts_left"]) for reply in replies] == [
        ("wrong_code", left) for left in (4, 3, 2, 1, 0)
    ]
    assert submit_code(mila, challenge).problem == "challenge_expired"


def test_code_expires_after_ten_minutes(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    world.advance(timedelta(minutes=10))
    assert submit_code(mila, challenge).problem == "challenge_expired"


def test_repeating_a_code_within_two_minutes_does_not_extend_the_step_up(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    first = submit_code(mila, challenge)
    world.advance(timedelta(minutes=1, seconds=59))
    again = submit_code(mila, challenge)
    assert step_up_end(again) == step_up_end(first)
    world.advance(timedelta(seconds=1))
    assert submit_code(mila, challenge).problem == "challenge_expired"


def test_two_concurrent_submissions_of_a_code_get_the_same_step_up(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    winners = just_before(challenges, "use_write", lambda: submit_code(mila, challenge))
    assert step_up_end(submit_code(mila, challenge)) == step_up_end(winners[0])


def test_repetition_with_the_same_code_succeeds_after_a_crash(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    with failing_at(sessions, "session_view", ZeroDivisionError):
        assert submit_code(mila, challenge).status == 500
    assert step_up_end(submit_code(mila, challenge)) == epoch_in(world, minutes=10)


@pytest.mark.promise("ACC-5")
def test_challenge_of_another_session_is_answered_as_unknown_and_not_counted(world: World) -> None:
    mila = world.a_user()
    vuk, tablet = world.a_user(), on_another_device(mila)
    challenge = mila.asks_to_step_up().json["challenge_id"]
    code = world.code_for(mila.phone)
    unknown = mila.steps_up_with("c_" + "0" * 26, code)
    for other in (vuk, tablet):
        assert without_request_id(other.steps_up_with(challenge, code)) == without_request_id(unknown)
    assert mila.steps_up_with(challenge, other_than(code)).json["attempts_left"] == 4
    assert mila.steps_up_with(challenge, code).status == 200


@pytest.mark.promise("ACC-2")
def test_code_of_one_purpose_is_answered_as_unknown_for_another_purpose(world: World) -> None:
    mila = world.a_user()
    for_step_up = mila.asks_to_step_up().json["challenge_id"]
    step_up_code = world.code_for(mila.phone)
    for_signup = world.asks_for_a_code(mila.phone).json["challenge_id"]
    signup_code = world.code_for(mila.phone)
    unknown = "c_" + "0" * 26
    with cloud.counted() as calls_for_unknown:
        expected = without_request_id(world.verifies(unknown, "000000"))
    with cloud.counted() as calls_for_another:
        assert without_request_id(world.verifies(for_step_up, step_up_code)) == expected
    assert calls_for_another == calls_for_unknown
    expected = without_request_id(mila.steps_up_with(unknown, "000000"))
    assert without_request_id(mila.steps_up_with(for_signup, signup_code)) == expected
    world.advance(timedelta(minutes=1))
    sent = len(world.messages_to(mila.phone))
    assert world.call("POST", f"/v1/signup/{for_step_up}/resend").problem == "challenge_expired"
    assert len(world.messages_to(mila.phone)) == sent
    assert mila.steps_up_with(for_step_up, step_up_code).status == 200
    assert world.verifies(for_signup, signup_code).status == 200


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_steps_up_with_scope_rights(world: World, state: str) -> None:
    mila = world.a_user()
    world.set_state(mila, state)
    answer = mila.steps_up()
    assert step_up_end(answer) == epoch_in(world, minutes=10)
    assert answer.json["session"]["scope"] == "rights"


def test_session_that_ended_before_the_code_is_submitted_is_not_stepped_up(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    mila.logs_out()
    assert submit_code(mila, challenge).problem == "session_ended"
    assert mila.asks_to_step_up().problem == "session_ended"


def test_owner_can_step_up_after_strangers_used_up_the_codes_of_the_number(world: World) -> None:
    mila = world.a_user()
    allow(codes_per_number_day=2)
    assert world.asks_for_a_code(mila.phone).status == 202
    assert world.asks_for_a_code(mila.phone).json["retry_after"] == 12 * 3600
    assert step_up_end(mila.steps_up()) == epoch_in(world, minutes=10)


def test_step_up_codes_do_not_count_against_the_sign_in_codes_of_a_number(world: World) -> None:
    mila = world.a_user()
    for _ in range(5):
        assert mila.asks_to_step_up().status == 202
    for _ in range(4):  # the sign-up used the first of five codes
        assert world.asks_for_a_code(mila.phone).status == 202


@pytest.mark.promise("ACC-2")
def test_all_sessions_of_an_account_share_five_step_up_codes_a_day(world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    tablet = on_another_device(mila)
    for session in (mila, tablet, mila, tablet, mila):
        assert session.asks_to_step_up().status == 202
    for session in (mila, tablet):
        refused = session.asks_to_step_up()
        assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_to_step_up")
        assert refused.json["retry_after"] == 12 * 3600
    assert vuk.asks_to_step_up().status == 202


@pytest.mark.promise("ACC-2")
def test_no_step_up_code_is_sent_while_its_counter_is_unreachable(world: World) -> None:
    mila = world.a_user()
    down = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "UpdateItem", down, touching="codes_to_step_up"):
        assert mila.asks_to_step_up().problem == "sms_unavailable"
    assert len(world.messages_to(mila.phone)) == 1


def test_step_up_codes_do_not_count_against_the_limit_of_the_ip_address(world: World) -> None:
    mila = world.a_user()
    allow(codes_per_address=2)
    for _ in range(2):
        assert mila.asks_to_step_up().status == 202
    assert world.asks_for_a_code(a_phone()).status == 202


def test_failed_send_is_answered_as_sms_unavailable_and_not_counted(world: World) -> None:
    mila = world.a_user()
    with cloud.failing("sns", "Publish", SMS_DOWN):
        for _ in range(6):
            assert mila.asks_to_step_up().problem == "sms_unavailable"
    for _ in range(5):
        assert mila.asks_to_step_up().status == 202


def test_codes_are_neither_sent_nor_checked_while_counters_are_unreachable(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    with cloud.failing("dynamodb", "UpdateItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert mila.asks_to_step_up().problem == "sms_unavailable"
        assert submit_code(mila, challenge).problem == "unavailable"
    assert len(world.messages_to(mila.phone)) == 2
    assert submit_code(mila, challenge).status == 200


def test_idempotency_key_sends_one_code_and_is_separate_for_each_session(world: World) -> None:
    mila, key = world.a_user(), {"Idempotency-Key": str(uuid.uuid4())}
    first = mila.asks_to_step_up(headers=key)
    again = mila.asks_to_step_up(headers=key)
    assert again.json == first.json
    assert len(world.messages_to(mila.phone)) == 2
    other = on_another_device(mila).asks_to_step_up(headers=key)
    assert other.json["challenge_id"] != first.json["challenge_id"]


@pytest.mark.parametrize("body", [{}, {"code": "12345"}, {"code": 123456}, {"code": "123456", "phone": "+1"}])
def test_malformed_request_is_refused_and_counts_no_attempt(world: World, body: dict[str, object]) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    path = f"/v1/sessions/step-up/{challenge}/verify"
    assert mila.calls("POST", path, body=body).problem in {"invalid_request", "unexpected_field"}
    wrong = other_than(world.code_for(mila.phone))
    assert mila.steps_up_with(challenge, wrong).json["attempts_left"] == 4


@pytest.mark.promise("ACC-2")
def test_used_challenge_keeps_no_personal_data(world: World) -> None:
    mila = world.a_user()
    mila.asks_to_step_up()
    assert [("sealed" in item) for item in step_up_challenges()] == [True]
    mila.steps_up()
    assert sorted("sealed" in item for item in step_up_challenges()) == [False, True]


@pytest.mark.promise("SEC-1")
def test_phone_number_does_not_appear_in_tables_logs_or_output(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    mila = world.a_user(phone=world.canaries.add("phone", a_phone()))
    mila.asks_to_step_up()
    assert world.canaries.in_tables() == []
    mila.steps_up()
    with cloud.failing("sns", "Publish", RuntimeError(f"could not reach {mila.phone}")):
        assert mila.asks_to_step_up().status == 500
    assert world.canaries.in_text(world.log.getvalue() + capsys.readouterr().out) == []


def step_up_challenges() -> list[dict[str, Any]]:
    return [item for item in cloud.records("challenge") if item["purpose"] == {"S": "step_up"}]


def without_request_id(reply: Reply) -> tuple[int, dict[str, Any]]:
    """Return status and body without `request_id`, which differs in every response."""
    return reply.status, {name: value for name, value in reply.json.items() if name != "request_id"}
