"""Tests that a request sent twice has one challenge and one code, despite failures (ACC-2)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.challenges import service, store
from chalicelib.accounts.challenges.model import ChallengePurpose, ChallengeRef
from chalicelib.core import clock
from chalicelib.core.ids import ChallengeId
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.patches import failing_at
from tests.support.world.builders import a_device, a_phone
from tests.support.world.world import World

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")


@pytest.mark.parametrize("quote", ['"{}"', "{}", '"{}";a=1', '"{}"; b;c="x;y";d=?0;e=:aGk=:;f=1.5'])
def test_repeated_idempotency_key_sends_one_code_and_returns_the_challenge(world: World, quote: str) -> None:
    phone, device = a_phone(), a_device()
    key = {"Idempotency-Key": quote.format(uuid.uuid4())}
    first = world.asks_for_a_code(phone, device, headers=key)
    world.advance(timedelta(hours=23))
    again = world.asks_for_a_code(phone, device, headers=key)
    assert again.json == first.json
    assert len(world.messages_to(phone)) == 1


def test_parameters_of_an_idempotency_key_are_ignored(world: World) -> None:
    phone, device, key = a_phone(), a_device(), uuid.uuid4()
    first = world.asks_for_a_code(phone, device, headers={"Idempotency-Key": f'"{key}";a=1'})
    again = world.asks_for_a_code(phone, device, headers={"Idempotency-Key": str(key)})
    assert again.json == first.json


def test_idempotency_key_with_another_body_is_refused(world: World) -> None:
    device, key = a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    world.asks_for_a_code(a_phone(), device, headers=key)
    assert world.asks_for_a_code(a_phone(), device, headers=key).problem == "idempotency_mismatch"


def test_idempotency_key_of_another_device_finds_nothing(world: World) -> None:
    phone, key = a_phone(), {"Idempotency-Key": str(uuid.uuid4())}
    first = world.asks_for_a_code(phone, headers=key)
    second = world.asks_for_a_code(phone, headers=key)
    assert first.json["challenge_id"] != second.json["challenge_id"]


def test_slower_of_two_duplicates_gets_the_response_of_the_faster(world: World) -> None:
    same = a_request()
    winners = just_before(store, "claim", lambda: world.asks_for_a_code(**same))
    assert world.asks_for_a_code(**same).json == winners[0].json
    assert len(world.messages_to(same["phone"])) == 1
    for _ in range(4):  # and uses one of the number's five codes
        assert world.asks_for_a_code(same["phone"]).status == 202


def test_duplicate_is_answered_as_in_progress_while_the_first_is_sending(world: World) -> None:
    same = a_request()
    twins = just_before(service, "text_code", lambda: world.asks_for_a_code(**same))
    assert world.asks_for_a_code(**same).status == 202
    assert twins[0].problem == "in_progress"
    assert len(world.messages_to(same["phone"])) == 1


def test_code_whose_sending_could_not_be_recorded_is_reported_as_sent(world: World) -> None:
    same = a_request()
    with cloud.failing("dynamodb", "UpdateItem", SMS_DOWN, touching="sent_at"):
        asked = world.asks_for_a_code(**same)
    assert asked.status == 202
    assert world.verifies(asked.json["challenge_id"], world.code_for(same["phone"])).status == 201


def test_crashed_request_is_not_resumed_by_a_request_with_another_body(world: World) -> None:
    same = a_request()
    crash_before_sending(world, same)
    world.advance(timedelta(minutes=1))
    other = same | {"phone": a_phone()}
    assert world.asks_for_a_code(**other).problem == "idempotency_mismatch"
    assert world.messages_to(other["phone"]) == []


@pytest.mark.promise("ACC-2")
def test_challenge_that_was_never_sent_keeps_no_personal_data(world: World) -> None:
    with cloud.failing("sns", "Publish", SMS_DOWN):
        world.asks_for_a_code(a_phone())
    (item,) = cloud.records("challenge")
    left = store.get(ChallengeRef(ChallengePurpose.SIGNUP, ChallengeId(item["challenge_id"]["S"])))
    assert left
    assert (left.phone, left.device, left.locale) == (None, None, None)


def test_code_is_sent_by_the_repeated_request_if_sns_was_unreachable(world: World) -> None:
    same = a_request()
    with cloud.failing("sns", "Publish", SMS_DOWN):
        assert world.asks_for_a_code(**same).problem == "sms_unavailable"
    asked = world.asks_for_a_code(**same)
    assert asked.status == 202
    assert world.verifies(asked.json["challenge_id"], world.code_for(same["phone"])).status == 201


@pytest.mark.parametrize("later", [timedelta(seconds=30), timedelta(minutes=11)], ids=str)
def test_code_left_unsent_by_a_crash_is_sent_half_a_minute_later(world: World, later: timedelta) -> None:
    same = a_request()
    crash_before_sending(world, same)
    world.advance(timedelta(seconds=29))
    assert world.asks_for_a_code(**same).problem == "in_progress"
    world.advance(later - timedelta(seconds=29))
    asked = world.asks_for_a_code(**same)
    assert asked.json["expires_at"] == clock.to_text(world.now + timedelta(minutes=10))
    assert asked.json["resend_at"] == clock.to_text(world.now + timedelta(minutes=1))
    assert len(world.messages_to(same["phone"])) == 1
    assert world.verifies(asked.json["challenge_id"], world.code_for(same["phone"])).status == 201


@pytest.mark.promise("ACC-2")
def test_code_sent_after_a_crash_is_kept_for_its_period_from_the_sending(world: World) -> None:
    same = a_request()
    crash_before_sending(world, same)
    world.advance(timedelta(minutes=11))
    world.asks_for_a_code(**same)
    (item,) = cloud.records("challenge")
    assert item["expires_at"] == item["delete_at"]
    assert int(item["delete_at"]["N"]) - world.now.timestamp() == 48 * 3600


def test_one_of_two_duplicates_after_a_crash_sends(world: World) -> None:
    same = a_request()
    crash_before_sending(world, same)
    world.advance(timedelta(seconds=30))
    twins = just_before(service, "text_code", lambda: world.asks_for_a_code(**same))
    assert world.asks_for_a_code(**same).status == 202
    assert twins[0].problem == "in_progress"
    assert len(world.messages_to(same["phone"])) == 1


def test_one_of_two_duplicates_in_the_second_of_a_failed_send_sends(world: World) -> None:
    same = a_request()
    with cloud.failing("sns", "Publish", SMS_DOWN):
        world.asks_for_a_code(**same)

    def duplicate_that_has_not_finished() -> None:
        crash_before_sending(world, same)

    just_before(store, "claim", duplicate_that_has_not_finished)
    assert world.asks_for_a_code(**same).problem == "in_progress"
    assert world.messages_to(same["phone"]) == []


def test_code_recorded_as_sent_just_before_the_repetition_is_not_sent_again(world: World) -> None:
    same = a_request()
    crash_before_sending(world, same)
    (item,) = cloud.records("challenge")
    challenge = ChallengeRef(ChallengePurpose.SIGNUP, ChallengeId(item["challenge_id"]["S"]))
    world.advance(timedelta(seconds=30))
    just_before(store, "claim", lambda: store.mark_sent(challenge, world.now, {}))
    assert world.asks_for_a_code(**same).json["challenge_id"] == challenge.challenge_id
    assert world.messages_to(same["phone"]) == []


def test_code_used_just_before_the_repetition_is_not_sent_again(world: World) -> None:
    same = a_request()
    with failing_at(store, "mark_sent", ZeroDivisionError):
        assert world.asks_for_a_code(**same).status == 500
    (item,) = cloud.records("challenge")
    challenge, code = item["challenge_id"]["S"], world.code_for(same["phone"])
    world.advance(timedelta(minutes=8))  # two minutes from here end with the code's own ten
    just_before(store, "claim", lambda: world.verifies(challenge, code))
    assert world.asks_for_a_code(**same).json["challenge_id"] == challenge
    assert world.verifies(challenge, code).status == 201
    assert len(world.messages_to(same["phone"])) == 1


def test_code_used_before_its_sending_was_recorded_is_not_sent_again(world: World) -> None:
    same = a_request()
    with failing_at(store, "mark_sent", ZeroDivisionError):
        assert world.asks_for_a_code(**same).status == 500
    (item,) = cloud.records("challenge")
    challenge = item["challenge_id"]["S"]
    assert world.verifies(challenge, world.code_for(same["phone"])).status == 201
    world.advance(timedelta(minutes=1))
    assert world.asks_for_a_code(**same).json["challenge_id"] == challenge
    assert len(world.messages_to(same["phone"])) == 1


def test_key_used_again_a_day_later_sends_a_new_code(world: World) -> None:
    phone, device, key = a_phone(), a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    world.asks_for_a_code(phone, device, headers=key)
    world.advance(timedelta(hours=24))
    world.asks_for_a_code(phone, device, headers=key)
    assert len(set(world.messages_to(phone))) == 2


def test_key_used_again_a_day_later_may_have_another_body(world: World) -> None:
    device, key = a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    world.asks_for_a_code(a_phone(), device, headers=key)
    world.advance(timedelta(hours=24))
    assert world.asks_for_a_code(a_phone(), device, headers=key).status == 202


def test_one_of_two_duplicates_with_an_expired_key_sends(world: World) -> None:
    same = a_request()
    world.asks_for_a_code(**same)
    world.advance(timedelta(hours=24))
    winners = just_before(store, "claim", lambda: world.asks_for_a_code(**same))
    assert world.asks_for_a_code(**same).json == winners[0].json
    assert len(world.messages_to(same["phone"])) == 2


KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"


@pytest.mark.parametrize(
    "key",
    [
        "",
        '"',
        "not-a-uuid",
        '"a"b"',
        f"{{{KEY}}}",
        f'"{{{KEY}}}"',
        f"urn:uuid:{KEY}",
        f'"urn:uuid:{KEY}"',
        KEY.replace("-", ""),
        f"{KEY};a=1",  # only a quoted string may have parameters
        f'"{KEY}";A=1',
        f'"{KEY}";a=',
        f'"{KEY}", "{KEY}"',
    ],
)
def test_malformed_idempotency_key_is_refused(world: World, key: str) -> None:
    reply = world.asks_for_a_code(a_phone(), headers={"Idempotency-Key": key})
    assert reply.problem == "invalid_request"
    assert "Idempotency-Key" in reply.json["detail"]


def a_request() -> dict[str, Any]:
    """Return a request for a code with an idempotency key, so that it may be repeated."""
    return {
        "phone": a_phone(),
        "device": a_device(),
        "headers": {"Idempotency-Key": str(uuid.uuid4())},
    }


def crash_before_sending(world: World, request: dict[str, Any]) -> None:
    """Kill the function between writing the challenge and sending the code."""
    with failing_at(service, "text_code", ZeroDivisionError):
        assert world.asks_for_a_code(**request).status == 500
