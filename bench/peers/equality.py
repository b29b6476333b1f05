"""Checks that all functions do the same job, before anything is measured.

Each gets the same requests. Its response must be ours: status, media type, ETag, and body, in which a member
that is null counts as absent. Its calls to DynamoDB must be ours: the operations, the tables that are read,
the keys of writes, and what is stored, also sealed. It must not read more items than we do. Invalid requests
must be refused, without a Put.
"""

import base64
import json
from collections import Counter
from typing import Any, NamedTuple

from bench.peers.runner import FRAMEWORKS, JOBS, OURS, Failed, Function, Setup
from chalicelib.core.sealing import Place, SealingKeys

JSON = dict[str, Any]


class Calls(NamedTuple):
    """The calls to AWS of one warm request, and the items that they read."""

    operations: str
    items_read: int


def check(setup: Setup, frameworks: tuple[str, ...] = FRAMEWORKS) -> dict[Function, Calls]:
    """Compare frameworks with ours, which is the first of them; return their calls.

    Raises:
        Failed: one of them does another job.
    """
    found: dict[Function, Calls] = {}
    for job in JOBS:
        expected: list[JSON] = []
        for function in (Function(framework, job) for framework in frameworks):
            seen, found[function] = _observe(function, setup)
            expected = expected or seen
            for number, (theirs, ours) in enumerate(zip(seen, expected, strict=True)):
                if others := differences(theirs, ours):
                    raise Failed(f"{function}, request {number}: {others}")
            if found[function].items_read > found[Function(OURS, job)].items_read:
                raise Failed(f"{function}: it reads more items than we do")
    return found


def _observe(function: Function, setup: Setup) -> tuple[list[JSON], Calls]:
    """What a function does at each request, and its calls at the first; it must refuse invalid ones."""
    accepted, refused = (setup.fixture[name][function.job] for name in ("accepted", "refused"))
    with setup.running(function) as process:
        process.serve(accepted[0])  # the container reads its keys
        answers = [process.serve(one) for one in accepted]
        for number, request in enumerate(refused):
            answer = process.serve(request)
            puts = {"PutItem", "BatchWriteItem"} & {operation for operation, _ in answer["sent"]}
            if puts or not 400 <= answer["responses"][0]["statusCode"] < 500:
                raise Failed(f"{function}: it accepts invalid request {number}")
    key = base64.b64decode(setup.fixture["data_key"])
    return [observed_job(answer, key) for answer in answers], _calls(answers[0]["sent"])


def differences(theirs: JSON, ours: JSON) -> str:
    """What differs between two observed jobs; empty if nothing does."""
    parts = (part for part in ours if theirs[part] != ours[part])
    return "; ".join(f"its {part} is {theirs[part]}, not {ours[part]}" for part in parts)


def observed_job(answer: JSON, key: bytes) -> JSON:
    """What has to be the same for all, of a response and of its calls; `key`: the subject's data key."""
    (response,), sent = answer["responses"], answer["sent"]
    several = response.get("multiValueHeaders") or {}
    headers = {name: values[0] for name, values in several.items()} | (response.get("headers") or {})
    lowered = {name.lower(): value for name, value in headers.items()}
    text = base64.b64decode(response["body"]) if response.get("isBase64Encoded") else response["body"]
    body = {name: value for name, value in json.loads(text).items() if value is not None}
    return {
        "status": response["statusCode"],
        "media type": lowered.get("content-type", "").split(";")[0],
        "ETag": lowered.get("etag"),
        "body": _relative_to_issue(body) if "token" in body else body,
        "operations": sorted(operation for operation, _ in sent),
        "tables to read": sorted(table for _, call in sent for table in call.get("RequestItems", ())),
        "writes": sorted(write for _, call in sent for write in _writes(call, key)),
    }


def _relative_to_issue(body: JSON) -> JSON:
    """A chat token with its times as distances, since two requests are not served in the same second."""
    parts = body["token"].split(".")[:2]
    head, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in parts)
    issued = claims.pop("iat")
    form = "".join("0" if letter.isdigit() else letter for letter in body["expires_at"])
    return {**body, "token": [head, {**claims, "exp": claims["exp"] - issued}], "expires_at": form}


def _writes(call: JSON, key: bytes) -> list[str]:
    """Table, key and content of each write. The other attributes of counters may differ."""
    tables = call.get("RequestItems", {}).items()
    batches = ((table, put) for table, puts in tables for put in puts if "PutRequest" in put)
    puts = [(table, put["PutRequest"]["Item"]) for table, put in batches]
    if "Item" in call:
        puts.append((call["TableName"], call["Item"]))
    written = [(table, _content(item, key)) for table, item in puts]
    if "UpdateExpression" in call:
        written.append((call["TableName"], call["Key"]))
    return [json.dumps(write, sort_keys=True) for write in written]


def _content(item: JSON, key: bytes) -> JSON:
    """An item with its sealed fields opened, and with its rows as values."""
    content = dict(item)
    if "rows" in item:
        content["rows"] = json.loads(item["rows"]["S"])
    if "unsent" in item:  # its token is random, and two requests are not served in the same second
        content["unsent"] = sorted(item["unsent"]["M"])
        content["due_at"] = "".join("0" if letter.isdigit() else letter for letter in item["due_at"]["S"])
    if "sealed" in item:
        place = Place(item["kind"]["S"], item["pk"]["S"], item["sk"]["S"])
        sealed = base64.b64decode(item["sealed"]["B"])
        content["sealed"] = json.loads(SealingKeys(1, {1: key}.get).open(sealed, place))
    return content


def _calls(sent: list[tuple[str, JSON]]) -> Calls:
    numbers = sorted(Counter(operation for operation, _ in sent).items())
    operations = ", ".join(name if number == 1 else f"{number} {name}" for name, number in numbers)
    reads = (call["RequestItems"].values() for operation, call in sent if operation == "BatchGetItem")
    return Calls(operations, sum(len(want["Keys"]) for wants in reads for want in wants))
