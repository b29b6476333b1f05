"""AWS for all contestants: canned responses in place of botocore's HTTP session.

All of botocore runs (validation, serialisation, endpoints, signature, parsing); only the network is missing.
Reads find the items of the fixture. Writes succeed and store nothing, so that every request meets the same
state.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

JSON = dict[str, Any]


class Stub:
    """Answers the calls of one process.

    Attributes:
        calls: how many calls of each operation were made.
        sent: the bodies of those calls, if they are `recorded`.
    """

    def __init__(self, fixture: JSON) -> None:
        self.calls: Counter[str] = Counter()
        self.sent: list[tuple[str, JSON]] = []
        self.recorded = False
        self._items = {
            _place(table, item): item for table, items in fixture["items"].items() for item in items
        }
        self._secrets = fixture["secrets"]
        self._stage_key = fixture["stage_key"]
        self._reads: dict[bytes, bytes] = {}
        self._operations: dict[str, Callable[[bytes], bytes]] = {
            "BatchGetItem": self._read,
            "BatchWriteItem": lambda _: b'{"UnprocessedItems":{}}',
            "Decrypt": lambda _: _encoded({"Plaintext": self._stage_key, "KeyId": "stage"}),
            "GetItem": self._get,
            "GetSecretValue": self._secret,
            "PutItem": lambda _: b"{}",
            # The counter of a usage batch: it is the first one of its day.
            "UpdateItem": lambda _: b'{"Attributes":{"events":{"N":"100"}}}',
        }

    def install(self) -> None:
        """Replace the HTTP session of botocore in this process."""
        from botocore.awsrequest import AWSResponse
        from botocore.httpsession import URLLib3Session

        def send(_: URLLib3Session, request: Any) -> AWSResponse:  # noqa: ANN401 - botocore ships no types
            operation = request.headers["X-Amz-Target"]
            name = (operation.decode() if isinstance(operation, bytes) else operation).rpartition(".")[2]
            body = self._answer(name, request.body)
            headers = {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(body))}
            return AWSResponse(request.url, 200, headers, _Raw(body))

        URLLib3Session.send = send

    def _answer(self, name: str, body: bytes) -> bytes:
        self.calls[name] += 1
        if self.recorded:
            self.sent.append((name, json.loads(body)))
        return self._operations[name](body)

    def _read(self, body: bytes) -> bytes:
        answer = self._reads.get(body)
        if answer is None:
            asked = json.loads(body)["RequestItems"]
            found = {table: [*self._found(table, want["Keys"])] for table, want in asked.items()}
            answer = self._reads[body] = _encoded({"Responses": found, "UnprocessedKeys": {}})
        return answer

    def _found(self, table: str, keys: list[JSON]) -> Iterator[JSON]:
        for key in keys:
            if item := self._items.get(_place(table, key)):
                yield item

    def _get(self, body: bytes) -> bytes:
        asked = json.loads(body)
        return _encoded({"Item": item for item in self._found(asked["TableName"], [asked["Key"]])})

    def _secret(self, body: bytes) -> bytes:
        name = json.loads(body)["SecretId"]
        return _encoded({"Name": name, "SecretString": self._secrets[name]})


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def _place(table: str, item: JSON) -> tuple[str, str, str | None]:
    return table, item["pk"]["S"], item["sk"]["S"] if "sk" in item else None


def _encoded(answer: JSON) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def stored(item: JSON) -> JSON:
    """An item of boto3 as DynamoDB's JSON: binary values as base64."""
    return json.loads(json.dumps(item, default=lambda binary: base64.b64encode(binary).decode()))  # type: ignore[no-any-return]
