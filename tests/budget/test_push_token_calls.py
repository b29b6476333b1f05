"""What push tokens cost in calls (ADR 109)."""

from __future__ import annotations

import pytest

from chalicelib.privacy.purposes import Practice
from tests.support.cases.push_tokens import OTHER, TOKEN, forgets, registers
from tests.support.cases.pushes import fake_providers, work
from tests.support.clouds.cloud import Calls, counted
from tests.support.world.builders import a_device
from tests.support.world.practices import describe
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    describe(Practice.NOTIFYING)
    return world.a_user()


def cost(user: User, token: str = TOKEN, **more: str) -> Calls:
    """Register a token; return the calls of it."""
    with counted() as calls:
        assert registers(user, token, **more).status in {200, 202}
    return calls


def test_registration_costs_five_calls_and_one_more_for_a_former_token(mila: User) -> None:
    assert cost(mila).of("dynamodb") == 5
    assert cost(mila, OTHER).of("dynamodb") == 6


def test_unchanged_registration_costs_the_read_of_its_caller(mila: User) -> None:
    cost(mila)
    assert cost(mila) == {"dynamodb.BatchGetItem": 1}


def test_move_between_accounts_on_a_device_costs_five_calls(mila: User, world: World) -> None:
    device = a_device()
    cost(world.a_user(device=device))
    assert cost(world.a_user(device=device)).of("dynamodb") == 5


def test_proof_costs_seven_calls_a_message_and_two_reads_of_its_worker(mila: User, world: World) -> None:
    cost(mila)
    providers, vera = fake_providers(), world.a_user()
    asked = cost(vera)
    assert (asked.of("dynamodb"), asked["sqs.SendMessage"]) == (7, 1)
    with counted() as sent:
        work()
    assert sent.of("dynamodb") == 2
    assert cost(vera, nonce=str(providers.taken[-1][1].nonce)).of("dynamodb") <= 7


def test_forgetting_a_token_costs_two_reads_and_two_deletions(mila: User) -> None:
    cost(mila)
    with counted() as calls:
        assert forgets(mila).status == 204
    assert calls == {"dynamodb.BatchGetItem": 2, "dynamodb.DeleteItem": 2}
