"""Tests clients of AWS: their retries and their time limits."""

import json
from pathlib import Path

import pytest
from botocore.awsrequest import AWSRequest

from chalicelib.core import aws, table
from tests.support.world.world import World

FUNCTIONS = json.loads((Path(__file__).parents[2] / ".chalice" / "config.json").read_text())[
    "lambda_functions"
]


def test_message_is_sent_to_the_carrier_at_most_once(world: World) -> None:
    """Publish is not idempotent: a retry could send a second SMS."""
    assert aws.client("sns").meta.config.retries["total_max_attempts"] == 1


def test_only_the_table_client_retries_calls_to_dynamodb(world: World) -> None:
    assert aws.client("dynamodb").meta.config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize("service", ["dynamodb", "sns", "sesv2"])
def test_client_with_one_attempt_has_no_handlers_of_retries(world: World, service: str) -> None:
    """botocore ignores the removal of a handler that it does not know, so a new release could keep one."""
    events = aws.client(service).meta.events
    assert events.emit(f"needs-retry.{service}.Any") == []
    retries = {"attempt": 1, "invocation-id": "any"}
    request = AWSRequest("POST", "https://aws.test", data=b"{}")
    request.context["retries"] = dict(retries)
    events.emit(f"request-created.{service}.Any", request=request, operation_name="Any")
    assert request.context["retries"] == retries
    assert {"Authorization"} < set(request.headers)
    assert not {"amz-sdk-request", "amz-sdk-invocation-id"} & set(request.headers)


@pytest.mark.parametrize(("service", "tries"), [("dynamodb", table.client.TRIES), ("sns", 1), ("kms", 2)])
def test_call_without_a_response_times_out_before_the_function(
    world: World, service: str, tries: int
) -> None:
    config = aws.client(service).meta.config
    shortest = min(
        function.get("lambda_timeout", 10)
        for name, function in FUNCTIONS.items()
        if name not in {"about", "access_token"}  # these functions make no calls
    )
    assert (config.connect_timeout + config.read_timeout) * tries < shortest
