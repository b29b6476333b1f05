"""The process of one function: serves requests, and answers its calls to AWS from the fixture.

All of botocore runs (validation, serialisation, endpoints, signature, parsing); only its HTTP session is
replaced. Reads find the items of the fixture. Writes succeed and store nothing, so every request meets the
same state.

The first line of standard input is JSON with the fixture, the folders to import from, and the place of the
function. Each further line is `{"event": ..., "times": n}`. It is answered with the responses, the calls to
AWS, the seconds of CPU per request, and the number of modules in memory.

It runs under `python -I -S`, so a function finds only the standard library and its own folders.
"""

import importlib
import json
import os
import sys
import time
import zlib
from types import ModuleType, SimpleNamespace
from typing import Any

JSON = dict[str, Any]

WRITES = {
    "BatchWriteItem": b'{"UnprocessedItems":{}}',
    "PutItem": b"{}",
    # The counter of a usage batch: it is the first one of its day.
    "UpdateItem": b'{"Attributes":{"events":{"N":"100"}}}',
}


class StubbedAws:
    """Answers the calls of this process, and records them."""

    def __init__(self, fixture: JSON) -> None:
        self._fixture = fixture
        self._items = {
            _place(table, item): item for table, items in fixture["items"].items() for item in items
        }
        self._known: dict[bytes, bytes] = {}
        self.sent: list[tuple[str, bytes]] = []

    def install(self) -> None:
        """Replace the HTTP session of botocore in this process."""
        from botocore.awsrequest import AWSPreparedRequest, AWSResponse
        from botocore.httpsession import URLLib3Session

        def send(_: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
            target = request.headers["X-Amz-Target"]
            name = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
            self.sent.append((name, request.body))
            body = self._answer(name, request.body)
            # DynamoDB sends the checksum, and some configurations of botocore verify it.
            headers = {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(body))}
            return AWSResponse(request.url, 200, headers, SimpleNamespace(stream=lambda: [body]))

        URLLib3Session.send = send

    def _answer(self, name: str, body: bytes) -> bytes:
        if name in WRITES:
            return WRITES[name]
        if body not in self._known:  # so that the cost of the stub is small beside that of botocore
            self._known[body] = json.dumps(self._read(name, json.loads(body))).encode()
        return self._known[body]

    def _read(self, name: str, asked: JSON) -> JSON:
        match name:
            case "BatchGetItem":
                tables = asked["RequestItems"].items()
                found = {table: self._found(table, want["Keys"]) for table, want in tables}
                return {"Responses": found, "UnprocessedKeys": {}}
            case "GetItem":
                return {"Item": self._found(asked["TableName"], [asked["Key"]])[0]}
            case "Decrypt":
                return {"Plaintext": self._fixture["stage_key"], "KeyId": "stage"}
            case "GetSecretValue":
                return {"SecretString": self._fixture["secrets"][asked["SecretId"]]}
        raise LookupError(name)

    def _found(self, table: str, keys: list[JSON]) -> list[JSON]:
        return [item for key in keys if (item := self._items.get(_place(table, key)))]


def _place(table: str, item: JSON) -> tuple[str, str, str | None]:
    return table, item["pk"]["S"], item["sk"]["S"] if "sk" in item else None


CONTEXT = SimpleNamespace(
    function_name="peer",
    function_version="1",
    memory_limit_in_mb=512,
    aws_request_id="0b6a5f7e-2a0e-4d7a-9c67-1e9a40c0a001",
    get_remaining_time_in_millis=lambda: 10_000,
)


def main() -> None:
    """Serve until the input ends."""
    # What a function prints is discarded, and the answers go to the parent.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    where = json.loads(sys.stdin.readline())
    sys.path[:0] = where["folders"]
    # `bench` can be imported from beside this file, and neither our sources nor the tests.
    sys.modules["bench"] = package = ModuleType("bench")
    package.__path__ = [where["bench"]]
    aws = StubbedAws(where["fixture"])
    if where["calls_aws"]:
        aws.install()
    module, _, name = where["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        asked = json.loads(line)
        event, times = json.dumps(asked["event"]), asked["times"]
        events = [json.loads(event) for _ in range(times)]  # Lambda parses the event, not the function
        aws.sent.clear()
        began = time.process_time()
        responses = [handler(event, CONTEXT) for event in events]
        seconds = (time.process_time() - began) / times
        sent = [(name, json.loads(body)) for name, body in aws.sent]
        answer = {"responses": responses, "sent": sent, "seconds": seconds, "modules": len(sys.modules)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
