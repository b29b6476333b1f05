"""Checks that all contestants do the same job, before anything is measured.

Each gets the same requests, also those of `variants`. Its response must be ours: status, media type, ETag,
and body, in which a member that is null counts as absent. Its calls to DynamoDB must be ours: the operations,
the tables that are read, the keys of writes, and what is stored, also sealed. It must not read more
items than we do. Invalid requests must be refused, without a Put.
"""

import base64
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.peers import variants
from bench.peers.contestants import FRAMEWORKS, JOBS, OURS, contestant
from bench.peers.setup import Failed, Process, Setup
from chalicelib.core.sealing import Place, SealingKeys

JSON = dict[str, Any]


@dataclass(frozen=True)
class Calls:
    """The calls to AWS of one warm request, by operation, and the items that they read."""

    operations: tuple[tuple[str, int], ...]
    items_read: int


def check(setup: Setup, frameworks: tuple[str, ...] = FRAMEWORKS) -> dict[str, dict[str, Calls]]:
    """Compare frameworks with ours, which is the first of them; return their calls by job and framework.

    Raises:
        Failed: one of them does another job.
    """
    return {job: _check_job(setup, job, frameworks) for job in JOBS}


def _check_job(setup: Setup, job: str, frameworks: tuple[str, ...]) -> dict[str, Calls]:
    request, key = setup.fixture["requests"][job], base64.b64decode(setup.fixture["data_key"])
    accepted = [request, *variants.accepted(job, request)]
    ours: list[JSON] = []
    found: dict[str, Calls] = {}
    with setup.running(contestant(framework, job) for framework in frameworks) as processes:
        for process in processes:
            process.serve(1)  # the container reads its keys
            answers = [process.respond(one) for one in accepted]
            seen = [observed_job(answer, key) for answer in answers]
            ours = ours or seen
            framework = process.contestant.framework
            for number, (theirs, expected) in enumerate(zip(seen, ours, strict=True)):
                if others := differences(theirs, expected):
                    raise Failed(f"{framework}, {job}, request {number}: {others}")
            found[framework] = _calls(answers[0]["sent"])
            if found[framework].items_read > found[OURS].items_read:
                raise Failed(f"{framework}, {job}: it reads more items than we do")
            _check_refusals(process, variants.refused(job, request))
    return found


def _check_refusals(process: Process, requests: list[JSON]) -> None:
    for number, request in enumerate(requests):
        answer = process.respond(request)
        puts = [operation for operation, _ in answer["sent"] if operation in {"PutItem", "BatchWriteItem"}]
        if puts or not 400 <= answer["response"]["statusCode"] < 500:
            one = process.contestant
            raise Failed(f"{one.framework}, {one.job}: it accepts invalid request {number}")


def differences(theirs: JSON, ours: JSON) -> str:
    """What differs between two observed jobs; empty if nothing does."""
    return "; ".join(
        f"its {part} is {theirs[part]}, not {expected}"
        for part, expected in ours.items()
        if theirs[part] != expected
    )


def observed_job(answer: JSON, key: bytes) -> JSON:
    """What has to be the same for all, of a response and of its calls; `key`: the subject's data key."""
    response, sent = answer["response"], answer["sent"]
    several = response.get("multiValueHeaders") or {}
    headers = {name: values[0] for name, values in several.items()} | (response.get("headers") or {})
    lowered = {name.lower(): value for name, value in headers.items()}
    body = {name: value for name, value in json.loads(_text(response)).items() if value is not None}
    return {
        "status": response["statusCode"],
        "media type": lowered.get("content-type", "").split(";")[0],
        "ETag": lowered.get("etag"),
        "body": _relative_to_issue(body) if "token" in body else body,
        "operations": sorted(operation for operation, _ in sent),
        "tables to read": sorted(table for _, call in sent for table in call.get("RequestItems", ())),
        "writes": sorted(write for operation, call in sent for write in _writes(operation, call, key)),
    }


def _text(response: JSON) -> str:
    body: str = response["body"]
    return base64.b64decode(body).decode() if response.get("isBase64Encoded") else body


def _relative_to_issue(body: JSON) -> JSON:
    """A chat token with its times as distances, since two requests are not served in the same second."""
    head, claims = (
        json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in body["token"].split(".")[:2]
    )
    issued = claims.pop("iat")
    form = "".join("0" if letter.isdigit() else letter for letter in body["expires_at"])
    return {**body, "token": [head, {**claims, "exp": claims["exp"] - issued}], "expires_at": form}


def _writes(operation: str, call: JSON, key: bytes) -> list[str]:
    """Table, key and content of each write. The other attributes of counters may differ."""
    match operation:
        case "PutItem":
            written = [(call["TableName"], _content(call["Item"], key))]
        case "UpdateItem":
            written = [(call["TableName"], call["Key"])]
        case "BatchWriteItem":
            asked = call["RequestItems"].items()
            written = [
                (table, _content(put["PutRequest"]["Item"], key)) for table, puts in asked for put in puts
            ]
        case _:
            written = []
    return [json.dumps(write, sort_keys=True) for write in written]


def _content(item: JSON, key: bytes) -> JSON:
    """An item with its sealed fields opened, and with its rows as values."""
    content = dict(item)
    if "rows" in item:
        content["rows"] = json.loads(item["rows"]["S"])
    if "sealed" in item:
        place = Place(item["kind"]["S"], item["pk"]["S"], item["sk"]["S"])
        sealed = base64.b64decode(item["sealed"]["B"])
        content["sealed"] = json.loads(SealingKeys(1, {1: key}.get).open(sealed, place))
    return content


def _calls(sent: list[tuple[str, JSON]]) -> Calls:
    reads = (
        want
        for operation, call in sent
        if operation == "BatchGetItem"
        for want in call["RequestItems"].values()
    )
    operations = Counter(operation for operation, _ in sent)
    return Calls((*sorted(operations.items()),), sum(len(want["Keys"]) for want in reads))
