"""Further requests of each job, of which only the results are compared: other decisions, and refusals."""

import json
from datetime import datetime, timedelta
from typing import Any

from bench.peers.contestants import CHANGE, USAGE
from chalicelib.core import clock

JSON = dict[str, Any]


def accepted(job: str, request: JSON) -> list[JSON]:
    """Requests that succeed in another way than that of the job."""
    if job == CHANGE:
        patch = {"job_title": None, "online_visible": None, "name": " Mila P. ", "date_of_birth": None}
        return [_with_body(request, patch)]
    if job == USAGE:
        return [_with_events(request, _mixed(json.loads(request["body"])["events"]))]
    return []


def _mixed(events: list[JSON]) -> list[JSON]:
    """Events of each kind: valid ones, a fault, and those to drop."""
    at = datetime.fromisoformat(events[0]["at"])
    fault = {"kind": "crash", "error": "SIGSEGV", "memory_mb": 312}
    before_consent, too_old, ahead = (
        clock.to_text(at - by) for by in (timedelta(hours=30), timedelta(hours=49), timedelta(hours=-3))
    )
    return [
        {**events[0], "screen": None, "diagnostics": None},
        {**events[1], "at": at.strftime("%Y-%m-%dt%H:%M:%S.5+00:00"), "id": events[1]["id"].upper()},
        events[0],
        {**events[2], "name": "app.crashed", "diagnostics": fault},
        {**events[3], "at": before_consent},
        {**events[4], "at": too_old},
        {**events[5], "at": ahead},
        {**events[6], "name": "app.crashed", "at": before_consent, "diagnostics": {"kind": "hang"}},
    ]


def refused(job: str, request: JSON) -> list[JSON]:
    """Requests that must be refused: of an ended session, under another version, or malformed."""
    claims = {**request["requestContext"]["authorizer"], "session_id": f"s_{'0' * 26}"}
    found = [{**request, "requestContext": {**request["requestContext"], "authorizer": claims}}]
    if job == CHANGE:
        bodies: list[JSON] = [
            {},
            {"country": "me"},
            {"age": 3},
            {"job_title": "\u2800"},
            {"discoverable": 1},
            {"email": "mila@example.com"},
            {"date_of_birth": "1899-05-08"},
            {"name": "x" * 101},
        ]
        found += [_with_version(request, '"999"'), *(_with_body(request, body) for body in bodies)]
    if job == USAGE:
        events = json.loads(request["body"])["events"]
        faults: list[JSON] = [
            {"name": "a1234"},
            {"at": "1764000000"},
            {"duration_ms": "1"},
            {"screen": "+3816"},
            {"diagnostics": {"kind": "sad"}},
            {"room": "x"},
        ]
        found += [_with_events(request, [*events[1:], {**events[0], **fault}]) for fault in faults]
        found += [_with_events(request, []), _with_events(request, events + events[:1])]
    return found


def _with_version(request: JSON, etag: str) -> JSON:
    return {
        **request,
        "headers": {**request["headers"], "If-Match": etag},
        "multiValueHeaders": {**request["multiValueHeaders"], "If-Match": [etag]},
    }


def _with_events(request: JSON, events: list[JSON]) -> JSON:
    return _with_body(request, {**json.loads(request["body"]), "events": events})


def _with_body(request: JSON, body: JSON) -> JSON:
    return {**request, "body": json.dumps(body)}
