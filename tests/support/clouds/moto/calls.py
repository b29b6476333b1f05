"""Passes calls to moto directly; moto makes an HTTP request of each, finds its service and reads it again.

This replaces parts of botocore and moto, as in `costs`; tests/unit/test_moto_costs.py compares outcomes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any
from urllib.parse import urlparse

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import JSONParser
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.dynamodb.responses import DynamoHandler
from moto.kms.responses import KmsResponse
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sqs.responses import SQSResponse
from werkzeug.exceptions import HTTPException

from tests.support.roles.judge import judge

# The services with many calls, if their protocol is JSON. The address of an emulator is another one.
_HANDLERS: dict[str, Callable[[], BaseResponse]] = {
    "dynamodb": DynamoHandler,
    "kms": KmsResponse,
    "secretsmanager": SecretsManagerResponse,
    "sqs": SQSResponse,
}
_ADDRESS = re.compile(rf"https://({'|'.join(_HANDLERS)})\.([a-z0-9-]+)\.amazonaws\.com/")

# The operations on items, and moto's methods. Their results have the form of the API already.
_ON_ITEMS = {
    name: camelcase_to_underscores(name)
    for name in (
        "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan",
        "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
    )
}  # fmt: skip

_plain_make_request = BaseClient._make_request
_plain_process_request = BotocoreStubber.process_request


class _Calls:
    """The number of calls to moto in this process."""

    made = 0


def made() -> int:
    """Return the number of calls to moto in this process so far."""
    return _Calls.made


def note() -> None:
    """Count a call that a test hooks into, whether or not it is made."""
    _Calls.made += 1


@contextmanager
def uncounted() -> Iterator[None]:
    """Do not count the calls of this block, which makes resources that no request uses before an erasure."""
    before = _Calls.made
    try:
        yield
    finally:
        _Calls.made = before


def _process_request(self: BotocoreStubber, request: Any) -> Any:
    _Calls.made += 1
    return _plain_process_request(self, request)


def _make_request(
    self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: dict[str, Any]
) -> Any:
    """Return the HTTP response and what botocore reads from it."""
    called = _ADDRESS.match(request_dict["url"])
    if called is None:
        return _plain_make_request(self, operation_model, request_dict, request_context)
    _Calls.made += 1
    try:
        status, headers, body = _answer(_handler(called[1], called[2], request_dict))
    except Exception as error:
        service = operation_model.service_model.service_id.hyphenize()
        name = f"after-call-error.{service}.{operation_model.name}"
        self.meta.events.emit(name, exception=error, context=request_context)
        raise
    answer = AWSResponse(request_dict["url"], int(status), headers, MockRawResponse(body))
    return answer, _parsed(self._endpoint, operation_model, answer)


def _answer(handler: BaseResponse) -> tuple[int, dict[str, Any], Any]:
    """Status, headers and body; moto asks its description of DynamoDB about each value of a result."""
    if not _is_on_items(handler):
        return handler.call_action()
    judge(handler._get_action(), handler.params)
    handler.body, action = handler.params, _ON_ITEMS[handler._get_action()]
    try:
        answered: ActionResult = getattr(handler, action)()
    except (ServiceException, HTTPException) as error:
        setattr(handler, action, partial(_fail, error))  # `call_action` knows its answer
        return handler.call_action()
    return 200, handler.response_headers, json.dumps(_sent(answered.result))


def _is_on_items(handler: BaseResponse) -> bool:
    return isinstance(handler, DynamoHandler) and handler._get_action() in _ON_ITEMS


def _with_bytes(read: dict[str, Any]) -> dict[str, Any]:
    """Decode the bytes of an attribute; other members with these names are objects."""
    if isinstance(blob := read.get("B"), str):
        return {"B": base64.b64decode(blob)}
    if isinstance(blobs := read.get("BS"), list):
        return {"BS": [base64.b64decode(one) for one in blobs]}
    return read


def _fail(error: Exception) -> None:
    raise error


def _sent(result: Any) -> Any:
    """A result with base64 for bytes, without the members that moto does not send."""
    kind = type(result)
    if kind is dict:
        return {name: _sent(value) for name, value in result.items() if value is not None}
    if kind is list:
        return [_sent(one) for one in result]
    return base64.b64encode(result).decode() if kind is bytes else result


def _handler(service: str, region: str, request_dict: dict[str, Any]) -> BaseResponse:
    """Return moto's handler of one call, as it is after moto read the HTTP request."""
    handler = _HANDLERS[service]()
    handler.headers = request_dict["headers"]
    handler.uri, handler.method = request_dict["url"], "POST"
    handler.region, handler.partition = region, "aws"
    handler.parsed_url = urlparse(handler.uri)
    handler.path = handler.raw_path = handler.parsed_url.path
    handler.querystring = handler.data = handler.uri_match = {}
    handler.body = handler.raw_body = request_dict["body"].decode()
    handler.response_headers = {"server": "amazon.com"}
    handler.access_key = "AKIAEXAMPLE"
    handler.current_account = handler.get_current_account()
    if _is_on_items(handler):
        handler.params = json.loads(handler.body, object_hook=_with_bytes)
    elif handler.automated_parameter_parsing:
        operation = _operation(service, handler.headers["X-Amz-Target"].rsplit(".", 1)[1])
        parser = JSONParser(operation, map_type=handler.PROTOCOL_PARSER_MAP_TYPE)
        request = {"body": handler.body, "headers": handler.headers}
        # The parser of JSON reads these two fields only; moto's type has all of an HTTP request.
        handler.params = parser.parse(request)  # type: ignore[arg-type]
    return handler


@cache
def _operation(service: str, name: str) -> OperationModel:
    model: OperationModel = get_service_model(service).operation_model(name)
    return model


def _parsed(endpoint: Any, operation_model: Any, answer: AWSResponse) -> dict[str, Any]:
    """Return a response as botocore's endpoint does."""
    response = {
        "headers": answer.headers,
        "status_code": answer.status_code,
        "context": {"operation_name": operation_model.name},
        "body": answer.content,
    }
    parser = endpoint._response_parser_factory.create_parser("json")
    parsed: dict[str, Any] = parser.parse(response, operation_model.output_shape)
    if answer.status_code >= 300:
        endpoint._add_modeled_error_fields(response, parsed, operation_model, parser)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    return parsed


REPLACED: dict[str, Any] = {
    "botocore.client.BaseClient._make_request": _make_request,
    "moto.core.botocore_stubber.BotocoreStubber.process_request": _process_request,
}
