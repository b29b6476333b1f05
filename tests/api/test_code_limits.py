"""Tests the limits on sent codes and on guesses, and what happens in an outage (ACC-2)."""

import itertools
import uuid
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import ChallengePurpose, ChallengeRef
from chalicelib.core.ids import ChallengeId
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES, named
from tests.support.faults.races import just_before
from tests.support.world.builders import a_phone, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, World

FEW = 5
ELSEWHERE = "+381641234567"
SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")
_addresses = itertools.count(1)


@pytest.fixture
def few_codes() -> None:
    """Let the breaker of a prefix apply from five codes on."""
    allow(codes_per_prefix_least=FEW)


# The content of a 429 response


def test_sixth_code_for_a_number_is_refused_with_the_limit_and_its_end(world: World) -> None:
    phone = a_phone()
    for _ in range(5):
        assert asks(world, phone).status == 202
    assert_refused(asks(world, phone), "codes_per_number", 30 * 60)
    world.advance(timedelta(minutes=30))
    assert asks(world, phone).status == 202


def test_eleventh_code_for_a_number_in_a_day_is_refused_with_limit_and_end(world: World) -> None:
    phone = a_phone()
    for _ in range(10):
        assert asks(world, phone).status == 202
        world.advance(timedelta(minutes=15))
    assert_refused(asks(world, phone), "codes_per_number", 12 * 3600 - 150 * 60)
    world.advance(timedelta(seconds=12 * 3600 - 150 * 60))
    assert asks(world, phone).status == 202


def test_code_over_the_limit_of_an_address_is_refused_with_limit_and_end(world: World) -> None:
    allow(codes_per_address=25)
    for number in range(25):
        assert world.asks_for_a_code(a_phone(), address=f"198.51.100.{number}").status == 202
    phone = a_phone()
    assert_refused(world.asks_for_a_code(phone, address="198.51.100.99"), "codes_per_address", 5 * 60)
    world.advance(timedelta(minutes=5))
    assert world.asks_for_a_code(phone, address="198.51.100.99").status == 202


def test_guess_over_the_limit_of_an_address_is_refused_with_limit_and_end(world: World) -> None:
    allow(attempts_per_address=1)
    challenge = asks(world, a_phone()).json["challenge_id"]
    assert world.verifies(challenge, "000000").problem == "wrong_code"
    reply = world.verifies(challenge, "000000")
    assert reply.problem == "too_many_attempts"
    assert_limit(reply, "attempts_per_address", 10 * 60)


def test_windows_of_limits_are_configurable(world: World) -> None:
    allow(codes_per_number_short=1, codes_per_number_minutes=3)
    phone = a_phone()
    asks(world, phone)
    assert_refused(asks(world, phone), "codes_per_number", 3 * 60)


# Guesses


@pytest.mark.promise("ACC-2")
def test_correctness_of_a_code_is_not_revealed_once_guesses_are_used_up(world: World) -> None:
    allow(attempts_per_address=1)
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    wrong, right = other_than(world.code_for(phone)), world.code_for(phone)
    world.verifies(challenge, wrong)
    answers = [world.verifies(challenge, guess).json | {"request_id": ""} for guess in (wrong, right)]
    assert answers[0] == answers[1]


@pytest.mark.promise("ACC-2")
def test_right_and_wrong_codes_cost_the_same_writes_before_the_response(world: World) -> None:
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    with cloud.counted() as wrong:
        world.verifies(challenge, other_than(world.code_for(phone)))
    with cloud.counted() as right, cloud.failing("dynamodb", "BatchGetItem", OUTAGES[-1], times=3):
        world.verifies(challenge, world.code_for(phone))
    assert wrong["dynamodb.UpdateItem"] == right["dynamodb.UpdateItem"] == 2


def test_attempt_from_a_limited_address_is_not_counted_for_the_challenge(world: World) -> None:
    allow(attempts_per_address=1)
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    for _ in range(8):
        world.verifies(challenge, other_than(world.code_for(phone)))
    elsewhere = "192.0.2.1"
    wrong = world.verifies(challenge, other_than(world.code_for(phone)), address=elsewhere)
    assert wrong.json["attempts_left"] == 3


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("used_after", [timedelta(0), timedelta(minutes=8)], ids=["soon", "same end"])
def test_late_uncount_does_not_remove_attempts_made_after_the_code_was_used(
    world: World, used_after: timedelta
) -> None:
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    tried = store.count_attempt(ChallengeRef(ChallengePurpose.SIGNUP, ChallengeId(challenge)), 5)
    world.advance(used_after)
    world.verifies(challenge, world.code_for(phone))
    wrong = other_than(world.code_for(phone))
    assert world.verifies(challenge, wrong).json["attempts_left"] == 4
    store.uncount_attempt(tried)
    assert world.verifies(challenge, wrong).json["attempts_left"] == 3


def test_attempts_at_unknown_challenges_have_a_limit_of_their_own(world: World) -> None:
    allow(unknown_challenges_per_address=1)
    nothing = "c_" + "0" * 26
    assert world.verifies(nothing, "000000").problem == "challenge_expired"
    assert_refused = world.verifies(nothing, "000000")
    assert assert_refused.problem == "too_many_attempts"
    assert_limit(assert_refused, "unknown_challenges_per_address", 10 * 60)


# The breaker


@pytest.mark.usefixtures("few_codes")
def test_prefix_without_verified_codes_is_refused_until_the_hour_ends(world: World) -> None:
    for _ in range(FEW):
        assert asks(world, a_phone()).status == 202
    phone = a_phone()
    assert_refused(asks(world, phone), "codes_per_prefix", 3600)
    assert world.messages_to(phone) == []
    world.advance(timedelta(hours=1))
    assert asks(world, phone).status == 202


@pytest.mark.usefixtures("few_codes")
def test_refused_prefix_does_not_affect_other_prefixes(world: World) -> None:
    for _ in range(FEW + 1):
        asks(world, a_phone())
    assert asks(world, ELSEWHERE).status == 202


@pytest.mark.usefixtures("few_codes")
def test_prefix_with_one_of_five_codes_verified_is_admitted(world: World) -> None:
    for _ in range(3):
        world.a_user()
        for _ in range(4):
            assert asks(world, a_phone()).status == 202


@pytest.mark.usefixtures("few_codes")
@pytest.mark.parametrize("known", [False, True], ids=["new number", "known number"])
def test_refused_prefix_is_admitted_again_once_a_sent_code_is_verified(world: World, *, known: bool) -> None:
    phone = world.a_user().phone if known else a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    while asks(world, a_phone()).status == 202:
        pass
    world.verifies(challenge, world.code_for(phone))
    assert asks(world, a_phone()).status == 202


@pytest.mark.usefixtures("few_codes")
def test_repeated_code_counts_as_verified_once(world: World) -> None:
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    for _ in range(3):
        assert world.verifies(challenge, world.code_for(phone)).status == 201
    for _ in range(5):
        assert asks(world, a_phone()).status == 202
    assert asks(world, a_phone()).json["limit"] == "codes_per_prefix"


@pytest.mark.usefixtures("few_codes")
def test_wrong_codes_do_not_end_the_refusal_of_a_prefix(world: World) -> None:
    for _ in range(FEW):
        phone = a_phone()
        challenge = asks(world, phone).json["challenge_id"]
        world.verifies(challenge, other_than(world.code_for(phone)))
    assert asks(world, a_phone()).json["limit"] == "codes_per_prefix"


@pytest.mark.usefixtures("few_codes")
def test_resent_code_counts_and_is_refused_under_the_same_limit(world: World) -> None:
    first, second = (asks(world, a_phone()).json["challenge_id"] for _ in range(2))
    world.advance(timedelta(minutes=1))
    assert resend(world, first).status == resend(world, second).status == 202
    world.advance(timedelta(minutes=2))
    assert resend(world, first).status == 202
    assert_refused(resend(world, second), "codes_per_prefix", 3600 - 3 * 60)


@pytest.mark.usefixtures("few_codes")
def test_code_is_not_counted_for_its_prefix_if_sns_was_unreachable(world: World) -> None:
    with cloud.failing("sns", "Publish", SMS_DOWN):
        for _ in range(2 * FEW):
            assert asks(world, a_phone()).problem == "sms_unavailable"
    for _ in range(FEW):
        assert asks(world, a_phone()).status == 202
    assert asks(world, a_phone()).json["limit"] == "codes_per_prefix"


def test_many_requests_for_one_number_do_not_make_its_prefix_refused(world: World) -> None:
    allow(codes_per_prefix_least=7)
    phone = a_phone()
    for _ in range(20):
        asks(world, phone)
    assert asks(world, a_phone()).status == 202


@pytest.mark.usefixtures("few_codes")
def test_request_refused_for_its_prefix_is_not_counted_and_can_be_repeated(
    world: World,
) -> None:
    for _ in range(FEW):
        asks(world, a_phone())
    phone, key = a_phone(), {"Idempotency-Key": str(uuid.uuid4())}
    same = {"device": {"device_id": str(uuid.uuid4()), "platform": "ios"}, "headers": key}
    for _ in range(6):
        assert asks(world, phone, **same).json["limit"] == "codes_per_prefix"
    world.advance(timedelta(hours=1))
    assert asks(world, phone, **same).status == 202
    world.verifies(asks(world, phone, **same).json["challenge_id"], world.code_for(phone))
    for _ in range(4):
        assert asks(world, phone).status == 202


# Outages: a text costs money and an uncounted guess is free, so both are refused


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("outage", OUTAGES, ids=named)
@pytest.mark.parametrize("limit", ["codes_per_number", "codes_per_address", "codes_per_prefix"])
def test_no_code_is_sent_while_the_counter_of_a_limit_is_unreachable(
    world: World, limit: str, outage: Exception
) -> None:
    phone, key = a_phone(), {"Idempotency-Key": str(uuid.uuid4())}
    same = {"device": {"device_id": str(uuid.uuid4()), "platform": "ios"}, "headers": key}
    with cloud.failing("dynamodb", "UpdateItem", outage, touching=limit):
        assert asks(world, phone, **same).problem == "sms_unavailable"
    assert world.messages_to(phone) == []
    assert asks(world, phone, **same).status == 202  # immediately


def test_refusal_is_returned_even_if_its_challenge_cannot_be_discarded(world: World) -> None:
    allow(codes_per_number_short=1)
    phone = a_phone()
    asks(world, phone)
    with ExitStack() as outage:
        down = cloud.failing("dynamodb", "PutItem", OUTAGES[0])
        just_before(store, "give_up", lambda: outage.enter_context(down))
        assert_refused(asks(world, phone), "codes_per_number", 30 * 60)


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
@pytest.mark.parametrize("outage", OUTAGES, ids=named)
def test_no_code_is_sent_while_the_table_is_unreachable(
    world: World, operation: str, outage: Exception
) -> None:
    phone = a_phone()
    with cloud.failing("dynamodb", operation, outage):
        assert asks(world, phone).problem == "sms_unavailable"
    assert world.messages_to(phone) == []


@pytest.mark.parametrize("limit", ["codes_per_number", "codes_per_prefix"])
def test_no_code_is_resent_while_the_counter_of_a_limit_is_unreachable(world: World, limit: str) -> None:
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    with cloud.failing("dynamodb", "UpdateItem", OUTAGES[0], touching=limit):
        assert resend(world, challenge).problem == "sms_unavailable"
    assert len(world.messages_to(phone)) == 1
    assert resend(world, challenge).status == 202


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("outage", OUTAGES, ids=named)
def test_correctness_of_a_code_is_not_revealed_while_the_counter_is_unreachable(
    world: World, outage: Exception
) -> None:
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    guesses = (world.code_for(phone), other_than(world.code_for(phone)))
    with cloud.failing("dynamodb", "UpdateItem", outage, touching="attempts_per_address"):
        for guess in guesses * 3:
            assert world.verifies(challenge, guess).problem == "unavailable"
    assert world.verifies(challenge, guesses[1]).json["attempts_left"] == 4
    assert world.verifies(challenge, guesses[0]).status == 201


def test_code_is_accepted_while_the_counter_of_verifications_is_unreachable(world: World) -> None:
    phone = a_phone()
    challenge = asks(world, phone).json["challenge_id"]
    with cloud.failing("dynamodb", "UpdateItem", OUTAGES[0], touching="codes_per_prefix"):
        assert world.verifies(challenge, world.code_for(phone)).status == 201


def asks(world: World, phone: str, **more: Any) -> Reply:
    """Request a code from an address that no other request uses."""
    number = next(_addresses)
    return world.asks_for_a_code(phone, address=f"10.{number // 256 % 256}.{number % 256}.1", **more)


def resend(world: World, challenge: str) -> Reply:
    return world.call("POST", f"/v1/signup/{challenge}/resend")


def assert_refused(reply: Reply, limit: str, retry_after: int) -> None:
    assert (reply.status, reply.problem) == (429, "too_many_codes")
    assert_limit(reply, limit, retry_after)


def assert_limit(reply: Reply, limit: str, retry_after: int) -> None:
    assert (reply.json["limit"], reply.json["retry_after"]) == (limit, retry_after)
    assert reply.headers["retry-after"] == str(retry_after)
