"""Checks before anything is measured that all contestants do the same job.

Each gets the same request. Its response must be ours: status, body, ETag. Its calls to DynamoDB must be ours:
operations, tables and keys of writes, content of what is stored. It may read fewer items of the same tables
than we do, and the report counts them. Invalid requests must be refused.
"""

import base64
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers.contestants import (
    CHAT,
    FRAMEWORKS,
    JOBS,
    OURS,
    Failed,
    contestant,
    running,
)

JSON = dict[str, Any]


@dataclass(frozen=True)
class Calls:
    """The calls of one warm request, and the items that they read."""

    framework: str
    job: str
    operations: tuple[tuple[str, int], ...]
    items_read: int


def check(fixture_file: Path, fixture: JSON) -> list[Calls]:
    """Compare all frameworks at all jobs; return their calls.

    Raises:
        Failed: one of them does another job.
    """
    found: list[Calls] = []
    for job in JOBS:
        with running(
            [contestant(framework, job) for framework in FRAMEWORKS], fixture_file, fixture
        ) as processes:
            for process in processes:
                process.ask(1)  # the container reads its keys
            done = {process.contestant.framework: process.ask("check") for process in processes}
        for framework, answer in done.items():
            _compare(framework, job, _seen(job, answer), _seen(job, done[OURS]))
            operations = Counter(operation for operation, _ in answer["sent"])
            found.append(Calls(framework, job, (*sorted(operations.items()),), _items_read(answer["sent"])))
    return found


def _compare(framework: str, job: str, theirs: JSON, ours: JSON) -> None:
    for part, expected in ours.items():
        if theirs[part] != expected:
            raise Failed(f"{framework}, {job}: its {part} is {theirs[part]}, not {expected}")


def _seen(job: str, answer: JSON) -> JSON:
    """What has to be the same for all."""
    response, sent = answer["response"], answer["sent"]
    headers = {
        **{k: v[0] for k, v in (response.get("multiValueHeaders") or {}).items()},
        **(response.get("headers") or {}),
    }
    lowered = {name.lower(): value for name, value in headers.items()}
    body = {name: value for name, value in json.loads(_text(response)).items() if value is not None}
    return {
        "status": response["statusCode"],
        "media type": lowered["content-type"].split(";")[0],
        "ETag": lowered.get("etag"),
        "body": _from_issue(body) if job == CHAT else body,
        "operations": sorted(operation for operation, _ in sent),
        "tables that are read": sorted(
            {table for op, call in sent if op == "BatchGetItem" for table in call["RequestItems"]}
        ),
        "writes": sorted(_writes(job, sent)),
    }


def _text(response: JSON) -> str:
    body: str = response["body"]
    return base64.b64decode(body).decode() if response.get("isBase64Encoded") else body


def _from_issue(body: JSON) -> JSON:
    """A chat token with its times counted from its issue: the requests were not served at one instant."""
    head, claims, _ = body["token"].split(".")
    found = json.loads(base64.urlsafe_b64decode(claims + "=="))
    issued = found.pop("iat")
    return {
        **body,
        "token": (json.loads(base64.urlsafe_b64decode(head + "==")), {**found, "exp": found["exp"] - issued}),
        "expires_at": body["expires_at"][-1:] + str(len(body["expires_at"])),
    }


def _writes(job: str, sent: list[tuple[str, JSON]]) -> list[tuple[str, str, str]]:
    """Operation, table and key of each write; of a stored batch also its content."""
    found: list[tuple[str, str, str]] = []
    for operation, call in sent:
        if operation == "BatchWriteItem":
            for table, puts in call["RequestItems"].items():
                found += [(operation, table, _content(put["PutRequest"]["Item"])) for put in puts]
        elif operation == "PutItem":
            item = {name: value for name, value in call["Item"].items() if name != "sealed"}
            found.append((operation, call["TableName"], json.dumps(item, sort_keys=True)))
        elif operation == "UpdateItem":
            found.append((operation, call["TableName"], json.dumps(call["Key"], sort_keys=True)))
    return found


def _content(item: JSON) -> str:
    rows = [json.dumps(row, sort_keys=True) for row in json.loads(item["rows"]["S"])]
    return json.dumps({**item, "rows": rows}, sort_keys=True)


def _items_read(sent: list[tuple[str, JSON]]) -> int:
    reads = (
        want
        for operation, call in sent
        if operation == "BatchGetItem"
        for want in call["RequestItems"].values()
    )
    return sum(len(want["Keys"]) for want in reads)
