"""Every write keeps the index `ends`: no item is listed later than its end."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, table
from chalicelib.core.table import (
    Attr,
    Change,
    Create,
    Index,
    Item,
    Key,
    Query,
    Reindex,
    Replace,
    Table,
    ends,
)
from tests.support.world.world import World

pytestmark = [pytest.mark.promise("RET-1"), pytest.mark.usefixtures("world")]
HERE = Key(Table.CHALLENGES, "test#1")
EVENT = Key(Table.USAGE, "A#1", "2026-11-24T12#1")


def ending(seconds: int) -> Item:
    """Return the times of an item that ends so many seconds from now."""
    return dict.fromkeys(("expires_at", "delete_at"), clock.to_epoch(clock.now()) + seconds)


def listed(key: Key, on: timedelta = timedelta()) -> list[int]:
    """Return the ends under which the index lists an item for the day after a time from now."""
    return [
        row["ends_from"]
        for name in ends.partitions((clock.now() + on).date())
        for row in table.query(Query(key.table, name, index=Index.ENDS))
        if row["pk"] == key.pk
    ]


def test_item_is_listed_on_the_day_of_its_end() -> None:
    table.write(Create(HERE, item := ending(3 * 86400)))
    assert listed(HERE, timedelta(days=3)) == [item["delete_at"]]


def test_item_that_has_ended_already_is_listed_today_with_its_own_end() -> None:
    """A part of the index that was seen empty must not get an item."""
    table.put_all(Table.CHALLENGES, [(HERE, item := ending(-3 * 86400))])
    assert listed(HERE, -timedelta(days=3)) == []
    assert listed(HERE) == [item["delete_at"]]


def test_item_without_an_end_is_not_listed() -> None:
    table.write(Create(HERE, {"n": 1}))
    assert table.get(HERE) == {"pk": HERE.pk, "n": 1}


def test_changed_end_moves_the_item() -> None:
    table.write(Create(HERE, ending(60)))
    table.write(Change(HERE, put=(later := ending(86400))))
    assert listed(HERE) == []
    assert listed(HERE, timedelta(days=1)) == [later["delete_at"]]


def test_deferred_end_leaves_the_item_at_its_earlier_end_if_the_purge_moves_it() -> None:
    table.write(Create(HERE, item := ending(60)))
    table.write(Change(HERE, put=ending(86400), reindex=Reindex.WHEN_DUE))
    assert listed(HERE) == [item["delete_at"]]


def test_replaced_item_is_listed_at_its_new_end() -> None:
    table.write(Create(HERE, ending(60)))
    table.write(Replace(HERE, later := ending(600), only_if=Attr("pk").exists()))
    assert listed(HERE) == [later["delete_at"]]


def test_item_that_loses_its_end_leaves_the_index() -> None:
    table.write(Create(HERE, ending(60)))
    table.write(Change(HERE, drop=("expires_at", "delete_at")))
    assert listed(HERE) == []
    assert table.get(HERE) == {"pk": HERE.pk}


def test_usage_is_listed_by_its_hour_or_by_its_end_not_by_both() -> None:
    counter = Key(Table.USAGE, "A#2", "count#2026-11-24")
    table.put_all(Table.USAGE, [(EVENT, {**ending(60), "hour": "2026-11-24T12#01"}), (counter, ending(60))])
    assert (len(listed(EVENT)), len(listed(counter))) == (0, 1)


def test_items_spread_over_all_shards(world: World) -> None:
    keys = [Key(Table.CHALLENGES, f"test#{number}") for number in range(400)]
    shards = {ends.of_item(key, ending(60))["ends"] for key in keys}
    assert shards == {f"{world.now:%Y-%m-%d}#{shard}" for shard in ends.SHARDS}


@pytest.mark.parametrize(
    ("item", "current"),
    [
        ({}, True),
        ({"delete_at": 100}, False),
        ({"delete_at": 100, "ends_from": 100}, True),
        ({"delete_at": 100, "ends_from": 99}, True),
        ({"delete_at": 100, "ends_from": 101}, False),
        ({"delete_at": 100, "hour": "2026-11-24T12#01"}, True),
    ],
)
def test_item_is_current_if_the_index_lists_it_no_later_than_its_end(item: Item, *, current: bool) -> None:
    assert ends.is_current(item) is current
