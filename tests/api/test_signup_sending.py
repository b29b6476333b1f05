"""Tests sending codes: resends, limits and failures of SNS (ACC-2)."""

from datetime import timedelta

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import Challenge, ChallengePurpose, ChallengeRef
from chalicelib.core.ids import ChallengeId
from tests.support.clouds import cloud
from tests.support.faults.outages import named, refusal
from tests.support.faults.races import just_before
from tests.support.world.builders import a_phone
from tests.support.world.limits import allow
from tests.support.world.world import Reply, World

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")
# SNS may or may not have accepted the text.
IN_DOUBT = [
    ReadTimeoutError(endpoint_url="https://sns"),
    ConnectionClosedError(endpoint_url="https://sns"),
    refusal("InternalError", 500),
    refusal("ServiceUnavailable", 503),
]


def test_resend_repeats_the_code(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    again = resend(world, challenge)
    assert again.status == 202
    assert again.json["resend_at"] == "2026-11-24T12:03:00Z"
    assert len(set(world.messages_to(phone))) == 1
    assert len(world.messages_to(phone)) == 2


def test_early_resend_states_when_it_is_possible(world: World) -> None:
    challenge = world.asks_for_a_code(a_phone()).json["challenge_id"]
    world.advance(timedelta(seconds=20))
    early = resend(world, challenge)
    assert early.problem == "too_many_codes"
    assert (early.json["limit"], early.json["retry_after"]) == ("resend", 40)


def test_code_can_be_sent_again_three_times_within_its_life(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    replies = []
    for minutes in (1, 2, 4):
        world.advance(timedelta(minutes=minutes))
        replies.append(resend(world, challenge))
    assert [reply.status for reply in replies] == [202, 202, 202]
    assert [reply.json["resend_at"] for reply in replies] == [
        "2026-11-24T12:03:00Z",
        "2026-11-24T12:07:00Z",
        "2026-11-24T12:10:00Z",  # the code's end, since no later resend is possible
    ]
    world.advance(timedelta(minutes=2, seconds=59))
    assert resend(world, challenge).problem == "challenge_expired"
    assert world.verifies(challenge, world.code_for(phone)).status == 201


def test_next_resend_time_is_never_after_the_codes_end(world: World) -> None:
    challenge = world.asks_for_a_code(a_phone()).json["challenge_id"]
    world.advance(timedelta(minutes=9))
    again = resend(world, challenge)
    assert again.json["resend_at"] == again.json["expires_at"] == "2026-11-24T12:10:00Z"


@pytest.mark.promise("ACC-2")
def test_code_is_not_sent_again_after_its_end(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=10))
    assert resend(world, challenge).problem == "challenge_expired"
    assert len(world.messages_to(phone)) == 1


def test_used_code_is_not_sent_again(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.verifies(challenge, world.code_for(phone))
    world.advance(timedelta(minutes=1))
    assert resend(world, challenge).problem == "challenge_expired"


def test_one_of_two_concurrent_resends_sends(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    winners = just_before(store, "count_resend", lambda: resend(world, challenge))
    assert resend(world, challenge).problem == "too_many_codes"
    assert winners[0].status == 202
    assert len(world.messages_to(phone)) == 2


def test_code_used_while_its_resend_is_requested_is_not_sent(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    code = world.code_for(phone)
    just_before(store, "count_resend", lambda: world.verifies(challenge, code))
    assert resend(world, challenge).problem == "too_many_codes"
    assert resend(world, challenge).problem == "challenge_expired"
    assert len(world.messages_to(phone)) == 1


def test_store_refuses_a_resend_before_its_time(world: World) -> None:
    challenge = read(world.asks_for_a_code(a_phone()))
    with pytest.raises(store.TooEarly):
        store.count_resend(challenge, next_after=world.now, uncounted={})


def test_store_refuses_a_resend_based_on_an_outdated_read(world: World) -> None:
    challenge = read(world.asks_for_a_code(a_phone()))
    world.advance(timedelta(minutes=1))
    resend(world, challenge.challenge_id)
    world.advance(timedelta(minutes=2))
    with pytest.raises(store.TooEarly):  # its wait would be the one after the first
        store.count_resend(challenge, next_after=world.now, uncounted={})


def test_resend_may_be_repeated_immediately_if_sns_was_unreachable(
    world: World,
) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    with cloud.failing("sns", "Publish", SMS_DOWN):
        for _ in range(6):
            assert resend(world, challenge).problem == "sms_unavailable"
    for minutes in (0, 2, 4):
        world.advance(timedelta(minutes=minutes))
        assert resend(world, challenge).status == 202
    assert world.asks_for_a_code(phone).status == 202  # the fifth code of five


def test_sixth_code_in_half_an_hour_is_refused_with_the_limit_and_its_end(world: World) -> None:
    phone = a_phone()
    for _ in range(5):
        assert world.asks_for_a_code(phone).status == 202
    refused = world.asks_for_a_code(phone)
    assert refused.problem == "too_many_codes"
    assert refused.json["limit"] == "codes_per_number"
    world.advance(timedelta(seconds=refused.json["retry_after"]))
    assert world.asks_for_a_code(phone).status == 202


def test_eleventh_code_in_a_day_is_refused_until_the_next_day(world: World) -> None:
    phone = a_phone()
    for _ in range(10):
        assert world.asks_for_a_code(phone).status == 202
        world.advance(timedelta(minutes=15))
    refused = world.asks_for_a_code(phone)
    assert refused.problem == "too_many_codes"
    assert refused.json["retry_after"] > 3600


@pytest.fixture
def few_codes() -> None:
    """Let an address block request 25 codes in five minutes."""
    allow(codes_per_address=25)


@pytest.mark.usefixtures("few_codes")
def test_block_of_addresses_shares_one_limit(world: World) -> None:
    for number in range(25):
        assert world.asks_for_a_code(a_phone(), address=f"198.51.100.{number}").status == 202
    refused = world.asks_for_a_code(a_phone(), address="198.51.100.99")
    assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_per_address")
    assert world.asks_for_a_code(a_phone(), address="198.51.101.1").status == 202


@pytest.mark.usefixtures("few_codes")
def test_request_refused_for_its_address_does_not_count_for_the_number(world: World) -> None:
    for number in range(25):
        world.asks_for_a_code(a_phone(), address=f"198.51.100.{number}")
    phone = a_phone()
    for _ in range(9):
        world.asks_for_a_code(phone, address="198.51.100.1")
    assert world.asks_for_a_code(phone, address="192.0.2.1").status == 202


def test_code_is_answered_as_unavailable_and_not_counted_if_sns_is_unreachable(world: World) -> None:
    phone = a_phone()
    with cloud.failing("sns", "Publish", SMS_DOWN):
        for _ in range(6):
            assert world.asks_for_a_code(phone).problem == "sms_unavailable"
    for _ in range(5):
        assert world.asks_for_a_code(phone).status == 202
    assert world.asks_for_a_code(phone).json["limit"] == "codes_per_number"


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("doubt", IN_DOUBT, ids=named)
def test_code_that_sns_may_have_sent_counts_for_its_number(world: World, doubt: Exception) -> None:
    phone = a_phone()
    with cloud.failing("sns", "Publish", doubt):
        for _ in range(5):
            assert world.asks_for_a_code(phone).problem == "sms_unavailable"
        assert world.asks_for_a_code(phone).json["limit"] == "codes_per_number"


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("doubt", IN_DOUBT, ids=named)
def test_resend_that_sns_may_have_sent_counts_and_delays_the_next_one(world: World, doubt: Exception) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    with cloud.failing("sns", "Publish", doubt):
        for minutes in (1, 2, 4):
            world.advance(timedelta(minutes=minutes))
            assert resend(world, challenge).problem == "sms_unavailable"
            assert resend(world, challenge).problem in {"too_many_codes", "challenge_expired"}
    assert resend(world, challenge).problem == "challenge_expired"
    assert world.verifies(challenge, world.code_for(phone)).status == 201


def test_codes_that_sns_may_have_sent_count_for_their_prefix(world: World) -> None:
    allow(codes_per_prefix_least=2)
    with cloud.failing("sns", "Publish", IN_DOUBT[0]):
        for _ in range(2):
            assert world.asks_for_a_code(a_phone()).problem == "sms_unavailable"
    assert world.asks_for_a_code(a_phone()).json["limit"] == "codes_per_prefix"


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("error", [SMS_DOWN, IN_DOUBT[0]], ids=named)
def test_code_whose_sending_failed_cannot_be_guessed(world: World, error: Exception) -> None:
    with cloud.failing("sns", "Publish", error):
        world.asks_for_a_code(a_phone())
    (item,) = cloud.records("challenge")
    challenge = item["challenge_id"]["S"]
    assert world.verifies(challenge, "000000").problem == "challenge_expired"


def resend(world: World, challenge: str) -> Reply:
    return world.call("POST", f"/v1/signup/{challenge}/resend")


def read(asked: Reply) -> Challenge:
    """Return the challenge as a request has read it."""
    challenge = store.get(ChallengeRef(ChallengePurpose.SIGNUP, ChallengeId(asked.json["challenge_id"])))
    assert challenge
    return challenge
