"""The peer without a framework: a boto3 client and `json`, with pydantic for bodies."""

import json
import os
from typing import Any

from bench.peers.common.accounts import Refused
from bench.peers.common.log import log_request

JSON = dict[str, Any]
Answer = tuple[int, str, dict[str, str]]  # status, JSON text, headers


def chat(_: JSON, account_id: str, session_id: str) -> Answer:
    """Mint a chat token."""
    from bench.peers.common import chat

    minted = chat.mint(account_id, session_id)
    return 200, json.dumps({**minted, "expires_at": f"{minted['expires_at']:%Y-%m-%dT%H:%M:%SZ}"}), {}


def profiles(event: JSON, account_id: str, session_id: str) -> Answer:
    """Read or change the own profile."""
    from bench.peers.common import profiles
    from bench.peers.common.models import OwnProfile, ProfileChanges

    if event["httpMethod"] == "GET":
        profile, etag = profiles.read(account_id, session_id)
    else:
        sent = {name.lower(): value for name, value in event["headers"].items()}.get("if-match")
        if not sent:
            raise Refused(428, "precondition_required")
        changes = ProfileChanges.model_validate_json(event["body"]).changes()
        profile, etag = profiles.change(account_id, session_id, changes, sent)
    return 200, OwnProfile(**profile).model_dump_json(exclude_none=True), {"ETag": etag}


def usage(event: JSON, account_id: str, session_id: str) -> Answer:
    """Submit usage events."""
    from bench.peers.common import usage
    from bench.peers.common.models import UsageBatch

    batch = UsageBatch.model_validate_json(event["body"])
    device = batch.device.model_dump(mode="json")
    accepted, dropped = usage.accept(account_id, session_id, device, batch.submitted())
    return 202, json.dumps({"accepted": accepted, "dropped": dropped}), {}


_serve = {"chat": chat, "profiles": profiles, "usage": usage}[os.environ["RU4M_FUNCTION"]]


def handler(event: JSON, _: object) -> JSON:
    """Serve a request, and write its line."""
    context = event["requestContext"]
    claims = context["authorizer"]
    try:
        status, body, headers = _serve(event, claims["account_id"], claims["session_id"])
    except Refused as refused:
        status, body, headers = refused.status, json.dumps({"code": refused.code}), {}
    except ValueError as error:
        status, body, headers = 400, json.dumps({"code": "invalid_request", "detail": str(error)}), {}
    log_request(event["httpMethod"], context, status)
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": body,
        "isBase64Encoded": False,
    }
