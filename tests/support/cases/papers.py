"""Identity papers: a request that waits for them, their upload, and their worker."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.core import aws
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.papers.jobs import clean_images
from tests.support.cases.guests import requests
from tests.support.jobs.events import Context, messages
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World


def asks_for_a_copy(world: World, user: User) -> dict[str, Any]:
    """Ask for a copy by one proof, so that the request waits for another one, while we take papers."""
    describe(Practice.IDENTITY_PAPERS)
    made: dict[str, Any] = requests(world, phone=user.phone).json
    assert made["status"] == "awaiting_verification"
    return made


def offers(world: World, made: dict[str, Any], receipt: str | None = None) -> Reply:
    """Ask for a form that uploads a paper."""
    return _by_receipt(world, "POST", made, "/papers", receipt)


def listed(world: World, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the papers of a request as its subject sees them."""
    papers: list[dict[str, Any]] = _by_receipt(world, "GET", made, "").json["identity"]["papers"]
    return papers


def _by_receipt(
    world: World, method: str, made: dict[str, Any], below: str, receipt: str | None = None
) -> Reply:
    path = f"/v1/rights-receipts/{made['rights_request_id']}{below}"
    return world.call(method, path, headers={"Rights-Receipt": receipt or made["receipt"]})


def uploads(offer: dict[str, Any], content: bytes) -> str:
    """Upload a file as the form does, without its event; return its key."""
    key: str = offer["fields"]["key"]
    put(key, content)
    return key


def put(key: str, content: bytes) -> None:
    aws.client("s3").put_object(Bucket=settings().papers_bucket(), Key=key, Body=content)


def sends(world: World, made: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Upload a file, and let the worker clean it; return the paper as its subject sees it."""
    clean(uploads(offers(world, made).json, content))
    return listed(world, made)[-1]


def event_of(key: str) -> str:
    """Return the message by which EventBridge reports an upload."""
    return json.dumps({"detail-type": "Object Created", "detail": {"object": {"key": key}}})


def clean(*keys: str) -> None:
    """Let the worker clean uploads."""
    assert clean_images(messages(*map(event_of, keys)), Context(30)) == {"batchItemFailures": []}


def stored_keys() -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=settings().papers_bucket()).get("Contents", [])
    return [one["Key"] for one in found]


def content_of(key: str) -> bytes:
    body: bytes = aws.client("s3").get_object(Bucket=settings().papers_bucket(), Key=key)["Body"].read()
    return body
