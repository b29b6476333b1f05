"""Tests the number of calls that routes about other users make, counted at the clients."""

import pytest

from chalicelib.core.ids import AccountId, UserId
from chalicelib.people.contacts import service
from tests.support.clouds.cloud import counted
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    """Return a user; the container has read its secrets."""
    mila = world.a_user()
    mila.makes_a_code()
    mila.invites(world.a_user())
    return mila


def test_adding_a_contact_costs_five_calls(world: World, mila: User) -> None:
    jovan, code = world.a_user(), mila.makes_a_code()
    with counted() as calls:
        assert jovan.adds(code).status == 201
    assert calls.tables == {"BatchGetItem": 3, "UpdateItem": 1, "TransactWriteItems": 1}
    assert calls.of("dynamodb") == sum(calls.values())


def test_invitation_of_a_new_account_costs_eight_calls(world: World, mila: User) -> None:
    jovan = world.a_user()
    with counted() as calls:
        assert mila.invites(jovan).status == 202
    assert calls.tables == {"BatchGetItem": 3, "Query": 1, "UpdateItem": 3, "TransactWriteItems": 1}


def test_block_costs_seven_calls_one_of_them_for_the_pair(world: World, mila: User) -> None:
    jovan = world.a_user()
    with counted() as calls:
        assert jovan.blocks(mila).status == 204
    assert calls.tables == {"BatchGetItem": 5, "UpdateItem": 1, "TransactWriteItems": 1}


def test_public_view_costs_three_calls_with_or_without_blocks(world: World, mila: User) -> None:
    jovan = world.a_user()
    for blocks, status in ((False, 200), (True, 404)):
        if blocks:
            jovan.blocks(mila)
        with counted() as calls:
            assert jovan.gets(f"/v1/users/{mila.user_id}").status == status
        assert calls.tables == {"BatchGetItem": 3}


def test_live_contacts_of_99_users_cost_two_reads(world: World, mila: User) -> None:
    jovan = world.a_user()
    jovan.adds(mila.makes_a_code())
    asked = [UserId(jovan.user_id), *(UserId.new() for _ in range(98))]
    with counted() as calls:
        found = service.live_contacts(AccountId(mila.account_id), asked)
    assert found == {jovan.user_id: jovan.account_id}
    assert calls.tables == {"BatchGetItem": 2}
