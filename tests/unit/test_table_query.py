"""Tests queries: one partition in order, page by page, without expired items by default."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, table
from chalicelib.core.table import Between, Create, Expired, Item, Key, Order, Prefix, Query, Table
from tests.support.clouds.cloud import counted
from tests.support.world.world import World

HERE = "A#1"


def put(sk: str, pk: str = HERE, **item: object) -> None:
    table.write(Create(Key(Table.ACCOUNTS, pk, sk), item))


def found(wanted: Query) -> list[str]:
    return [item["sk"] for item in table.query(wanted)]


@pytest.fixture(autouse=True)
def five(world: World) -> None:
    """Put five items here, of which `b2` expires in a minute, and one elsewhere."""
    soon = clock.to_epoch(world.now + timedelta(minutes=1))
    for sk in ("a1", "b1", "b3", "c1"):
        put(sk)
    put("b2", expires_at=soon, delete_at=soon)
    put("a1", pk="A#2")


def test_query_returns_the_items_of_one_partition_in_order() -> None:
    assert found(Query(Table.ACCOUNTS, HERE)) == ["a1", "b1", "b2", "b3", "c1"]
    assert found(Query(Table.ACCOUNTS, HERE, order=Order.DESCENDING)) == ["c1", "b3", "b2", "b1", "a1"]
    assert found(Query(Table.ACCOUNTS, "A#3")) == []


def test_sort_keys_are_chosen_by_prefix_or_range() -> None:
    assert found(Query(Table.ACCOUNTS, HERE, Prefix("b"))) == ["b1", "b2", "b3"]
    assert found(Query(Table.ACCOUNTS, HERE, Between("b2", "c1"))) == ["b2", "b3", "c1"]


@pytest.mark.promise("RET-1")
def test_expired_items_are_dropped_unless_included(world: World) -> None:
    world.advance(timedelta(minutes=1))
    assert found(Query(Table.ACCOUNTS, HERE, Prefix("b"))) == ["b1", "b3"]
    assert found(Query(Table.ACCOUNTS, HERE, Prefix("b"), expired=Expired.INCLUDED)) == ["b1", "b2", "b3"]


def test_limit_counts_the_returned_items(world: World) -> None:
    world.advance(timedelta(minutes=1))
    assert found(Query(Table.ACCOUNTS, HERE, Prefix("b"), limit=2)) == ["b1", "b3"]
    assert found(Query(Table.ACCOUNTS, HERE, limit=9)) == ["a1", "b1", "b3", "c1"]


def test_one_item_costs_one_call() -> None:
    with counted() as calls:
        assert found(Query(Table.ACCOUNTS, HERE, order=Order.DESCENDING, limit=1)) == ["c1"]
    assert calls == {"dynamodb.Query": 1}


def test_pages_are_read_only_when_needed() -> None:
    with counted() as calls:
        items = table.query(Query(Table.ACCOUNTS, HERE, page=2))
        first: Item = next(items)
        assert first["sk"] == "a1"
        assert calls == {"dynamodb.Query": 1}
        assert [item["sk"] for item in items] == ["b1", "b2", "b3", "c1"]
    assert calls == {"dynamodb.Query": 3}
