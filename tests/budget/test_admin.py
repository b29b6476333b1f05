"""Tests the number of AWS calls of each operator's call."""

from collections import Counter

import pytest

from tests.support.clouds.cloud import counted
from tests.support.world.operators import Operator
from tests.support.world.world import World

CALL = {"UpdateItem": 1, "BatchGetItem": 1}  # the operator's own limit, and their pseudonym
ON_RECORD = {"Query": 1, "PutItem": 1}  # the head of a history, and the entry after it


def sum_of(*calls: dict[str, int]) -> dict[str, int]:
    """Return the sum of these counts of calls."""
    return dict(sum(map(Counter[str], calls), Counter[str]()))


@pytest.fixture
def alice(world: World) -> Operator:
    """Return an operator who is in the register of staff."""
    alice = world.an_operator("alice")
    assert alice.lists().status == 200
    return alice


@pytest.fixture
def bob(world: World) -> Operator:
    """Return another operator, without an inspection so far."""
    bob = world.an_operator("bob")
    assert bob.lists().status == 200
    return bob


def test_first_call_of_a_day_costs_a_write_into_the_register(world: World) -> None:
    with counted() as calls:
        assert world.an_operator("alice").lists().status == 200
    assert calls.tables == sum_of(CALL, {"Query": 16, "PutItem": 1})


@pytest.mark.parametrize("open_ones", [0, 5])
def test_page_of_requests_costs_a_query_per_shard_a_read_and_an_entry(
    world: World, alice: Operator, open_ones: int
) -> None:
    for _ in range(open_ones):
        alice.enters(world.a_user().user_id)
    with counted() as calls:
        assert len(alice.lists().json["items"]) == open_ones
    # The newest entry may already contain the same page.
    shown = sum_of({"BatchGetItem": 1, "Query": 1}, ON_RECORD)
    assert calls.tables == sum_of(CALL, {"Query": 16}, shown if open_ones else {})


def test_page_of_the_log_costs_a_query_per_shard_and_two_reads(world: World, alice: Operator) -> None:
    for right in ("access", "erasure"):
        alice.enters(world.a_user().user_id, right)
    period = {"first": "2026-11-02", "last": "2026-11-24"}  # in one month of UTC
    report = world.call("POST", "/admin/v1/reports", body=period, arn=alice.arn).json["id"]
    with counted() as calls:
        page = world.call("GET", f"/admin/v1/reports/{report}/requests", arn=alice.arn)
    assert len(page.json["items"]) == 2
    # Beside the shards: the entry that names the reader. Reads: the requests, and certificates of erasures.
    assert calls.tables == sum_of(CALL, {"Query": 16 + 1, "BatchGetItem": 2})


def test_page_of_erasures_costs_two_queries_per_shard_a_read_and_an_entry(
    world: World, alice: Operator
) -> None:
    alice.enters(world.a_user().user_id, "erasure")
    with counted() as calls:
        assert len(alice.lists_erasures().json["items"]) == 1
    shown = sum_of({"BatchGetItem": 1, "Query": 1}, ON_RECORD)
    assert calls.tables == sum_of(CALL, {"Query": 32}, shown)


def test_showing_a_request_costs_four_reads_and_the_first_time_an_entry(
    world: World, alice: Operator, bob: Operator
) -> None:
    request_id = alice.enters(world.a_user().user_id).json["rights_request_id"]
    # Reads: the request, today's names in its history, the history, and the staff behind the pseudonyms.
    look = {"GetItem": 1, "Query": 2, "BatchGetItem": 1}
    for entry in (ON_RECORD, {}):
        with counted() as calls:
            assert bob.shows(request_id).status == 200
        assert calls.tables == sum_of(CALL, look, entry)


def test_move_costs_two_reads_and_one_transaction(world: World, alice: Operator) -> None:
    request_id = alice.enters(world.a_user().user_id).json["rights_request_id"]
    with counted() as calls:
        assert alice.proposes(request_id, "completed").status == 200
    assert calls.tables == sum_of(CALL, {"GetItem": 1, "Query": 1, "TransactWriteItems": 1})


def test_repeated_move_costs_two_reads(world: World, alice: Operator) -> None:
    request_id = alice.enters(world.a_user().user_id).json["rights_request_id"]
    with counted() as calls:
        assert alice.withdraws(request_id).status == 200
    assert calls.tables == sum_of(CALL, {"GetItem": 1, "Query": 1})


def test_recording_an_invoice_costs_one_read_and_one_transaction(world: World, alice: Operator) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert alice.records_invoice(mila.user_id).status == 201
    assert calls.tables == sum_of(CALL, {"BatchGetItem": 1, "TransactWriteItems": 1})


def test_page_of_invoices_costs_four_reads_and_an_entry(world: World, alice: Operator) -> None:
    mila = world.a_user()
    mila.gets_invoiced()
    with counted() as calls:
        assert len(alice.lists_invoices(mila.user_id).json["items"]) == 1
    # Reads: the account of the user id, its state, the invoices, and the newest view.
    assert calls.tables == sum_of(CALL, {"BatchGetItem": 2, "Query": 2}, ON_RECORD)


def test_entering_a_request_costs_a_count_two_reads_and_one_transaction(
    world: World, alice: Operator
) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert alice.enters(mila.user_id).status == 201
    entered = {
        "UpdateItem": 1,  # the count of a look (ADR 52), which the evidence of the request records
        "BatchGetItem": 2,  # the account of the user id, then the account's records
        "TransactWriteItems": 1,
    }
    assert calls.tables == sum_of(CALL, entered)


def test_look_at_a_subject_costs_a_count_two_reads_and_one_transaction(world: World, alice: Operator) -> None:
    mila = world.a_user()
    recorded = {"Query": 1, "TransactWriteItems": 1}  # the head of the operator's history, entry and link
    look = sum_of({"UpdateItem": 1, "BatchGetItem": 2}, recorded)
    with counted() as calls:
        found = world.call("POST", "/admin/v1/subjects/search", body={"phone": mila.phone}, arn=alice.arn)
    assert found.status == 200
    assert calls.tables == sum_of(CALL, look)
    with counted() as calls:
        assert world.call("GET", f"/admin/v1/subjects/{mila.user_id}", arn=alice.arn).status == 200
    # Also the guards of all rights in one read, and the version and list of holds.
    assert calls.tables == sum_of(CALL, look, {"BatchGetItem": 1, "GetItem": 1, "Query": 1})
