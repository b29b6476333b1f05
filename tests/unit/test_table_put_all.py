"""Tests put_all: items are put in calls of 25, and unprocessed items are sent again."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import aws, clock, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Item, Key, Query, Table, TableBug
from tests.support import patches
from tests.support.clouds.cloud import counted, failing
from tests.support.world.world import World
from tests.unit.test_table import client_error


@pytest.fixture(autouse=True)
def pauses(world: World, monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    waited: list[timedelta] = []
    monkeypatch.setattr(clock, "pause", waited.append)
    return waited


def some(number: int, **item: Any) -> list[tuple[Key, Item]]:
    return [(Key(Table.USAGE, "A#1", f"{n:03}"), item) for n in range(number)]


def stored() -> list[Item]:
    return list(table.query(Query(Table.USAGE, "A#1")))


@pytest.mark.parametrize(("number", "calls"), [(0, 0), (1, 1), (25, 1), (26, 2), (100, 4)])
def test_items_are_put_in_calls_of_25(number: int, calls: int) -> None:
    with counted() as made:
        table.put_all(Table.USAGE, some(number))
    assert made.of("dynamodb") == made["dynamodb.BatchWriteItem"] == calls
    assert len(stored()) == number


def test_existing_items_are_overwritten() -> None:
    table.put_all(Table.USAGE, some(2, n=1, old="x"))
    table.put_all(Table.USAGE, some(2, n=2))
    assert [item.get("old", item["n"]) for item in stored()] == [2, 2]


def leaving(times: int) -> list[int]:
    """Let DynamoDB process only the first item of each call; returns the sizes of calls."""
    client = aws.client("dynamodb")
    real, asked = client.batch_write_item, list[int]()

    def half_done(**request: dict[str, list[Any]]) -> dict[str, Any]:
        ((name, puts),) = request["RequestItems"].items()
        asked.append(len(puts))
        if len(asked) > times:
            return dict(real(**request))
        real(RequestItems={name: puts[:1]})
        return {"UnprocessedItems": {name: puts[1:]}}

    patches.current().setattr(client, "batch_write_item", half_done)
    return asked


def test_unprocessed_items_are_sent_again_after_a_pause(pauses: list[timedelta]) -> None:
    asked = leaving(times=2)
    table.put_all(Table.USAGE, some(5))
    assert (asked, len(stored()), len(pauses)) == ([5, 4, 3], 5, 2)


def test_items_unprocessed_each_time_are_unavailable() -> None:
    asked = leaving(times=1_000)
    with pytest.raises(Unavailable):
        table.put_all(Table.USAGE, some(30))
    assert asked == [25, 24, 23]


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("InternalServerError"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=["refused", "broken", "lost"],
)
def test_call_refused_or_lost_each_time_is_unavailable(error: Exception) -> None:
    with failing("dynamodb", "BatchWriteItem", error, times=2):
        table.put_all(Table.USAGE, some(3))
    assert len(stored()) == 3
    with failing("dynamodb", "BatchWriteItem", error), counted() as calls, pytest.raises(Unavailable):
        table.put_all(Table.USAGE, some(3))
    assert calls.of("dynamodb") == 3


def test_permanent_refusal_raises_an_error() -> None:
    twice = some(1) * 2
    with pytest.raises(TableBug):
        table.put_all(Table.USAGE, twice)


def test_numbers_in_maps_and_lists_are_read_unchanged() -> None:
    table.put_all(Table.USAGE, some(1, deep={"list": [{"n": 7}], "n": -1}))
    assert stored()[0]["deep"] == {"list": [{"n": 7}], "n": -1}
    assert type(stored()[0]["deep"]["list"][0]["n"]) is int
