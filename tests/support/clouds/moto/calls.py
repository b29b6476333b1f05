"""Passes calls to moto directly; moto makes an HTTP request of each, finds its service and reads it again.

An operation on items of DynamoDB is not even written as a request: moto gets copies of its parameters, of the
types that it would have read, and the caller gets what moto returns.

This replaces parts of botocore and moto, as in `costs`; tests/unit/test_moto_costs.py compares outcomes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlparse

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.serialize import JSONSerializer
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.models import DEFAULT_ACCOUNT_ID
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

# The operations on items, and moto's methods. Their results have the form of the API, with bytes for bytes.
_ON_ITEMS = {
    name: camelcase_to_underscores(name)
    for name in (
        "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan",
        "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
    )
}  # fmt: skip

_plain_make_api_call = BaseClient._make_api_call
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


def _make_api_call(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
    """Pass an operation on items to moto, with the events of botocore that tests hook into."""
    called = _ADDRESS.match(f"{self.meta.endpoint_url}/")
    if called is None or called[1] != "dynamodb" or operation_name not in _ON_ITEMS:
        return _plain_make_api_call(self, operation_name, api_params)
    operation = self.meta.service_model.operation_model(operation_name)
    context = {"client_region": called[2]}
    params = self._emit_api_params(api_params, operation, context)
    if not isinstance(self._serializer, JSONSerializer):  # it checks parameters
        self._serializer.serialize_to_request(params, operation)
    _, answered = self.meta.events.emit_until_response(
        f"before-call.dynamodb.{operation_name}",
        model=operation,
        params=_Request(self, operation, params),
        request_signer=self._request_signer,
        context=context,
    )
    http, answer = answered or _on_items(self, operation, params, called[2], context)
    self.meta.events.emit(
        f"after-call.dynamodb.{operation_name}",
        http_response=http,
        parsed=answer,
        model=operation,
        context=context,
    )
    if http.status_code >= 300:
        raise self.exceptions.from_code(answer["Error"]["Code"])(answer, operation_name)
    return answer


class _Request(dict[str, Any]):
    """The request of a call, written when a hook reads it."""

    def __init__(self, client: Any, operation: Any, params: dict[str, Any]) -> None:
        super().__init__()
        self._made_of = client, operation, params

    def __missing__(self, name: str) -> Any:
        client, operation, params = self._made_of
        self.update(client._convert_to_request_dict(params, operation, client.meta.endpoint_url, context={}))
        return dict.__getitem__(self, name)


def _on_items(
    client: Any, operation: Any, params: dict[str, Any], region: str, context: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return the HTTP response, of which hooks read the status, and what botocore returns."""
    _Calls.made += 1
    handler = _handler("dynamodb", region, client.meta.endpoint_url, _target(operation.name))
    handler.params = handler.body = _reader(operation.input_shape)(params)
    try:
        return _result(client, operation, handler)
    except Exception as error:
        _emit_error(client, operation, context, error)
        raise


def _result(client: Any, operation: Any, handler: BaseResponse) -> tuple[Any, dict[str, Any]]:
    judge(operation.name, handler.params)
    action = _ON_ITEMS[operation.name]
    try:
        answered: ActionResult = getattr(handler, action)()
    except (ServiceException, HTTPException) as error:
        setattr(handler, action, partial(_fail, error))  # `call_action` knows its answer
        return _read(client, operation, handler.uri, handler.call_action())
    members = operation.output_shape.members
    result: Any = answered.result
    answer = {name: value for name, value in result.items() if value is not None and name in members}
    answer["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
    return SimpleNamespace(status_code=200, headers={}), answer


def _target(operation_name: str) -> dict[str, str]:
    return {"X-Amz-Target": f"DynamoDB_20120810.{operation_name}"}


def _fail(error: Exception) -> None:
    raise error


@cache
def _reader(shape: Shape) -> Callable[[Any], Any]:
    """Return the function that copies a parameter as moto would read it from a request.

    The function raises KeyError if a structure has no such member.
    """
    if shape.name == "AttributeValue":
        return _attribute
    if isinstance(shape, StructureShape):
        members = {name: _reader(member) for name, member in shape.members.items()}
        return lambda value: {name: members[name](one) for name, one in value.items()}
    if isinstance(shape, MapShape):
        of_value = _reader(shape.value)
        return lambda value: {_text(name): of_value(one) for name, one in value.items()}
    if isinstance(shape, ListShape):
        of_member = _reader(shape.member)
        return lambda value: [of_member(one) for one in value]
    return lambda value: _text(value) if isinstance(value, str) else value


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {kind: _KINDS[kind](one) for kind, one in value.items()}


def _text(value: str) -> str:
    """The text of a value whose class may be one of ours."""
    return value if value.__class__ is str else str.__str__(value)


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "S": _text,
    "N": _text,
    "B": _bytes,
    "BOOL": bool,
    "NULL": bool,
    "SS": lambda texts: [_text(one) for one in texts],
    "NS": lambda numbers: [_text(one) for one in numbers],
    "BS": lambda blobs: [_bytes(one) for one in blobs],
    "M": lambda inner: {_text(name): _attribute(one) for name, one in inner.items()},
    "L": lambda inner: [_attribute(one) for one in inner],
}


def _make_request(
    self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: dict[str, Any]
) -> Any:
    """Return the HTTP response and what botocore reads from it."""
    called = _ADDRESS.match(request_dict["url"])
    if called is None:
        return _plain_make_request(self, operation_model, request_dict, request_context)
    _Calls.made += 1
    try:
        handler = _handler(called[1], called[2], request_dict["url"], request_dict["headers"])
        _give_body(handler, called[1], request_dict["body"].decode())
        return _read(self, operation_model, request_dict["url"], handler.call_action())
    except Exception as error:
        _emit_error(self, operation_model, request_context, error)
        raise


def _emit_error(client: Any, operation: Any, context: dict[str, Any], error: Exception) -> None:
    service = operation.service_model.service_id.hyphenize()
    client.meta.events.emit(f"after-call-error.{service}.{operation.name}", exception=error, context=context)


def _handler(service: str, region: str, url: str, headers: dict[str, str]) -> BaseResponse:
    """Return moto's handler of one call, as it is after moto read the HTTP request, but without its body."""
    handler = _HANDLERS[service]()
    handler.headers = headers
    handler.uri, handler.method = url, "POST"
    handler.region, handler.partition = region, "aws"
    handler.parsed_url = urlparse(url)
    handler.path = handler.raw_path = handler.parsed_url.path
    handler.querystring = handler.data = handler.uri_match = {}
    handler.response_headers = {"server": "amazon.com"}
    handler.access_key = "AKIAEXAMPLE"
    handler.current_account = DEFAULT_ACCOUNT_ID
    return handler


def _give_body(handler: BaseResponse, service: str, body: str) -> None:
    handler.body = handler.raw_body = body
    if handler.automated_parameter_parsing:
        operation = _operation(service, handler.headers["X-Amz-Target"].rsplit(".", 1)[1])
        parser = JSONParser(operation, map_type=handler.PROTOCOL_PARSER_MAP_TYPE)
        request = {"body": body, "headers": handler.headers}
        # The parser of JSON reads these two fields only; moto's type has all of an HTTP request.
        handler.params = parser.parse(request)  # type: ignore[arg-type]


@cache
def _operation(service: str, name: str) -> OperationModel:
    model: OperationModel = get_service_model(service).operation_model(name)
    return model


def _read(
    client: Any, operation: Any, url: str, answered: tuple[int, dict[str, Any], Any]
) -> tuple[AWSResponse, dict[str, Any]]:
    """Return a response, and what botocore's endpoint reads from it."""
    status, headers, body = answered
    answer = AWSResponse(url, int(status), headers, MockRawResponse(body))
    response = {
        "headers": answer.headers,
        "status_code": answer.status_code,
        "context": {"operation_name": operation.name},
        "body": answer.content,
    }
    parser = client._endpoint._response_parser_factory.create_parser("json")
    parsed: dict[str, Any] = parser.parse(response, operation.output_shape)
    if answer.status_code >= 300:
        client._endpoint._add_modeled_error_fields(response, parsed, operation, parser)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    return answer, parsed


REPLACED: dict[str, Any] = {
    "botocore.client.BaseClient._make_api_call": _make_api_call,
    "botocore.client.BaseClient._make_request": _make_request,
    "moto.core.botocore_stubber.BotocoreStubber.process_request": _process_request,
}
