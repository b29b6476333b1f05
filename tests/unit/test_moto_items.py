"""Tests that operations on items have the outcomes of plain moto where the tests' moto takes shorter ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from functools import cache, partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.core import aws
from chalicelib.core.settings import settings
from tests.support.clouds import cloud
from tests.support.clouds.moto import costs

_KEY = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
_BY_END = [{"AttributeName": "lane", "KeyType": "HASH"}, {"AttributeName": "end", "KeyType": "RANGE"}]
_PROJECTIONS: dict[str, dict[str, Any]] = {
    "all": {"ProjectionType": "ALL"},
    "keys": {"ProjectionType": "KEYS_ONLY"},
    "some": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["list", "missing"]},
}


class Name(StrEnum):
    """Texts of a class of ours."""

    TABLE = "items"
    VALUE = "a value"


@cache
def a_client() -> Any:
    """A client of plain botocore, which checks parameters; making one takes long."""
    return boto3.client("dynamodb", region_name=settings().region)


def a_full_table(client: Any) -> None:
    types = {"pk": "S", "sk": "S", "lane": "S", "end": "N"}
    client.create_table(
        TableName="items",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
        KeySchema=_KEY,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": _BY_END, "Projection": one} for name, one in _PROJECTIONS.items()
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for number in range(12):
        item: dict[str, Any] = {
            "pk": {"S": f"p{number % 3}"},
            "sk": {"S": f"s{11 - number}"},
            "list": {"L": [{"M": {"deep": {"B": b"\x00\xff"}}}, {"NULL": True}, {"SS": ["č"]}]},
            "size": {"N": "1.50"},
        }
        if number % 4:
            item |= {"lane": {"S": f"l{number % 2}"}, "end": {"N": str(number)}}
        client.put_item(TableName="items", Item=item)


def key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def query(condition: str, index: str | None = None, **more: Any) -> tuple[str, dict[str, Any]]:
    given = {
        ":p1": {"S": "p1"},
        ":s5": {"S": "s5"},
        ":l1": {"S": "l1"},
        ":n": {"N": "5"},
        ":none": {"S": "x"},
    }
    values = {name: value for name, value in given.items() if name in condition}
    request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **more}
    return "query", {**request, **({"IndexName": index} if index else {}), "TableName": "items"}


def write(
    update: str, values: dict[str, Any], sk: str, returned: str = "ALL_NEW"
) -> tuple[str, dict[str, Any]]:
    names = {part.strip(","): part.strip(",#") for part in update.split() if part.startswith("#")}
    return "update_item", {
        "TableName": "items",
        "Key": key("p1", sk),
        "UpdateExpression": update,
        "ReturnValues": returned,
        "ExpressionAttributeNames": names,
        **({"ExpressionAttributeValues": values} if values else {}),
    }


def transaction(*steps: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "transact_write_items", {
        "TransactItems": [
            {verb: {"TableName": "items", **one}} for step in steps for verb, one in step.items()
        ]
    }


_SCAN: tuple[str, dict[str, Any]] = ("scan", {"TableName": "items"})
_OLD = "ALL_OLD"

CALLS: list[tuple[str, dict[str, Any]]] = [
    _SCAN,
    ("scan", {"TableName": "items", "IndexName": "some"}),
    ("get_item", {"TableName": "items", "Key": key("p1", "s10")}),
    ("get_item", {"TableName": "items", "Key": key("p1", "none")}),
    ("get_item", {"TableName": "items", "Key": key("p1", "s10"), "ProjectionExpression": "list, size, x"}),
    ("get_item", {"TableName": "items", "Key": key("p1", "s10"), "ProjectionExpression": "list[0], size"}),
    ("get_item", {"TableName": "nothing", "Key": key("p1", "s10")}),
    ("get_item", {"TableName": "items", "Key": {"pk": {"S": "p1"}}}),
    ("batch_get_item", {"RequestItems": {"items": {"Keys": [key("p0", "s11"), key("p9", "s9")]}}}),
    query("pk = :p1"),
    query("pk = :none"),
    query("pk = :p1 AND sk > :s5", ScanIndexForward=False),
    query("pk = :p1 AND begins_with(sk, :s5)"),
    query("pk = :p1", Limit=2),
    query("pk = :p1", Limit=2, ExclusiveStartKey=key("p1", "s4")),
    query("pk = :p1", FilterExpression="attribute_exists(lane)"),
    query("pk = :p1", ProjectionExpression="sk"),
    *(query("lane = :l1 AND #end >= :n", i, ExpressionAttributeNames={"#end": "end"}) for i in _PROJECTIONS),
    query("lane = :l1", "all", Limit=1, ScanIndexForward=False),
    query("lane = :none", "keys"),
    query("lane = :l1", "unknown"),
    query("sk = :s5"),
    write("SET #a = :a, #b = :b REMOVE #size, #none", {":a": {"S": "x"}, ":b": {"L": []}}, "s10"),
    write("SET #end = :a", {":a": {"N": "99"}}, "s10"),
    query("lane = :l1", "all"),
    write("SET #lane = :a", {":a": {"S": ""}}, "s10"),
    write("SET #lane = :a", {":a": {"N": "1"}}, "s10"),
    write("ADD #n :one, #size :one", {":one": {"N": "1"}}, "s10", "UPDATED_NEW"),
    write("ADD #n :one", {":one": {"N": "1"}}, "new", "UPDATED_OLD"),
    write("ADD #list :one", {":one": {"N": "1"}}, "s10"),
    write("ADD #n :one", {":one": {"S": "1"}}, "s10"),
    write("ADD #texts :one", {":one": {"SS": ["1"]}}, "s10", "NONE"),
    write("SET #pk = :a", {":a": {"S": "x"}}, "s10"),
    write("REMOVE #size", {}, "newer", "ALL_OLD"),
    ("delete_item", {"TableName": "items", "Key": key("p2", "s9"), "ReturnValues": _OLD}),
    ("batch_write_item", {"RequestItems": {"items": [{"DeleteRequest": {"Key": key("p2", "s6")}}]}}),
    transaction(
        {"Put": {"Item": key("p0", "fresh")}},
        {"Put": {"Item": key("p9", "fresh")}},
        {"Delete": {"Key": key("p0", "s11")}},
        {"ConditionCheck": {"Key": key("p0", "s8"), "ConditionExpression": "attribute_not_exists(pk)"}},
    ),
    transaction(
        {"Put": {"Item": key("p0", "fresh")}},
        {"Delete": {"Key": key("p0", "s11")}},
        {"ConditionCheck": {"Key": key("p0", "s8"), "ConditionExpression": "attribute_exists(pk)"}},
    ),
    _SCAN,
]  # fmt: skip


def answered(client: Any, call: tuple[str, dict[str, Any]]) -> Any:
    operation, parameters = call
    try:
        answer = getattr(client, operation)(**parameters)
    except ClientError as refused:
        response = refused.response
        return type(refused).__name__, response["Error"], response.get("CancellationReasons")
    except (ValueError, KeyError, TypeError, AttributeError) as bug_of_moto:
        return type(bug_of_moto), str(bug_of_moto)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_each_answer_is_that_of_plain_moto() -> None:
    def answers(changed: AbstractContextManager[None]) -> list[Any]:
        with changed, mock_aws():
            client = a_client()
            a_full_table(client)
            return [answered(client, call) for call in CALLS]

    for call, plain, shorter in zip(CALLS, answers(nullcontext()), answers(costs.left_out()), strict=True):
        assert shorter == plain, call


@pytest.fixture
def ours() -> Iterator[Any]:
    """Return core/aws's client, which does not check parameters, and a full table."""
    with costs.left_out(), mock_aws():
        client = aws.client("dynamodb")
        a_full_table(client)
        yield client


def test_text_of_a_class_of_ours_is_stored_as_a_text(ours: Any) -> None:
    ours.put_item(TableName=Name.TABLE, Item={**key("p5", "s5"), "name": {"S": Name.VALUE}})
    item = ours.get_item(TableName="items", Key=key("p5", "s5"))["Item"]
    assert item["name"] == {"S": "a value"}
    assert type(item["name"]["S"]) is str


def test_stored_item_shares_nothing_with_parameters_and_answers(ours: Any) -> None:
    given: dict[str, Any] = {**key("p5", "s5"), "list": {"L": [{"S": "a"}]}, "texts": {"SS": ["a"]}}
    read: Callable[[], Any] = partial(ours.get_item, TableName="items", Key=key("p5", "s5"))
    ours.put_item(TableName="items", Item=given)
    for held in (given, read()["Item"]):
        held["list"]["L"].append({"S": "b"})
        held["texts"]["SS"].append("b")
    assert read()["Item"] == {**key("p5", "s5"), "list": {"L": [{"S": "a"}]}, "texts": {"SS": ["a"]}}


@pytest.mark.parametrize(
    "parameters",
    [
        {"Item": key("p5", "s5"), "ConditionExpresion": "attribute_exists(pk)"},
        {"Item": {**key("p5", "s5"), "text": {"T": "a"}}},
    ],
)
def test_unknown_member_of_a_request_is_refused(ours: Any, parameters: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        ours.put_item(TableName="items", **parameters)


def test_hooks_see_the_request_and_the_response(ours: Any) -> None:
    bodies, statuses = [], []
    before = cloud.hooked("dynamodb", "before-call", lambda params, **_: bodies.append(params["body"]))
    after = cloud.hooked(
        "dynamodb", "after-call", lambda http_response, **_: statuses.append(http_response.status_code)
    )
    with before, after:
        ours.delete_item(TableName="items", Key=key("p1", "s10"))
    assert (bodies, statuses) == (
        [b'{"TableName": "items", "Key": {"pk": {"S": "p1"}, "sk": {"S": "s10"}}}'],
        [200],
    )
