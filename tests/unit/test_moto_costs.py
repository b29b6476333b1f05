"""Work left out of moto changes no outcome, and each world starts empty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.core import aws
from tests.support import cloud, moto_costs
from tests.support.world import a_world

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


@pytest.fixture(params=[moto_costs.left_out, nullcontext], ids=["left_out", "plain"])
def table(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a client of a table with a stream, on moto as the tests use it and on plain moto."""
    changed: AbstractContextManager[None] = request.param()
    with changed, mock_aws():
        client = aws.client("dynamodb")
        client.create_table(
            TableName="items",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        yield client


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
    with pytest.raises(ClientError) as failed:
        table.transact_write_items(TransactItems=steps)
    reasons = [one["Code"] for one in failed.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "ConditionalCheckFailed"]
    assert table.scan(TableName="items")["Items"] == [_EVERY_TYPE]
    table.transact_write_items(TransactItems=steps[:2])
    items = {item["pk"]["S"]: item for item in table.scan(TableName="items")["Items"]}
    assert items == {"one": _EVERY_TYPE | {"text": {"S": "new"}}, "two": {"pk": {"S": "two"}}}


def test_world_contains_no_data_of_an_earlier_world() -> None:
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
