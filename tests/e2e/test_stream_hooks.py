"""Tests that the emulated Stream's own hooks reach the deployed API, and what the deployed worker does."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from stream_chat import StreamChat

from chalicelib.core.ids import UserId
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from tests.support.canaries.values import letters
from tests.support.stream.hooks import PATH, an_event, sign, user_event

_SECONDS = 60.0


@pytest.fixture
def sdk(cloud: LocalCloud) -> Iterator[StreamChat]:
    """Return Stream's SDK with the secret of the server, as Stream's dashboard."""
    sdk = StreamChat(cloud.stream.api_key, cloud.stream.secret, base_url=cloud.stream.url)
    cloud.stream.choose(house_rules=False, task_progress="instant")
    with sdk.session:
        yield sdk
    cloud.stream.choose(house_rules=True, task_progress="poll")


@pytest.fixture
def vera(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> Phone:
    """Return a user whom Stream has."""
    phone = a_phone()
    phone.sign_up("Vera")
    until(lambda: phone.user_id in cloud.stream.state()["users"], "the user at Stream", _SECONDS)
    return phone


def sends(cloud: LocalCloud, event: dict[str, Any], headers: dict[str, str] | None = None) -> int:
    """Send a hook as Stream does; returns the status."""
    content = json.dumps(event).encode()
    signed = {"Content-Type": "application/json", **_signed(cloud, content), **(headers or {})}
    return requests.post(cloud.state.api_url + PATH, data=content, headers=signed, timeout=30).status_code


def passes_on(cloud: LocalCloud, body: bytes, content: bytes) -> int:
    """Invoke the function as the gateway of AWS does with a binary body; returns the status.

    The emulated gateway knows no binary media types, and would not pass the bytes on unchanged.
    """
    event = {
        "resource": PATH,
        "path": PATH,
        "httpMethod": "POST",
        "headers": {"content-type": "application/octet-stream", **_signed(cloud, content)},
        "multiValueQueryStringParameters": None,
        "pathParameters": {},
        "stageVariables": None,
        "requestContext": {
            "requestId": "local", "identity": {"sourceIp": "203.0.113.7"}, "resourcePath": PATH,
            "httpMethod": "POST",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }  # fmt: skip
    status: int = json.load(cloud.invoke("hooks", event)["Payload"])["statusCode"]
    return status


def _signed(cloud: LocalCloud, content: bytes) -> dict[str, str]:
    return {"X-Api-Key": cloud.stream.api_key, "X-Signature": sign(content, cloud.stream.secret)}


def logged(cloud: LocalCloud, label: str) -> int:
    """Return the sum of a metric of the function that receives hooks."""
    lines = [json.loads(line) for line in cloud.log_lines("-hooks") if line.startswith("{")]
    return sum(sum(line[label]) for line in lines if "_aws" in line and label in line)


@pytest.mark.promise("STR-2")
def test_field_that_a_client_wrote_is_removed_by_streams_own_hook(
    cloud: LocalCloud, sdk: StreamChat, vera: Phone
) -> None:
    canary = letters(20)
    sdk.update_user_partial({"id": vera.user_id, "set": {"shoe_size": canary}})
    until(lambda: "shoe_size" not in cloud.stream.user(vera.user_id), "the field to be removed", _SECONDS)
    assert cloud.stream.user(vera.user_id)["name"] == "Vera"

    def outcomes() -> set[int | str]:
        return {attempt["outcome"] for attempt in cloud.stream.hooks("user.updated")}

    until(lambda: 204 in outcomes(), "the answer to the hook", _SECONDS)  # the worker may be faster
    assert not [line for line in cloud.log_lines() if canary in line]


@pytest.mark.promise("STR-12")
def test_softly_deleted_message_is_deleted_for_good_by_streams_own_hook(
    cloud: LocalCloud, sdk: StreamChat, vera: Phone
) -> None:
    channel = sdk.channel("messaging", f"trip-{letters(8)}", {"members": [vera.user_id]})
    channel.create("system")
    gone, kept = (
        channel.send_message({"text": text}, vera.user_id)["message"]["id"] for text in ("gone", "kept")
    )
    sdk.delete_message(gone)

    def left() -> list[str]:
        messages = cloud.stream.state()["channels"][channel.cid]["messages"]
        return [message["id"] for message in messages]

    until(lambda: left() == [kept], "the message to be deleted", _SECONDS)


@pytest.mark.promise("STR-6")
def test_deletion_in_streams_dashboard_opens_a_case_that_an_operator_closes(
    cloud: LocalCloud, sdk: StreamChat, vera: Phone, run: Callable[..., Any]
) -> None:
    sdk.delete_users([vera.user_id], "hard", messages="hard", conversations="hard")

    def listed() -> bool:
        shown = run("alice", "list", group="stream-cases")
        assert shown.exit_code == 0, shown.output
        return vera.user_id in shown.output

    until(listed, "the case", _SECONDS)
    cloud.run("reconcile_chat")  # counts it under its own role
    assert listed()
    closed = run("alice", "close", vera.user_id, "--outcome", "mistake", group="stream-cases")
    assert (closed.exit_code, "closed as mistake" in closed.output) == (0, True)
    assert not listed()


@pytest.mark.promise("STR-2")
def test_deployed_route_verifies_binary_bodies_and_refuses_the_rest(cloud: LocalCloud) -> None:
    canary, event = letters(20), user_event("user.updated", UserId.new(), shoe_size="42")
    event["user"]["shoe_size"] = canary
    queued, content = logged(cloud, "HookQueued"), json.dumps(event).encode()
    assert passes_on(cloud, gzip.compress(content), content) == 204
    assert sends(cloud, event) == 204  # a replay
    assert sends(cloud, event, {"X-Signature": "0" * 64}) == 401
    assert sends(cloud, event, {"X-Api-Key": "another"}) == 401
    assert sends(cloud, an_event("message.new", message={"text": canary})) == 204
    assert passes_on(cloud, gzip.compress(b"\0" * 32_000_000), b"") == 413
    until(lambda: logged(cloud, "HookQueued") > queued, "the metric", _SECONDS)
    assert logged(cloud, "HookQueued") == queued + 1
    assert not [line for line in cloud.log_lines() if canary in line]
