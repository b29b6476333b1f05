"""Tests that the work left out of moto changes no outcome, and that each world starts empty."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from chalicelib.core import aws
from chalicelib.core.settings import settings
from tests.support.clouds import cloud
from tests.support.clouds.moto import costs
from tests.support.world.world import a_world

_EVERY_TYPE = {
    "pk": {"S": "one"},
    "text": {"S": ""},
    "number": {"N": "1.5"},
    "bytes": {"B": b"\x00\xff"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "list": {"L": [{"S": "a"}, {"M": {"deep": {"N": "1"}}}, {"L": []}]},
    "map": {"M": {"inner": {"B": b"x"}, "empty": {"M": {}}}},
}


@pytest.fixture(params=[costs.left_out, nullcontext], ids=["left_out", "plain"])
def table(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a client of a table with a stream, on moto as the tests use it and on plain moto."""
    changed: AbstractContextManager[None] = request.param()
    with changed, mock_aws():
        yield an_empty_table()


@cache
def a_client() -> Any:
    """A client whose answers are read by botocore, not by core/aws; making one takes long."""
    return boto3.client("dynamodb", region_name=settings().region)


def an_empty_table() -> Any:
    """A client of DynamoDB with one table."""
    client = a_client()
    client.create_table(
        TableName="items",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return client


def test_every_type_of_attribute_is_read_as_written(table: Any) -> None:
    table.put_item(TableName="items", Item=_EVERY_TYPE)
    key = {"pk": _EVERY_TYPE["pk"]}
    assert table.get_item(TableName="items", Key=key)["Item"] == _EVERY_TYPE
    assert table.batch_get_item(RequestItems={"items": {"Keys": [key]}})["Responses"]["items"] == [
        _EVERY_TYPE
    ]
    assert table.scan(TableName="items")["Items"] == [_EVERY_TYPE]
    assert table.delete_item(TableName="items", Key=key, ReturnValues="ALL_OLD")["Attributes"] == _EVERY_TYPE


def test_cancelled_transaction_leaves_every_item_as_it_was(table: Any) -> None:
    table.put_item(TableName="items", Item=_EVERY_TYPE)
    change = {
        "TableName": "items",
        "Key": {"pk": {"S": "one"}},
        "UpdateExpression": "SET #text = :new",
        "ExpressionAttributeNames": {"#text": "text"},
        "ExpressionAttributeValues": {":new": {"S": "new"}},
    }
    addition = {"TableName": "items", "Item": {"pk": {"S": "two"}}}
    missing = {
        "TableName": "items",
        "Key": {"pk": {"S": "three"}},
        "ConditionExpression": "attribute_exists(pk)",
    }
    steps = [{"Update": change}, {"Put": addition}, {"ConditionCheck": missing}]
    before = streamed()
    with pytest.raises(ClientError) as failed:
        table.transact_write_items(TransactItems=steps)
    reasons = [reason["Code"] for reason in failed.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "ConditionalCheckFailed"]
    assert table.scan(TableName="items")["Items"] == [_EVERY_TYPE]
    assert streamed() == before == 1
    table.transact_write_items(TransactItems=steps[:2])
    assert streamed() == 3
    items = {item["pk"]["S"]: item for item in table.scan(TableName="items")["Items"]}
    assert items == {"one": _EVERY_TYPE | {"text": {"S": "new"}}, "two": {"pk": {"S": "two"}}}


def streamed() -> int:
    """Return the number of records in the stream of the table."""
    (backend,) = (found for found in dynamodb_backends[cloud.ACCOUNT].values() if "items" in found.tables)
    shard = backend.tables["items"].stream_shard
    assert shard
    return len(shard.items)


_VALUES: dict[str, dict[str, Any]] = {
    ":a": {"S": "a"},
    ":one": {"S": "one"},
    ":two": {"N": "2"},
    ":text": {"SS": ["c"]},
    ":number": {"NS": ["1"]},
    ":more": {"L": [{"S": "b"}]},
    ":large": {"S": "x" * 405_000},
}

_UPDATES = [
    "SET #text = :one",
    "SET #text=:one, fresh = #text",
    "SET #number = #number + :two",
    "SET #number = :two - #number",
    "SET fresh = if_not_exists(fresh, :two) + :two",
    "SET fresh = if_not_exists(#number, :two)",
    "SET #list = list_append(#list, :more)",
    "SET #list[0] = :one",
    "SET #map.#inner = :one, #text = :one",
    "REMOVE #list[0], #list[2], #map.#inner",
    "ADD #number :two SET #text = :one REMOVE #flag",
    "ADD #texts :text DELETE #numbers :number",
    # refused:
    "SET #text = :one, #text = :a",
    "SET #map.#inner = :one, #map = :one",
    "SET #text = :one SET #number = :two",
    "REMOVE #text REMOVE #number",
    "SET #text = :missing",
    "SET #text = missing",
    "SET #text = #missing",
    "SET #missing.#inner = :one",
    "SET pk = :a",
    "SET #text = #text + :one",
    "SET #text = :one, #number = :two)",
    "SET #text = :large",
    "SET name = :one",
]

_CONDITIONS = [
    "attribute_exists(pk)",
    "attribute_not_exists(pk)",
    "attribute_not_exists(missing) AND #number < :two",
    "NOT (#number >= :two OR #text = :one)",
    "#text = :one OR (attribute_exists(#map.#inner) AND NOT #flag = :one)",
    "#number BETWEEN :two AND :two OR #text IN (:one, :a)",
    "contains(#texts, :a) AND size(#list) > :two",
    "begins_with(pk, :one) AND #list[0] = :a",
    # refused:
    "#text = :missing",
    "#text = #missing",
    "size(#list)",
    "(#number < :two",
    "#text <> <> :one",
    "begins_with(pk)",
    "name = :one",
]


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        *(("UpdateExpression", one) for one in _UPDATES),
        *(("ConditionExpression", one) for one in _CONDITIONS),
    ],
)
def test_expression_has_the_outcome_of_plain_moto(kind: str, expression: str) -> None:
    """Each is executed three times: by plain moto, when it is read first, and when it was read before."""
    plain = outcome(nullcontext(), kind, expression)
    assert outcome(costs.left_out(), kind, expression) == plain
    assert outcome(costs.left_out(), kind, expression) == plain


def test_value_of_an_expression_is_the_value_of_its_call(table: Any) -> None:
    for number in ("1", "2"):
        table.put_item(TableName="items", Item={"pk": {"S": number}, "number": {"N": number}})
    for number in ("1", "2"):
        table.update_item(
            TableName="items",
            Key={"pk": {"S": number}},
            UpdateExpression="SET #copied = :number",
            ConditionExpression="#known = :number",
            ExpressionAttributeNames={"#copied": f"copy{number}", "#known": "number"},
            ExpressionAttributeValues={":number": {"N": number}},
        )
    items = {item["pk"]["S"]: item for item in table.scan(TableName="items")["Items"]}
    assert [items[number][f"copy{number}"] for number in ("1", "2")] == [{"N": "1"}, {"N": "2"}]


def test_item_over_the_size_limit_is_refused(table: Any) -> None:
    def put(size: int) -> None:
        table.put_item(TableName="items", Item={"pk": {"S": "one"}, "text": {"S": "x" * size}})

    most = 405_000 - len("pkonetext")
    put(most)
    with pytest.raises(ClientError, match="Item size has exceeded"):
        put(most + 1)


def test_other_services_answer_and_refuse_as_plain_moto_does() -> None:
    assert of_other_services(costs.left_out()) == of_other_services(nullcontext())


def of_other_services(changed: AbstractContextManager[None]) -> list[Any]:
    """The outcomes of calls to services that moto_calls calls directly."""
    with changed, mock_aws():
        vault, kms, sqs = (aws.client(service) for service in ("secretsmanager", "kms", "sqs"))
        vault.create_secret(Name="one", SecretString="text")
        key = kms.create_key(KeySpec="SYMMETRIC_DEFAULT")["KeyMetadata"]["KeyId"]
        sealed = kms.encrypt(KeyId=key, Plaintext=b"\x00text", EncryptionContext={"a": "b"})["CiphertextBlob"]
        queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody='{"a": "b&c=d"}')
        entries = [{"Id": "1", "MessageBody": "č"}]
        outcomes: list[Any] = [
            vault.get_secret_value(SecretId="one")["SecretString"],
            kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "b"})["Plaintext"],
            queue,
            sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"][0]["Id"],
            [one["Body"] for one in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=9)["Messages"]],
        ]
        for call, arguments in (
            (vault.get_secret_value, {"SecretId": "none"}),
            (kms.decrypt, {"CiphertextBlob": sealed, "EncryptionContext": {}}),
            (kms.describe_key, {"KeyId": "alias/none"}),
            (sqs.send_message, {"QueueUrl": f"{queue}s", "MessageBody": "text"}),
        ):
            with pytest.raises(ClientError) as refused:
                call(**arguments)
            response = refused.value.response
            status = response["ResponseMetadata"]["HTTPStatusCode"]
            outcomes.append((type(refused.value).__name__, response["Error"], status))
        return outcomes


def outcome(changed: AbstractContextManager[None], kind: str, expression: str) -> Any:
    """The items after a write with the expression, alone and in a transaction, or its errors."""
    with changed, mock_aws():
        client = an_empty_table()
        outcomes = []
        for write in (client.update_item, transaction_of(client)):
            client.put_item(TableName="items", Item=_EVERY_TYPE)
            try:
                write(**update_with(kind, expression))
            except ClientError as error:
                outcomes.append((error.response["Error"], error.response.get("CancellationReasons")))
            except (ValueError, KeyError, TypeError, AssertionError) as bug_of_moto:
                outcomes.append((type(bug_of_moto), str(bug_of_moto)))
            outcomes.append(client.scan(TableName="items")["Items"])
        return outcomes


def transaction_of(client: Any) -> Callable[..., Any]:
    def write(**update: Any) -> Any:
        return client.transact_write_items(TransactItems=[{"Update": update}])

    return write


def update_with(kind: str, expression: str) -> dict[str, Any]:
    """The arguments of an update, with the names and values that its expression uses."""
    names = {name: name[1:] for name in re.findall(r"#\w+", expression) if name != "#missing"}
    values = {name: _VALUES[name] for name in re.findall(r":\w+", expression) if name in _VALUES}
    update: dict[str, Any] = {
        "TableName": "items",
        "Key": {"pk": {"S": "one"}},
        "UpdateExpression": "SET fresh = pk",
    }
    update[kind] = expression
    if names:
        update["ExpressionAttributeNames"] = names
    if values:
        update["ExpressionAttributeValues"] = values
    return update


def test_world_sees_nothing_that_an_earlier_one_wrote() -> None:
    with a_world() as earlier:
        earlier.a_user()
        cloud.rotate_keys("receipts")
        assert receipt_keys() == {"1", "2"}
        assert cloud.all_items()
    with a_world() as later:
        assert cloud.all_items() == []
        assert cloud.sent_messages() == []
        assert receipt_keys() == {"1"}
        later.a_user()


def receipt_keys() -> set[str]:
    secret = aws.client("secretsmanager").get_secret_value(SecretId="ru4m/test/receipts")["SecretString"]
    return {*json.loads(secret)["versions"]}
