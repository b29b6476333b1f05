"""The table client: what has expired is not there, conditions mean something, troubles are sorted."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.core import clock, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Attr, Change, Conflict, Create, Delete, Key, Replace, Table, TableBug
from tests.support.cloud import counted, failing
from tests.support.world import World

HERE = Key(Table.CHALLENGES, "test#1")
THERE = Key(Table.ACCOUNTS, "A#1", "account")


class Taken(Conflict):
    """A conflict of this test's own."""


def expiring(world: World, seconds: int = 60, held: int = 0) -> dict[str, Any]:
    at = clock.to_epoch(world.now) + seconds
    return {"expires_at": at, "delete_at": at + held}


def client_error(code: str, **response: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "with +381601234567 in it"}, **response}, "Any")


def cancelled(*codes: str) -> ClientError:
    return client_error(
        "TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes]
    )


@pytest.mark.promise("RET-1")
def test_an_expired_item_is_not_there_although_dynamodb_still_has_it(world: World) -> None:
    table.write(Create(HERE, expiring(world)))
    world.advance(timedelta(seconds=59))
    assert table.get(HERE)
    assert table.batch_get([HERE])
    world.advance(timedelta(seconds=1))
    assert table.get(HERE) is None
    assert table.batch_get([HERE]) == {}


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(
    "write",
    [Change(HERE, put={"n": 1}), Delete(HERE), Replace(HERE, {}, only_if=Attr("pk").exists())],
    ids=["change", "delete", "replace"],
)
def test_an_expired_item_cannot_be_written(world: World, write: table.Write) -> None:
    table.write(Create(HERE, expiring(world)))
    world.advance(timedelta(seconds=60))
    with pytest.raises(Conflict):
        table.write(write)


def test_a_create_takes_the_place_of_what_has_expired(world: World) -> None:
    table.write(Create(HERE, expiring(world)))
    world.advance(timedelta(seconds=60))
    table.write(Create(HERE, {"fresh": 1}))
    assert table.get(HERE) == {"pk": "test#1", "fresh": 1}


def test_a_create_does_not_take_the_place_of_what_is_held(world: World) -> None:
    table.write(Create(HERE, expiring(world, held=3600)))
    world.advance(timedelta(seconds=60))
    assert table.get(HERE) is None
    with pytest.raises(Taken):
        table.write(Create(HERE, {}, conflict=Taken))


def test_a_conflict_shows_what_stood_in_the_way(world: World) -> None:
    table.write(Create(HERE, {"n": 1}))
    with pytest.raises(Taken) as taken:
        table.write(Create(HERE, {}, conflict=Taken))
    assert taken.value.found == {"pk": "test#1", "n": 1}
    assert str(taken.value) == "Taken"


def test_a_change_sets_counts_and_drops_in_one_write(world: World) -> None:
    table.write(Create(HERE, {"n": 1, "old": "x"}))
    after = table.write(Change(HERE, put={"new": "y"}, add={"n": 2}, drop=("old",)))
    assert after == {"pk": "test#1", "n": 3, "new": "y"}


def test_a_transaction_names_the_first_write_that_could_not_be_done_and_does_none(world: World) -> None:
    table.write(Create(HERE, {}))
    with pytest.raises(Taken):
        table.transact([Create(THERE, {}), Create(HERE, {}, conflict=Taken)])
    assert table.get(THERE) is None


def test_a_transaction_that_met_another_one_is_sent_again(world: World) -> None:
    with (
        counted() as calls,
        failing("dynamodb", "TransactWriteItems", cancelled("TransactionConflict", "None"), times=2),
    ):
        table.transact([Create(THERE, {}), Create(HERE, {})])
    assert table.get(THERE)
    assert table.get(HERE)
    assert calls["dynamodb.TransactWriteItems"] == 3


def test_a_transaction_that_always_meets_another_one_gives_up(world: World) -> None:
    error = cancelled("ThrottlingError")
    with failing("dynamodb", "TransactWriteItems", error), pytest.raises(Unavailable):
        table.transact([Create(HERE, {})])


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("InternalServerError"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=str,
)
def test_what_passes_is_unavailable(world: World, error: Exception) -> None:
    with failing("dynamodb", "GetItem", error), pytest.raises(Unavailable):
        table.get(HERE)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "error",
    [
        client_error("ValidationException"),
        client_error("AccessDeniedException"),
        cancelled("ValidationError"),
    ],
)
def test_a_request_that_will_never_be_taken_is_a_bug_told_without_dynamodbs_words(
    world: World, error: Exception
) -> None:
    with failing("dynamodb", "TransactWriteItems", error), pytest.raises(TableBug) as bug:
        table.transact([Create(HERE, {})])
    assert "+381601234567" not in str(bug.value)
    assert bug.value.__cause__ is None


def test_what_a_batch_left_out_is_asked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    table.write(Create(HERE, {"n": 1}))
    table.write(Create(THERE, {"n": 2}))
    asked = answering_half(monkeypatch, times=1)
    assert {item["n"] for item in table.batch_get([HERE, THERE]).values()} == {1, 2}
    assert len(asked) == 2


def test_a_batch_that_never_completes_is_unavailable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    table.write(Create(HERE, {"n": 1}))
    answering_half(monkeypatch, times=1_000)
    with pytest.raises(Unavailable):
        table.batch_get([HERE])


def answering_half(monkeypatch: pytest.MonkeyPatch, times: int) -> list[Any]:
    """Let DynamoDB leave the last table of a batch unprocessed, as it does when it is throttled."""
    asked: list[Any] = []
    original = table.client._call

    def call(operation: str, **parameters: Any) -> dict[str, Any]:
        if operation != "batch_get_item":
            return original(operation, **parameters)
        asked.append(parameters)
        wanted = dict(parameters["RequestItems"])
        left = {}
        if len(asked) <= times:
            name = max(wanted)
            left = {name: wanted.pop(name)}
        answer = original(operation, RequestItems=wanted) if wanted else {"Responses": {}}
        return {**answer, "UnprocessedKeys": left}

    monkeypatch.setattr("chalicelib.core.table.client._call", call)
    return asked
