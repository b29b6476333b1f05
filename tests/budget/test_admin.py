"""What operators' calls cost, counted."""

import pytest

from tests.support.cloud import counted
from tests.support.world import World

CALL = {"UpdateItem": 1}  # the operator's own limit


@pytest.mark.parametrize("open_ones", [0, 5])
def test_a_page_of_open_requests_costs_a_query_per_shard_and_one_read(world: World, open_ones: int) -> None:
    alice = world.an_operator("alice")
    for _ in range(open_ones):
        alice.enters(world.a_user().user_id)
    with counted() as calls:
        assert len(alice.lists().json["items"]) == open_ones
    read = {"BatchGetItem": 1} if open_ones else {}
    assert calls.tables == {**CALL, "Query": 16, **read}


def test_looking_at_one_costs_two_reads(world: World) -> None:
    alice = world.an_operator("alice")
    request_id = alice.enters(world.a_user().user_id).json["id"]
    with counted() as calls:
        assert alice.shows(request_id).status == 200
    assert calls.tables == {**CALL, "GetItem": 1, "Query": 1}


def test_a_move_costs_two_reads_and_one_transaction(world: World) -> None:
    alice = world.an_operator("alice")
    request_id = alice.enters(world.a_user().user_id).json["id"]
    move = {"GetItem": 1, "Query": 1, "TransactWriteItems": 1}
    with counted() as calls:
        assert alice.proposes(request_id, "completed").status == 200
    assert calls.tables == {**CALL, **move}


def test_a_move_that_is_made_already_costs_one_read(world: World) -> None:
    alice = world.an_operator("alice")
    request_id = alice.enters(world.a_user().user_id).json["id"]
    with counted() as calls:
        assert alice.withdraws(request_id).status == 200
    assert calls.tables == {**CALL, "GetItem": 1}


def test_entering_a_request_costs_three_reads_and_one_transaction(world: World) -> None:
    alice, mila = world.an_operator("alice"), world.a_user()
    with counted() as calls:
        assert alice.enters(mila.user_id).status == 201
    assert calls.tables == {
        **CALL,
        "BatchGetItem": 2,  # whose id it is, then the account
        "Query": 1,  # the head of its evidence
        "TransactWriteItems": 1,
    }
