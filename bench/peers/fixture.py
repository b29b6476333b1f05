"""The state and the requests that all functions get: one user, as our own service stored them."""

import base64
import json
import os
import uuid
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, cast

import time_machine

from bench.peers.runner import AUTHORIZER, CHANGE, CHAT, ONE_READ, READ, USAGE, Failed
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock, keyring, metrics, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import commit
from chalicelib.privacy import subject_keys
from tests.support.clouds import cloud, environment
from tests.support.world.builders import a_device
from tests.support.world.practices import every_purpose_offered
from tests.support.world.world import World, a_log

JSON = dict[str, Any]

WORDS: JSON = json.loads(Path(__file__).with_name("requests.json").read_text())
EVENTS = 100
NOTHING: JSON = {}
_TERMS = [notice.version for notice in versions.FROZEN if notice.kind is NoticeKind.TERMS]


def fixture() -> JSON:
    """Return a user's items, the secrets, the environment of a function, and the requests of each job.

    The first request of `accepted` is the one that is measured. The others succeed in another way. Those of
    `refused` must be refused: of an ended session, under another version, or malformed.
    """
    with (
        time_machine.travel(datetime.now(UTC) - timedelta(minutes=10)) as traveller,
        cloud.emulated(),
        redirect_stdout(StringIO()),
        every_purpose_offered(),
    ):
        mila = World(traveller, a_log()).a_user()
        # Most accounts have no address: it is verified by a mail, and its claim is another item.
        for response in (mila.changes(**WORDS["profile"]), mila.consents("analytics")):
            if response.status != 200:
                raise Failed(f"the state of the fixture was refused with {response.status}")
        etag = mila.gets("/v1/profile").headers["etag"]
        session_id = mila.session["session_id"]
        claims = {"account_id": mila.account_id, "session_id": session_id, "principalId": "account"}
        account_id = AccountId(mila.account_id)
        keys = subject_keys.from_item(account_id, table.get(subject_keys.key(account_id)))
        commit(*notices.acceptances(account_id, *_TERMS))
        metrics.forget()
        variables = (*environment.variables(), "RU4M_STAGE_KEYS")  # without those of this machine
        return {
            "items": {settings().table(name): _items(name) for name in Table},
            "secrets": {f"ru4m/test/{n}": json.dumps(s) for n, s in environment.secret_documents().items()},
            "stage_key": _base64(keyring._unwrapped(1)),
            "data_key": _base64(keys.find(1)),
            # On this stage our policy applies, which offers the consent: that of 2024 offers none.
            "environment": {name: os.environ[name] for name in variables} | {"RU4M_STAGE": "local"},
            "accepted": _accepted(claims, etag),
            "refused": _refused(claims, etag),
        }


def _items(name: Table) -> list[JSON]:
    """The items of a table as DynamoDB's JSON: binary values as base64."""
    return cast("list[JSON]", json.loads(json.dumps(cloud.items_of(name), default=_base64)))


def _base64(binary: Any) -> str:  # noqa: ANN401 - bytes, or boto3's Binary
    return base64.b64encode(binary).decode()


def _accepted(claims: JSON, etag: str) -> dict[str, list[JSON]]:
    events = _events()
    chat = _request(claims, "POST", "/v1/chat/token")
    return {
        CHAT: [chat],
        ONE_READ: [chat],
        READ: [_request(claims, "GET", "/v1/profile")],
        CHANGE: [_change(claims, etag, WORDS[name]) for name in ("changes", "other_changes")],
        USAGE: [_usage(claims, events), _usage(claims, _mixed(events))],
        AUTHORIZER: [_authorization(claims)],
    }


def _refused(claims: JSON, etag: str) -> dict[str, list[JSON]]:
    events = _events()
    changes = [_change(claims, etag, changes) for changes in WORDS["refused_changes"]]
    of_an_ended_session = _accepted({**claims, "session_id": f"s_{'0' * 26}"}, etag)
    ended = {job: requests[:1] for job, requests in of_an_ended_session.items()}
    return ended | {
        CHANGE: [*ended[CHANGE], _change(claims, '"999"', WORDS["changes"]), *changes],
        # Peers also refuse a batch with an invalid event, which we only drop: they do less.
        USAGE: [*ended[USAGE], *(_usage(claims, batch) for batch in ([], events + events[:1]))],
    }


def _events() -> list[JSON]:
    at = clock.to_text(clock.now())
    varied = (
        {"event_id": str(uuid.uuid4()), "occurred_at": at, "duration_ms": 1_000 + number}
        for number in range(EVENTS)
    )
    return [WORDS["usage_event"] | one for one in varied]


def _mixed(events: list[JSON]) -> list[JSON]:
    """Events of each kind: valid ones, a fault, and those to drop."""
    at = datetime.fromisoformat(events[0]["occurred_at"])
    fault = {"kind": "crash", "error": "SIGSEGV", "memory_mb": 312}
    before_consent, too_old, ahead = (clock.to_text(at - timedelta(hours=hours)) for hours in (30, 49, -3))
    return [
        {**events[0], "screen": None, "diagnostics": None},
        {
            **events[1],
            "occurred_at": at.strftime("%Y-%m-%dt%H:%M:%S.5+00:00"),
            "event_id": events[1]["event_id"].upper(),
        },
        events[0],
        {**events[2], "name": "app.crashed", "diagnostics": fault},
        {**events[3], "occurred_at": before_consent},
        {**events[4], "occurred_at": too_old},
        {**events[5], "occurred_at": ahead},
        {**events[6], "name": "app.crashed", "occurred_at": before_consent, "diagnostics": {"kind": "hang"}},
    ]


def _usage(claims: JSON, events: list[JSON]) -> JSON:
    body = {"events": events, "device": a_device()}
    return _request(claims, "POST", "/v1/usage", body, {"Content-Type": "application/json"})


def _change(claims: JSON, etag: str, changes: JSON) -> JSON:
    headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    return _request(claims, "PATCH", "/v1/profile", changes, headers)


def _request(claims: JSON, method: str, path: str, body: JSON = NOTHING, headers: JSON = NOTHING) -> JSON:
    """An event of the API Gateway (REST, version 1), after its authorizer."""
    event, sent = WORDS["event"], WORDS["headers"] | headers
    context = {"httpMethod": method, "resourcePath": path, "path": f"/api{path}"}
    return {
        **event,
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "requestContext": {**event["requestContext"], **context, "authorizer": claims},
        "body": None if body is NOTHING else json.dumps(body),
    }


def _authorization(claims: JSON) -> JSON:
    now = clock.to_epoch(clock.now())
    subject = {"sub": claims["account_id"], "sid": claims["session_id"]}
    times: JSON = {"iat": now, "exp": now + 86_400}
    token = environment.token_with(iss=environment.ISSUER, aud=settings().audience, **subject, **times)
    return {**WORDS["authorizer_event"], "authorizationToken": f"Bearer {token}"}
