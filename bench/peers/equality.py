"""Checks that all contestants do the same job, before anything is measured.

Each gets the same request. Its response must be ours: status, media type, ETag, and body, in which a member
that is null counts as absent. Its calls to DynamoDB must be ours: the operations, the tables that are read,
the keys of writes, and what is stored except for what is sealed. It must not read more items than we do.
Requests that we refuse must be refused, without a Put.
"""

import base64
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.peers.contestants import CHANGE, CHAT, FRAMEWORKS, JOBS, OURS, USAGE, contestant
from bench.peers.setup import Failed, Process, Setup

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
    found: dict[str, Calls] = {}
    ours: JSON = {}
    with setup.running(contestant(framework, job) for framework in frameworks) as processes:
        for process in processes:
            process.serve(1)  # the container reads its keys
            answer = process.respond()
            seen = observed_job(job, answer)
            ours = ours or seen
            if others := differences(seen, ours):
                raise Failed(f"{process.contestant.framework}, {job}: {others}")
            framework = process.contestant.framework
            found[framework] = _calls(answer["sent"])
            if found[framework].items_read > found[OURS].items_read:
                raise Failed(f"{framework}, {job}: it reads more items than we do")
            _check_refusals(process, invalid_requests(job, setup.fixture["requests"][job]))
    return found


def _check_refusals(process: Process, requests: list[JSON]) -> None:
    for number, request in enumerate(requests):
        answer = process.respond(request)
        puts = [operation for operation, _ in answer["sent"] if operation in {"PutItem", "BatchWriteItem"}]
        if puts or not 400 <= answer["response"]["statusCode"] < 500:
            raise Failed(f"{process.contestant.framework} accepted request {number}, which is invalid")


def invalid_requests(job: str, request: JSON) -> list[JSON]:
    """Requests that everyone has to refuse: of another session, under another version, malformed."""
    claims = {**request["requestContext"]["authorizer"], "session_id": f"s_{'0' * 26}"}
    found = [{**request, "requestContext": {**request["requestContext"], "authorizer": claims}}]
    if job == CHANGE:
        tag = {"If-Match": '"999"'}
        multi = {name: [value] for name, value in tag.items()}
        found.append(
            {
                **request,
                "headers": {**request["headers"], **tag},
                "multiValueHeaders": {**request["multiValueHeaders"], **multi},
            }
        )
        bodies: list[JSON] = [{}, {"country": "me"}, {"age": 3}, {"job_title": "\u2800"}, {"discoverable": 1}]
        bodies += [{"email": "mila@example.com"}, {"date_of_birth": "1899-05-08"}, {"name": "x" * 101}]
        found += [{**request, "body": json.dumps(body)} for body in bodies]
    if job == USAGE:
        batch = json.loads(request["body"])
        faults = (
            {"name": "a1234"},
            {"at": "1764000000"},
            {"duration_ms": "1"},
            {"screen": "+3816"},
            {"who": "x"},
        )
        for fault in faults:
            events = [*batch["events"][1:], {**batch["events"][0], **fault}]
            found.append({**request, "body": json.dumps({**batch, "events": events})})
        for events in ([], batch["events"] + batch["events"][:1]):
            found.append({**request, "body": json.dumps({**batch, "events": events})})
    return found


def differences(theirs: JSON, ours: JSON) -> str:
    """What differs between two observed jobs; empty if nothing does."""
    return "; ".join(
        f"its {part} is {theirs[part]}, not {expected}"
        for part, expected in ours.items()
        if theirs[part] != expected
    )


def observed_job(job: str, answer: JSON) -> JSON:
    """What has to be the same for all, of a response and of the calls that were made for it."""
    response, sent = answer["response"], answer["sent"]
    several = response.get("multiValueHeaders") or {}
    headers = {name: values[0] for name, values in several.items()} | (response.get("headers") or {})
    lowered = {name.lower(): value for name, value in headers.items()}
    body = {name: value for name, value in json.loads(_text(response)).items() if value is not None}
    return {
        "status": response["statusCode"],
        "media type": lowered["content-type"].split(";")[0],
        "ETag": lowered.get("etag"),
        "body": _relative_to_issue(body) if job == CHAT else body,
        "operations": sorted(operation for operation, _ in sent),
        "tables to read": sorted(table for _, call in sent for table in call.get("RequestItems", ())),
        "writes": sorted(write for operation, call in sent for write in _writes(operation, call)),
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


def _writes(operation: str, call: JSON) -> list[str]:
    """Table, key and content of each write. A counter's other attributes are the business of its owner."""
    match operation:
        case "PutItem":
            written = [(call["TableName"], _content(call["Item"]))]
        case "UpdateItem":
            written = [(call["TableName"], call["Key"])]
        case "BatchWriteItem":
            asked = call["RequestItems"].items()
            written = [(table, _content(put["PutRequest"]["Item"])) for table, puts in asked for put in puts]
        case _:
            written = []
    return [json.dumps(write, sort_keys=True) for write in written]


def _content(item: JSON) -> JSON:
    """An item without its sealed attribute, whose nonce is random, and with its rows as values."""
    content = {name: value for name, value in item.items() if name != "sealed"}
    return {**content, "rows": json.loads(item["rows"]["S"])} if "rows" in item else content


def _calls(sent: list[tuple[str, JSON]]) -> Calls:
    reads = (
        want
        for operation, call in sent
        if operation == "BatchGetItem"
        for want in call["RequestItems"].values()
    )
    operations = Counter(operation for operation, _ in sent)
    return Calls((*sorted(operations.items()),), sum(len(want["Keys"]) for want in reads))
