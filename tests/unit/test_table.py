"""The table client hides expired items, checks conditions and classifies errors."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.parsers import create_parser

from chalicelib.core import aws, clock, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Key,
    Replace,
    Table,
    TableBug,
)
from chalicelib.core.table.items import plain, wire_item
from tests.support import patches
from tests.support.clouds.cloud import counted, failing, losing_responses
from tests.support.world.builders import a_phone
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("world")

HERE = Key(Table.CHALLENGES, "test#1")
THERE = Key(Table.ACCOUNTS, "A#1", "account")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Collect the waits of the client."""
    waited: list[timedelta] = []
    monkeypatch.setattr(clock, "pause", waited.append)
    return waited


class Taken(Conflict):
    """A conflict defined by this test."""


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
def test_expired_item_is_invisible_while_dynamodb_still_stores_it(world: World) -> None:
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
def test_expired_item_cannot_be_written(world: World, write: table.Write) -> None:
    table.write(Create(HERE, expiring(world)))
    world.advance(timedelta(seconds=60))
    with pytest.raises(Conflict):
        table.write(write)


def test_create_replaces_an_expired_item(world: World) -> None:
    table.write(Create(HERE, expiring(world)))
    world.advance(timedelta(seconds=60))
    table.write(Create(HERE, {"fresh": 1}))
    assert table.get(HERE) == {"pk": "test#1", "fresh": 1}


def test_create_does_not_replace_a_held_item(world: World) -> None:
    table.write(Create(HERE, expiring(world, held=3600)))
    world.advance(timedelta(seconds=60))
    assert table.get(HERE) is None
    with pytest.raises(Taken):
        table.write(Create(HERE, {}, conflict=Taken))


def test_conflict_contains_the_item_that_was_found() -> None:
    table.write(Create(HERE, {"n": 1}))
    with pytest.raises(Taken) as taken:
        table.write(Create(HERE, {}, conflict=Taken))
    assert taken.value.found == {"pk": "test#1", "n": 1}
    assert str(taken.value) == "Taken"


def test_change_sets_counts_and_removes_in_one_write() -> None:
    table.write(Create(HERE, {"n": 1, "old": "x"}))
    after = table.write(Change(HERE, put={"new": "y"}, add={"n": 2}, drop=("old",)))
    assert after == {"pk": "test#1", "n": 3, "new": "y"}


def test_failed_transaction_raises_the_conflict_of_its_first_failed_write() -> None:
    table.write(Create(HERE, {}))
    with pytest.raises(Taken):
        table.transact([Create(THERE, {}), Create(HERE, {}, conflict=Taken)])
    assert table.get(THERE) is None


# DynamoDB executed none of these.
REFUSALS = [
    client_error("TransactionConflictException"),
    client_error("ThrottlingException"),
    client_error("ProvisionedThroughputExceededException"),
    client_error("RequestLimitExceeded"),
    ConnectTimeoutError(endpoint_url="https://dynamodb"),
]
SINGLE_WRITES = [
    ("PutItem", Replace(HERE, {"n": 2}, only_if=Attr("n").eq(1))),
    ("UpdateItem", Change(HERE, add={"n": 1})),
    ("DeleteItem", Delete(HERE)),
]


@pytest.mark.parametrize("error", REFUSALS, ids=str)
@pytest.mark.parametrize(("operation", "write"), SINGLE_WRITES, ids=["put", "update", "delete"])
def test_throttled_write_is_sent_again_after_a_pause(
    pauses: list[timedelta], operation: str, write: table.Write, error: Exception
) -> None:
    table.write(Create(HERE, {"n": 1}))
    with failing("dynamodb", operation, error, times=2):
        table.write(write)
    assert (table.get(HERE) or {}).get("n") == (None if operation == "DeleteItem" else 2)
    assert len(pauses) == 2


@pytest.mark.parametrize("error", REFUSALS, ids=str)
def test_write_that_is_throttled_every_time_is_unavailable(error: Exception) -> None:
    with (
        counted() as calls,
        failing("dynamodb", "UpdateItem", error),
        pytest.raises(Unavailable),
    ):
        table.write(Change(HERE, add={"n": 1}, only_if=Attr("n").not_exists()))
    assert calls == {"dynamodb.UpdateItem": 3}


def test_pauses_between_tries_are_some_milliseconds(pauses: list[timedelta]) -> None:
    with failing("dynamodb", "GetItem", REFUSALS[0]), pytest.raises(Unavailable):
        table.get(HERE)
    assert len(pauses) == 2
    assert all(timedelta(0) < pause <= timedelta(milliseconds=40) for pause in pauses)


@pytest.mark.parametrize(
    "write",
    [Create(THERE, {"n": 2}), Replace(HERE, {"n": 2}, only_if=Attr("n").eq(1))],
    ids=["create", "replace"],
)
def test_put_with_a_lost_response_succeeds_if_its_own_item_is_stored(write: Create | Replace) -> None:
    table.write(Create(HERE, {"n": 1}))
    with losing_responses("PutItem"):
        table.write(write)
    assert (table.get(write.key) or {})["n"] == 2


def test_put_with_a_lost_response_conflicts_with_another_item() -> None:
    table.write(Create(HERE, {"n": 1}))
    lost = ReadTimeoutError(endpoint_url="https://dynamodb")
    with failing("dynamodb", "PutItem", lost, times=1), pytest.raises(Taken) as taken:
        table.write(Create(HERE, {"n": 2}, conflict=Taken))
    assert taken.value.found == {"pk": "test#1", "n": 1}


def test_put_of_an_item_that_was_stored_before_is_a_conflict() -> None:
    table.write(Create(HERE, {"n": 1}))
    with pytest.raises(Taken):
        table.write(Create(HERE, {"n": 1}, conflict=Taken))


def test_delete_with_a_lost_response_succeeds_if_no_item_is_stored() -> None:
    table.write(Create(HERE, {"n": 1}))
    with losing_responses("DeleteItem"):
        table.write(Delete(HERE, conflict=Taken))
    assert table.get(HERE) is None


def test_delete_of_a_missing_item_is_a_conflict() -> None:
    with pytest.raises(Taken):
        table.write(Delete(HERE, conflict=Taken))


def test_update_with_a_lost_response_is_not_sent_again() -> None:
    table.write(Create(HERE, {"n": 1}))
    with losing_responses("UpdateItem"), pytest.raises(Unavailable):
        table.write(Change(HERE, add={"n": 1}))
    assert table.get(HERE) == {"pk": "test#1", "n": 2}


def test_read_with_a_lost_response_is_sent_again() -> None:
    table.write(Create(HERE, {"n": 1}))
    with losing_responses("GetItem"):
        assert table.get(HERE)
    with losing_responses("BatchGetItem"):
        assert table.batch_get([HERE])


def test_transaction_with_a_lost_response_is_repeated_under_the_same_token() -> None:
    """DynamoDB recognises the token and repeats its answer; moto does not know tokens."""
    answers = [table.client.Lost(), table.client.RetriableRefusal(), None]
    assert len(set(tokens_sent(answers))) == 1


def test_cancelled_transaction_is_sent_again_under_another_token() -> None:
    answers = [table.client.Cancelled([{"Code": "TransactionConflict"}]), None]
    assert len(set(tokens_sent(answers))) == 2


def tokens_sent(answers: Sequence[Exception | None]) -> list[str]:
    """Collect the tokens of a transaction's tries; each try is answered in turn."""
    tokens: list[str] = []
    left = iter(answers)

    def send(operation: str, **parameters: Any) -> dict[str, Any]:
        tokens.append(parameters["ClientRequestToken"])
        if error := next(left):
            raise error
        return {}

    patches.current().setattr(table.client, "send", send)
    table.transact([Create(HERE, {})])
    assert len(tokens) == len(answers)
    return tokens


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_transaction_cancelled_for_a_temporary_reason_is_sent_again(
    pauses: list[timedelta], reason: str
) -> None:
    with (
        counted() as calls,
        failing("dynamodb", "TransactWriteItems", cancelled(reason, "None"), times=2),
    ):
        table.transact([Create(THERE, {}), Create(HERE, {})])
    assert table.get(THERE)
    assert table.get(HERE)
    assert calls["dynamodb.TransactWriteItems"] == 3
    assert len(pauses) == 2


def test_transaction_that_is_always_cancelled_is_unavailable() -> None:
    error = cancelled("ThrottlingError")
    with failing("dynamodb", "TransactWriteItems", error), pytest.raises(Unavailable):
        table.transact([Create(HERE, {})])


@pytest.mark.parametrize(
    "error",
    [
        *REFUSALS,
        client_error("InternalServerError"),
        client_error("ServiceUnavailable", ResponseMetadata={"HTTPStatusCode": 503}),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=str,
)
def test_temporary_error_is_unavailable(error: Exception) -> None:
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
    ids=str,
)
def test_permanent_refusal_raises_an_error_without_the_message_of_dynamodb(error: Exception) -> None:
    with failing("dynamodb", "TransactWriteItems", error), pytest.raises(TableBug) as bug:
        table.transact([Create(HERE, {})])
    assert "+381601234567" not in str(bug.value)
    assert bug.value.__cause__ is None


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("pk", [381601234567, b"+381601234567", ["+381601234567"]], ids=["N", "B", "L"])
def test_key_of_a_wrong_type_is_refused_by_dynamodb(pk: Any) -> None:
    """botocore does not check the parameters of DynamoDB's client."""
    with pytest.raises(TableBug) as bug:
        table.write(Create(HERE._replace(pk=pk), {}))
    assert str(bug.value) == "ValidationException"


def test_value_that_dynamodb_cannot_store_is_not_sent() -> None:
    for value in (0.5, {"a"}, object()):
        with counted() as calls, pytest.raises(TypeError):
            table.write(Create(HERE, {"value": [value]}))
        assert not calls


ITEMS: list[dict[str, Any]] = [
    {"pk": {"S": "A#1"}, "sealed": {"B": "AAEC/w=="}, "ends_from": {"N": "1795521600"}},
    {"B": {"S": "the attribute is named B"}, "more": {"M": {"B": {"B": "AQ=="}, "S": {"NULL": True}}}},
    {"lost": {"BOOL": False}, "owed": {"L": [{"S": "ž"}, {"M": {}}, {"L": [{"B": ""}]}]}},
    {"by_hand": {"SS": ["a", "b"]}, "fraction": {"N": "-1.5"}},
]


def test_items_of_an_answer_are_read_like_botocore_reads_them() -> None:
    response = {"status_code": 200, "headers": {}, "body": json.dumps({"Items": ITEMS, "Count": 4}).encode()}
    shape = aws.client("dynamodb").meta.service_model.operation_model("Query").output_shape
    parsed = create_parser("json").parse(response, shape)
    read: dict[str, Any] = {}
    aws._read_body(response, read)
    assert read.keys() == parsed.keys() - {"ResponseMetadata"}
    assert [*map(plain, read["Items"])] == [*map(plain, parsed["Items"])]
    assert plain(read["Items"][0])["sealed"] == b"\x00\x01\x02\xff"
    assert response["body"] == b"{}"


def test_values_are_sent_under_their_types_and_read_as_they_were() -> None:
    item = {
        "lost": True,
        "kept": False,
        "count": -3,
        "sealed": b"\x00",
        "more": {"none": None, "list": ["a"]},
    }
    assert wire_item(item) == {
        "lost": {"BOOL": True}, "kept": {"BOOL": False}, "count": {"N": "-3"}, "sealed": {"B": b"\x00"},
        "more": {"M": {"none": {"NULL": True}, "list": {"L": [{"S": "a"}]}}},
    }  # fmt: skip
    table.write(Create(HERE, item))
    stored = table.get(HERE)
    assert stored
    assert [type(stored[name]) for name in item] == [bool, bool, int, bytes, dict]
    assert {name: stored[name] for name in item} == item


def test_calls_of_dynamodb_run_no_handler_of_botocores_retries() -> None:
    """`unregister` is silent if botocore has renamed a handler, which would then cost time again."""
    table.get(HERE)
    events = aws.client("dynamodb").meta.events
    request = AWSRequest("POST", "https://dynamodb.test", {}, b"")
    created = events.emit("request-created.dynamodb.GetItem", request=request, operation_name="GetItem")
    modules = [handler.__module__ for handler, _ in created]
    assert "botocore.signers" in modules
    assert [name for name in modules if name.startswith(("botocore.handlers", "botocore.retries"))] == []
    assert events.emit("needs-retry.dynamodb.GetItem") == []


def test_refusal_is_left_to_botocore() -> None:
    refusal = {"status_code": 400, "headers": {}, "body": b'{"__type": "ValidationException"}'}
    read: dict[str, Any] = {}
    aws._read_body(refusal, read)
    assert (read, refusal["body"]) == ({}, b'{"__type": "ValidationException"}')


def test_change_without_values_sends_no_empty_map() -> None:
    """DynamoDB refuses an empty map of values; moto does not always."""
    change = Change(HERE, drop=("old",), only_if=Attr("old").exists())
    assert "ExpressionAttributeValues" not in change.request()[1]
    table.write(Create(HERE, {"n": 1, "old": "x"}))
    assert table.write(change) == {"pk": "test#1", "n": 1}


def test_unprocessed_keys_are_requested_again_after_a_pause(pauses: list[timedelta]) -> None:
    table.write(Create(HERE, {"n": 1}))
    table.write(Create(THERE, {"n": 2}))
    asked = answering_half(times=1)
    assert {item["n"] for item in table.batch_get([HERE, THERE]).values()} == {1, 2}
    assert len(asked) == 2
    assert len(pauses) == 1


def test_batch_with_keys_unprocessed_every_time_is_unavailable() -> None:
    table.write(Create(HERE, {"n": 1}))
    answering_half(times=1_000)
    with pytest.raises(Unavailable):
        table.batch_get([HERE])


def answering_half(times: int) -> list[Any]:
    """Let DynamoDB leave the last table of a batch unprocessed, as if throttled."""
    asked: list[Any] = []
    original = table.client.send

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

    patches.current().setattr("chalicelib.core.table.client.send", call)
    return asked


def test_edit_succeeds_if_the_response_of_the_table_was_lost(world: World) -> None:
    mila = world.a_user()
    with losing_responses("PutItem"):
        assert mila.changes('"1"', name="Mila").json["name"] == "Mila"


def test_signup_succeeds_if_the_response_of_the_table_was_lost(world: World) -> None:
    with losing_responses("PutItem"):
        assert world.asks_for_a_code(a_phone()).status == 202
