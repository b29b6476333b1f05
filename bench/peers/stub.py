"""AWS for all contestants: canned responses in place of botocore's HTTP session.

All of botocore runs (validation, serialisation, endpoints, signature, parsing); only the network is missing.
Reads find the items of the fixture. Writes succeed and store nothing, so every request meets the same state.
"""

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

JSON = dict[str, Any]


class Stub:
    """Answers the calls of one process."""

    def __init__(self, fixture: JSON) -> None:
        self._items = {
            _place(table, item): item for table, items in fixture["items"].items() for item in items
        }
        self._secrets = fixture["secrets"]
        self._stage_key = fixture["stage_key"]
        self._known: dict[bytes, bytes] = {}
        self._sent: list[tuple[str, JSON]] | None = None
        self._operations: dict[str, Callable[[JSON], JSON]] = {
            "BatchGetItem": self._batch_get_item,
            "Decrypt": lambda _: {"Plaintext": self._stage_key, "KeyId": "stage"},
            "GetItem": self._get_item,
            "GetSecretValue": self._get_secret_value,
        }

    def install(self) -> None:
        """Replace the HTTP session of botocore in this process."""
        from botocore.awsrequest import AWSPreparedRequest, AWSResponse
        from botocore.httpsession import URLLib3Session

        def send(_: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
            target = request.headers["X-Amz-Target"]
            name = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
            body = self._answer(name, request.body)
            # DynamoDB sends the checksum, and some configurations of botocore verify it.
            headers = {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(body))}
            return AWSResponse(request.url, 200, headers, _Raw(body))

        URLLib3Session.send = send

    @contextmanager
    def recorded(self) -> Iterator[list[tuple[str, JSON]]]:
        """Record the operations and bodies of the calls in a `with` block."""
        self._sent = []
        try:
            yield self._sent
        finally:
            self._sent = None

    def _answer(self, name: str, body: bytes) -> bytes:
        if self._sent is not None:
            self._sent.append((name, json.loads(body)))
        if name in WRITES:
            return WRITES[name]
        if body not in self._known:  # so that the cost of the stub is small beside that of botocore
            self._known[body] = json.dumps(self._operations[name](json.loads(body))).encode()
        return self._known[body]

    def _batch_get_item(self, asked: JSON) -> JSON:
        wanted = asked["RequestItems"].items()
        found = {table: [*self._found(table, want["Keys"])] for table, want in wanted}
        return {"Responses": found, "UnprocessedKeys": {}}

    def _get_item(self, asked: JSON) -> JSON:
        (found,) = self._found(asked["TableName"], [asked["Key"]])
        return {"Item": found}

    def _found(self, table: str, keys: list[JSON]) -> Iterator[JSON]:
        for key in keys:
            if item := self._items.get(_place(table, key)):
                yield item

    def _get_secret_value(self, asked: JSON) -> JSON:
        return {"Name": asked["SecretId"], "SecretString": self._secrets[asked["SecretId"]]}


WRITES = {
    "BatchWriteItem": b'{"UnprocessedItems":{}}',
    "PutItem": b"{}",
    # The counter of a usage batch: it is the first one of its day.
    "UpdateItem": b'{"Attributes":{"events":{"N":"100"}}}',
}


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the body."""
        yield self._body


def _place(table: str, item: JSON) -> tuple[str, str, str | None]:
    return table, item["pk"]["S"], item["sk"]["S"] if "sk" in item else None


def stored(item: JSON) -> JSON:
    """An item of boto3 as DynamoDB's JSON: binary values as base64."""
    text = json.dumps(item, default=lambda binary: base64.b64encode(binary).decode())
    parsed: JSON = json.loads(text)
    return parsed
