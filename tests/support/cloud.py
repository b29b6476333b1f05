"""The part of AWS that the functions use, in process (moto), made from our own template."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.sns.models import sns_backends

from chalicelib.core import aws
from infra.template import load
from tests.support.environment import REGION, secret_documents

ACCOUNT = "123456789012"  # moto's own
_KEPT = ("AttributeDefinitions", "KeySchema", "BillingMode", "StreamSpecification", "GlobalSecondaryIndexes")


def create_tables() -> None:
    """The tables of the data stack."""
    for resource in load("data")["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = {k: v for k, v in resource["Properties"].items() if k in _KEPT}
            if "StreamSpecification" in properties:
                properties["StreamSpecification"] = {
                    **properties["StreamSpecification"],
                    "StreamEnabled": True,
                }
            name = resource["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", "test")
            aws.client("dynamodb").create_table(TableName=name, **properties)


def create_secrets() -> None:
    for name, document in secret_documents().items():
        aws.client("secretsmanager").create_secret(
            Name=f"ru4m/test/{name}", SecretString=json.dumps(document)
        )


def sent_messages() -> list[tuple[str, str]]:
    """Every SMS handed to SNS: number and text, oldest first."""
    messages = sns_backends[ACCOUNT][REGION].sms_messages
    return [(sent[0], sent[1]) for sent in messages.values()]


def all_items() -> list[dict[str, Any]]:
    """Every item of every table, raw."""
    client = aws.client("dynamodb")
    items: list[dict[str, Any]] = []
    for table in client.list_tables()["TableNames"]:
        items += client.scan(TableName=table)["Items"]
    return items


def records(kind: str) -> list[dict[str, Any]]:
    """Every item of one kind of record, raw."""
    return [item for item in all_items() if item.get("kind") == {"S": kind}]


class Calls(Counter[str]):
    """How often each operation was called, as `dynamodb.GetItem`."""

    def of(self, service: str) -> int:
        return sum(n for name, n in self.items() if name.startswith(f"{service}."))

    @property
    def tables(self) -> dict[str, int]:
        return {name.split(".")[1]: n for name, n in self.items() if name.startswith("dynamodb.")}


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls to AWS in this block, at the clients themselves."""
    calls = Calls()

    def count(model: Any, **_: Any) -> None:
        calls[f"{model.service_model.service_name}.{model.name}"] += 1

    clients = [aws.client(name) for name in ("dynamodb", "sns", "secretsmanager")]
    for client in clients:
        client.meta.events.register("provide-client-params", count)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("provide-client-params", count)


@contextmanager
def failing(service: str, operation: str, error: Exception, times: int = 1_000) -> Iterator[None]:
    """Let an operation fail before it is sent, the first times that it is called."""
    left = iter(range(times))

    def fail(**_: Any) -> None:
        if next(left, None) is not None:
            raise error

    events = aws.client(service).meta.events
    name = f"before-call.{service}.{operation}"
    events.register(name, fail)
    try:
        yield
    finally:
        events.unregister(name, fail)
