"""Tests that traffic of strangers does not lock an owner out (ADR 25)."""

import pytest

from chalicelib.core.ids import ChallengeId
from tests.support.world.builders import a_phone, an_address, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, World

HER_BLOCK = "203.0.113.200"  # the /24 of every request that names no address


def try_invented_ids(world: World, times: int) -> Reply:
    """Submit a code for invented challenge ids; returns the last response."""
    replies = [world.verifies(ChallengeId.new(), "000000", address=HER_BLOCK) for _ in range(times)]
    return replies[-1]


def use_up_guesses(world: World) -> None:
    """Send wrong codes for the stranger's own challenges until the block has no guesses left."""
    for number in range(10, 30):
        phone = a_phone()
        asked = world.asks_for_a_code(phone, address=f"198.51.{number}.1")
        wrong = other_than(world.code_for(phone))
        for _ in range(5):
            if world.verifies(asked.json["challenge_id"], wrong, address=HER_BLOCK).status == 429:
                return
    raise AssertionError("the block still has guesses")


# A stranger in the owner's block of addresses


@pytest.mark.promise("ACC-2")
def test_owner_can_step_up_after_sixty_invented_challenge_ids(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    assert try_invented_ids(world, 61).problem == "too_many_attempts"
    assert mila.steps_up_with(challenge, world.code_for(mila.phone)).status == 200


@pytest.mark.promise("ACC-2")
def test_new_number_can_sign_up_after_sixty_invented_challenge_ids(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    assert try_invented_ids(world, 61).json["limit"] == "unknown_challenges_per_address"
    assert world.verifies(challenge, world.code_for(phone)).status == 201


@pytest.mark.promise("ACC-2")
def test_owner_can_step_up_after_the_guesses_of_the_block_are_used_up(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    use_up_guesses(world)
    wrong = mila.steps_up_with(challenge, other_than(world.code_for(mila.phone)))
    assert (wrong.problem, wrong.json["attempts_left"]) == ("wrong_code", 4)
    assert mila.steps_up_with(challenge, world.code_for(mila.phone)).status == 200


def test_owner_can_add_an_email_after_the_guesses_of_the_block_are_used_up(world: World) -> None:
    mila, address = world.a_user(), an_address()
    challenge = mila.is_stepped_up().asks_for_email(address).json["challenge_id"]
    use_up_guesses(world)
    assert mila.verifies_email(challenge, world.code_mailed_to(address)).status == 200


def test_guesses_of_a_session_do_not_count_for_its_block(world: World) -> None:
    allow(attempts_per_address=1)
    mila, phone = world.a_user(), a_phone()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    wrong = other_than(world.code_for(mila.phone))
    assert mila.steps_up_with(challenge, wrong).problem == "wrong_code"
    assert mila.steps_up_with(ChallengeId.new(), wrong).problem == "challenge_expired"
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    assert world.verifies(challenge, other_than(world.code_for(phone))).problem == "wrong_code"


# The breaker refuses the prefix of the owner's number


def test_owner_can_step_up_while_the_breaker_refuses_the_prefix(world: World) -> None:
    allow(codes_per_prefix_least=5)
    mila = world.a_user()
    use_up_prefix(world)
    assert mila.steps_up().status == 200


def test_step_up_codes_are_not_counted_by_the_breaker_of_the_prefix(world: World) -> None:
    allow(codes_per_prefix_least=5, codes_to_step_up_day=20)
    mila = world.a_user()
    for _ in range(10):
        assert mila.asks_to_step_up().status == 202
    assert world.asks_for_a_code(a_phone()).status == 202
    use_up_prefix(world)
    assert mila.steps_up().status == 200
    assert world.asks_for_a_code(a_phone()).json["limit"] == "codes_per_prefix"


def use_up_prefix(world: World) -> None:
    """Request codes for numbers of the owner's prefix until the breaker refuses it."""
    for number in range(200):
        reply = world.asks_for_a_code(a_phone(), address=f"10.0.{number}.1")
        if reply.status == 429:
            assert reply.json["limit"] == "codes_per_prefix"
            return
    raise AssertionError("the breaker still admits the prefix")
