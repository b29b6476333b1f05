"""The state and the requests that all contestants get: one user, as our own service stored them."""

import base64
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import time_machine

from bench.peers.contestants import AUTHORIZER, CHANGE, CHAT, ONE_READ, READ, USAGE
from bench.peers.setup import Failed
from bench.peers.stub import stored
from chalicelib.core import aws, clock, keyring, metrics, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy import subject_keys
from tests.support.clouds import cloud, environment
from tests.support.world.builders import a_device
from tests.support.world.world import User, World, a_log

JSON = dict[str, Any]

PROFILE = {
    "display_name": "Mila",
    "name": "Mila Petrović",
    "date_of_birth": "1994-05-08",
    "job_title": "Photographer",
    "employer": "Studio Dunav",
    "country": "RS",
}
EVENTS = 100


def fixture() -> JSON:
    """Return a user's items, the secrets, the environment of a function, and a request of each job."""
    with (
        time_machine.travel(datetime.now(UTC) - timedelta(minutes=10)) as traveller,
        cloud.emulated(),
        redirect_stdout(StringIO()),
    ):
        world = World(traveller, a_log())
        mila = world.a_user()
        # Most accounts have no address: it is verified by a mail, and its claim is another item.
        for response in (mila.changes(**PROFILE), mila.consents("analytics")):
            if response.status != 200:
                raise Failed(f"the state of the fixture was refused with {response.status}")
        etag = mila.gets("/v1/profile").headers["etag"]
        metrics.forget()
        return {
            "items": {settings().table(name): _items(name) for name in Table},
            "secrets": _secrets(),
            "stage_key": _stage_key(),
            "data_key": _data_key(mila),
            "environment": _environment(),
            "requests": dict(_requests(mila, etag)),
        }


def _items(name: Table) -> list[JSON]:
    return [stored(item) for item in cloud.items_of(name)]


def _secrets() -> dict[str, str]:
    return {f"ru4m/test/{name}": json.dumps(held) for name, held in environment.secret_documents().items()}


def _stage_key() -> str:
    """The stage key as KMS answers it, in base64."""
    held = json.loads(os.environ["RU4M_STAGE_KEYS"])["versions"]["1"]
    answer = aws.ask(
        "kms",
        "decrypt",
        CiphertextBlob=base64.b64decode(held),
        EncryptionContext=keyring.encryption_context(),
    )
    return base64.b64encode(answer["Plaintext"]).decode()


def _data_key(user: User) -> str:
    """The data key of the user, with which `equality` opens what the contestants stored."""
    account_id = AccountId(user.account_id)
    plain = subject_keys.from_item(account_id, table.get(subject_keys.key(account_id))).find(1)
    assert plain  # noqa: S101 - the account exists
    return base64.b64encode(plain).decode()


def _environment() -> dict[str, str]:
    """The variables of a function, without those of this machine."""
    names = (*environment.variables(), "RU4M_STAGE_KEYS")
    return {name: os.environ[name] for name in names}


def _requests(mila: User, etag: str) -> Iterator[tuple[str, JSON]]:
    claims = {"account_id": mila.account_id, "session_id": mila.session["session_id"]}
    at = clock.to_text(clock.now())
    usage = {"events": [_event(number, at) for number in range(EVENTS)], "device": a_device()}
    for job in (CHAT, ONE_READ):
        yield job, _request(claims, "POST", "/v1/chat/token")
    yield READ, _request(claims, "GET", "/v1/profile")
    patch = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    changes = {"job_title": "Editor", "country": "ME", "online_visible": False}
    yield CHANGE, _request(claims, "PATCH", "/v1/profile", changes, patch)
    yield USAGE, _request(claims, "POST", "/v1/usage", usage, {"Content-Type": "application/json"})
    yield AUTHORIZER, _authorization(claims)


def _event(number: int, at: str) -> JSON:
    event = {"id": str(uuid.uuid4()), "name": "meeting.joined", "at": at, "screen": "settings/privacy"}
    return event | {"duration_ms": 1_000 + number}


def _request(
    claims: JSON, method: str, path: str, body: JSON | None = None, headers: dict[str, str] | None = None
) -> JSON:
    """An event of the API Gateway (REST, version 1), after its authorizer."""
    sent = {"Accept": "application/json", "Host": "api.test", "User-Agent": "ru4m/1.0", **(headers or {})}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": cloud.ACCOUNT,
            "apiId": "peers",
            "authorizer": {**claims, "principalId": "account"},
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "ru4m/1.0"},
            "path": f"/api{path}",
            "protocol": "HTTP/1.1",
            "requestId": "6b1f5c0e-6a53-4a6e-9a55-0b8c2f4f7d11",
            "requestTimeEpoch": 1_795_000_000_000,
            "resourceId": "peers",
            "resourcePath": path,
            "stage": "api",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def _authorization(claims: JSON) -> JSON:
    now = clock.to_epoch(clock.now())
    token = environment.token_with(
        iss=environment.ISSUER,
        aud=settings().audience,
        sub=claims["account_id"],
        sid=claims["session_id"],
        iat=now,
        exp=now + 86_400,
    )
    return {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {token}",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:peers/api/POST/v1/chat/token",
    }
