"""The cost of deleting a subject's records in calls and memory, counted and compared by size."""

import tracemalloc
from datetime import timedelta

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import Secret
from chalicelib.privacy import erasure
from chalicelib.privacy.erasure import DeletedItems
from tests.api.test_signup_rotation import rotate
from tests.support.cases.erasure_parts import QUARANTINE, claimed_values, deletions
from tests.support.clouds.cloud import counted
from tests.support.clouds.partitions import discard_writes, large_usage_partition
from tests.support.world.builders import an_address
from tests.support.world.usage import store_singly
from tests.support.world.world import User, World

ACCOUNTS, _, USAGE = deletions()
PAGE = 50  # items of a page


def delete_usage(user: User, within: timedelta = HOUR) -> tuple[DeletedItems, list[int]]:
    """Delete a subject's usage; return the result, and how many items each record was about."""
    recorded: list[int] = []
    run = erasure.delete_records(
        AccountId(user.account_id),
        USAGE,
        clock.now() + within,
        lambda counts: recorded.append(sum(counts.values())),
    )
    return run, recorded


@pytest.mark.parametrize(("items", "batches"), [(0, 0), (1, 1), (25, 1), (26, 2), (110, 5)])
def test_deletion_costs_a_query_a_page_and_a_call_per_25_items(
    world: World, items: int, batches: int
) -> None:
    mila = world.a_user()
    store_singly(AccountId(mila.account_id), items)
    with counted() as calls:
        delete_usage(mila)
    assert calls == {"dynamodb.Query": 1, **({"dynamodb.BatchWriteItem": batches} if batches else {})}


def test_pages_are_read_once_and_recorded_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "PAGE", PAGE)
    mila = world.a_user()
    with large_usage_partition(mila, pages=3, page=PAGE), discard_writes(), counted() as calls:
        run, recorded = delete_usage(mila)
    assert run == DeletedItems({"usage_event": 3 * PAGE}, complete=True)
    assert recorded == [PAGE, PAGE, PAGE]
    assert calls == {"dynamodb.Query": 3, "dynamodb.BatchWriteItem": 3 * PAGE // 25}


def test_counts_of_a_thousand_items_are_recorded_at_once() -> None:
    assert erasure.PAGE == 1000


@pytest.mark.proof
def test_memory_does_not_grow_with_the_records(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "PAGE", PAGE)
    mila = world.a_user()
    peak(mila, pages=1)
    few, many = peak(mila, pages=2), peak(mila, pages=8)
    assert many < 1.1 * few


def peak(user: User, pages: int) -> int:
    """Return the most bytes that a deletion used at one moment."""
    with large_usage_partition(user, pages, PAGE), discard_writes():
        tracemalloc.start()
        try:
            delete_usage(user)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_what_remains_costs_a_query_a_table(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        erasure.remaining(AccountId(mila.account_id))
    assert calls == {"dynamodb.Query": 3}


def test_deleting_a_key_costs_one_write(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        erasure.delete_key(AccountId(mila.account_id))
    assert calls == {"dynamodb.DeleteItem": 1}


@pytest.mark.parametrize("versions", [1, 2])
def test_releasing_claims_costs_three_reads_and_a_transaction(world: World, versions: int) -> None:
    mila = world.a_user()
    mila.has_email(an_address())
    if versions == 2:
        rotate(Secret.LOOKUP, current="2")
    values = claimed_values(mila.account_id)
    with counted() as calls:
        assert accounts.release_claims(values, clock.now() + QUARANTINE) == 3
    calls.pop("secretsmanager.GetSecretValue", None)  # a new container reads the key
    # One deletion for each place where the row may be by which users are found by number.
    deletions = {"dynamodb.DeleteItem": versions}
    assert calls == {"dynamodb.BatchGetItem": 3, "dynamodb.TransactWriteItems": 1, **deletions}
