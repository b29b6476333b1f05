"""Hooks as Stream sends them, signed with the secret of the tests, and the worker that works on them."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.core import clock
from chalicelib.reconciliation.jobs import work_on_hooks
from tests.support.clouds.cloud import take_messages
from tests.support.clouds.environment import STREAM_API_KEY, STREAM_SECRET
from tests.support.jobs.events import messages
from tests.support.world.world import Reply, World

PATH = "/v1/hooks/stream"


def an_event(kind: str, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """Return an event of this type, with nanoseconds as Stream writes them."""
    text = (at or clock.now()).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    return {"type": kind, "created_at": text, **fields}


def user_event(kind: str, user_id: str, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """Return an event about a user."""
    user = {"id": user_id, "name": "Mila", "role": "user", "online": False, "banned": False, **fields}
    return an_event(kind, at, user=user)


def message_deleted(message_id: str, cid: str = "messaging:trip", **fields: Any) -> dict[str, Any]:
    """Return the event of a softly deleted message."""
    about = {"id": message_id, "cid": cid, "type": "deleted"}
    return an_event("message.deleted", cid=cid, message=about, hard_delete=False, **fields)


def sign(content: bytes, secret: str = STREAM_SECRET) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def sends_hook(
    world: World,
    event: dict[str, Any] | bytes,
    *,
    secret: str = STREAM_SECRET,
    api_key: str = STREAM_API_KEY,
    packed: Callable[[bytes], bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send a hook; `packed` compresses its body after it was signed."""
    content = event if isinstance(event, bytes) else json.dumps(event).encode()
    signed = {
        "content-type": "application/json",
        "x-signature": sign(content, secret),
        "x-api-key": api_key,
        "x-webhook-id": "00000000-0000-0000-0000-000000000000",
        "x-webhook-attempt": "1",
        **(headers or {}),
    }
    return world.call("POST", PATH, raw=packed(content) if packed else content, headers=signed)


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content)


def queued() -> list[dict[str, str]]:
    """Take the messages that wait, as the worker would get them."""
    return [json.loads(body) for body in take_messages("hooks")]


def work(*bodies: str) -> list[str]:
    """Let the worker work on messages, or on all that wait; return those to deliver again."""
    taken = bodies or tuple(take_messages("hooks"))
    if not taken:
        return []
    failed = work_on_hooks(messages(*taken), None)["batchItemFailures"]
    return [taken[int(one["itemIdentifier"].removeprefix("message-"))] for one in failed]
