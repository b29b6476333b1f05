"""Tests what `POST /v1/hooks/stream` accepts, refuses and passes on (STR-2, STR-6, STR-12, ADR 39)."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core import aws, clock, keyring
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import UserId
from chalicelib.stream.webhook import store
from chalicelib.stream.webhook.intake import MAX_BYTES, MAX_COMPRESSED
from tests.support.clouds import cloud
from tests.support.stream.hooks import (
    PATH,
    an_event,
    gzipped,
    message_deleted,
    queued,
    sends_hook,
    sign,
    user_event,
)
from tests.support.world.world import World

MILA = UserId.new()


def with_field(**more: Any) -> dict[str, Any]:
    """Return the event of a client that wrote a field of its own."""
    return user_event("user.updated", MILA, shoe_size="42", **more)


# --- what is passed on


@pytest.mark.promise("STR-2")
def test_event_with_a_field_that_is_not_ours_is_queued_by_type_id_and_hash(world: World) -> None:
    event = with_field()
    assert sends_hook(world, event).status == 204
    (message,) = queued()
    assert {name: message[name] for name in ("type", "id")} == {"type": "user.updated", "id": MILA}
    assert message.keys() == {"type", "id", "not_before"}


@pytest.mark.promise("STR-2")
@pytest.mark.parametrize("more", [{}, {"custom": {}}, {"teams": ["x"]}, {"image": "https://x.example/y"}])
def test_event_with_fields_of_ours_and_of_stream_only_is_not_queued(
    world: World, more: dict[str, Any]
) -> None:
    assert sends_hook(world, user_event("user.updated", MILA, **more)).status == 204
    assert queued() == []


@pytest.mark.promise("STR-12")
def test_soft_deletion_of_a_message_is_queued(world: World) -> None:
    assert sends_hook(world, message_deleted("a-message")).status == 204
    (message,) = queued()
    assert (message["type"], message["id"]) == ("message.deleted", "a-message")


@pytest.mark.promise("STR-12")
@pytest.mark.parametrize(
    "event",
    [
        message_deleted("a-message") | {"hard_delete": True},
        message_deleted("a-message", cid="livestream:trip"),
        message_deleted("a-message", cid="messaging-but-not:trip"),
        message_deleted("../app"),
        message_deleted(""),
        an_event("message.deleted", cid="messaging:trip"),
        an_event("message.deleted", cid="messaging:trip", message={"id": ["a"]}),
    ],
)
def test_other_deletions_of_messages_are_not_queued(world: World, event: dict[str, Any]) -> None:
    assert sends_hook(world, event | {"created_at": an_event("x")["created_at"]}).status == 204
    assert queued() == []


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize("kind", ["user.deleted", "user.deactivated"])
def test_end_of_a_user_is_queued(world: World, kind: str) -> None:
    assert sends_hook(world, user_event(kind, MILA)).status == 204
    (message,) = queued()
    assert (message["type"], message["id"]) == (kind, MILA)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("message.new", {"message": {"text": "hello"}}),
        ("poll.closed", {}),
        ("user.deleted", {"user": {"id": "system"}}),
        ("user.deleted", {}),
        ("user.deleted", {"user": "u_1"}),
    ],
    ids=str,
)
def test_event_that_needs_no_work_is_ignored(world: World, kind: str, fields: dict[str, Any]) -> None:
    assert sends_hook(world, an_event(kind, **fields)).status == 204
    assert queued() == []


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"type": 7}),
        "[]",
        "null",
        "not JSON",
        "[" * 100_000,
        "",
        "\ud83d".encode("utf-16", "surrogatepass").decode("latin-1"),
    ],
    ids=range(7),
)
def test_body_that_is_no_event_is_ignored(world: World, content: str) -> None:
    assert sends_hook(world, content.encode()).status == 204
    assert queued() == []


# --- compression and bounds


def test_compressed_body_is_verified_decompressed(world: World) -> None:
    assert sends_hook(world, with_field(), packed=gzipped, headers={"content-encoding": "gzip"}).status == 204
    assert len(queued()) == 1


def test_compressed_body_of_a_binary_type_arrives_as_base64(world: World) -> None:
    reply = sends_hook(
        world, with_field(), packed=gzipped, headers={"content-type": "application/octet-stream"}
    )
    assert reply.status == 204
    assert len(queued()) == 1


def test_body_that_a_gateway_decompressed_is_accepted_with_the_header_left(world: World) -> None:
    assert sends_hook(world, with_field(), headers={"content-encoding": "gzip"}).status == 204
    assert len(queued()) == 1


def test_signature_over_the_compressed_body_is_refused(world: World) -> None:
    sent = gzip.compress(json.dumps(with_field()).encode())
    reply = sends_hook(world, sent)
    assert (reply.status, reply.problem) == (401, "invalid_signature")


def test_gzip_bomb_is_refused_without_the_memory_of_its_content(world: World) -> None:
    bomb = gzip.compress(b"\0" * (64 * MAX_BYTES))
    assert len(bomb) < MAX_COMPRESSED
    world.call("POST", PATH, raw=b"{}", headers={"x-signature": "", "x-api-key": "test-key"})
    tracemalloc.start()
    try:
        reply = sends_hook(world, b"", packed=lambda _: bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (reply.status, reply.problem) == (413, "payload_too_large")
    assert peak < 8 * MAX_BYTES


@pytest.mark.parametrize(
    "sent",
    [b"x" * (MAX_BYTES + 1), b"\x1f\x8b" + b"x" * MAX_COMPRESSED, gzip.compress(b" " * (MAX_BYTES + 1))],
    ids=["plain", "compressed", "decompressed"],
)
def test_oversized_body_is_refused(world: World, sent: bytes) -> None:
    reply = sends_hook(world, b"", packed=lambda _: sent)
    assert (reply.status, reply.problem) == (413, "payload_too_large")


def test_largest_body_is_accepted(world: World) -> None:
    event = json.dumps(with_field()).encode()
    assert sends_hook(world, event + b" " * (MAX_BYTES - len(event)), packed=gzipped).status == 204
    assert len(queued()) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x1f\x8bnonsense",
        gzip.compress(b"{}")[:-4],  # cut
        gzip.compress(b"{}") + b"more",
        gzip.compress(b"{}") + gzip.compress(b"{}"),
        gzip.compress(zlib.compress(b"{}"))[:15],
    ],
    ids=["nonsense", "cut", "more", "twice", "no JSON, cut"],
)
def test_invalid_gzip_is_refused(world: World, sent: bytes) -> None:
    reply = sends_hook(world, b"{}", packed=lambda _: sent)
    assert (reply.status, reply.problem) == (400, "invalid_request")


# --- forged


@pytest.mark.promise("STR-2")
@pytest.mark.parametrize(
    "changed",
    [
        {"x-signature": "0" * 64},
        {"x-signature": ""},
        {"x-signature": "é"},
        {"x-api-key": "another-key"},
        {"x-api-key": ""},
    ],
)
def test_forged_hook_is_refused_and_not_queued(world: World, changed: dict[str, str]) -> None:
    reply = sends_hook(world, with_field(), headers=changed)
    assert (reply.status, reply.problem) == (401, "invalid_signature")
    assert queued() == []


@pytest.mark.parametrize("missing", ["x-signature", "x-api-key"])
def test_hook_without_signature_or_key_is_refused(world: World, missing: str) -> None:
    content = json.dumps(with_field()).encode()
    headers = {"x-signature": sign(content), "x-api-key": "test-key"}
    del headers[missing]
    reply = world.call("POST", PATH, raw=content, headers=headers)
    assert (reply.status, reply.problem) == (401, "invalid_signature")


def test_hook_signed_with_another_secret_is_refused(world: World) -> None:
    assert sends_hook(world, with_field(), secret="another").status == 401
    assert queued() == []


def test_altered_body_is_refused(world: World) -> None:
    event = json.dumps(with_field()).encode()
    assert sends_hook(world, event, packed=lambda body: body.replace(b"42", b"43")).status == 401


def test_rotated_secret_is_read_from_the_vault_after_a_mismatch(world: World) -> None:
    assert sends_hook(world, with_field()).status == 204
    aws.client("secretsmanager").put_secret_value(
        SecretId="ru4m/test/stream", SecretString=json.dumps({"secret": "rotated"})
    )
    assert sends_hook(world, with_field(age=1), secret="rotated").status == 204
    assert len(queued()) == 2


def test_forged_hooks_read_the_vault_once_a_minute(world: World) -> None:
    assert sends_hook(world, with_field()).status == 204
    with mock.patch.object(keyring, "_read", side_effect=keyring._read) as read:
        for _ in range(5):
            assert sends_hook(world, with_field(), secret="another").status == 401
        world.advance(MINUTE)
        assert sends_hook(world, with_field(), secret="another").status == 401
    assert read.call_count == 2


def test_forged_hook_does_not_lose_the_secret_while_the_vault_is_down(world: World) -> None:
    assert sends_hook(world, with_field(age=1)).status == 204
    with mock.patch.object(keyring, "_read", side_effect=Unavailable):
        sends_hook(world, with_field(age=2), secret="forged")
        assert sends_hook(world, with_field(age=3)).status == 204


def test_unreachable_vault_makes_stream_send_the_hook_again(world: World) -> None:
    with mock.patch.object(keyring, "stream_secret", side_effect=Unavailable):
        assert sends_hook(world, with_field()).status == 503
    assert queued() == []


# --- replayed, stale, reordered


@pytest.mark.promise("STR-2")
def test_replayed_hook_is_accepted_and_queued_once(world: World) -> None:
    event = with_field()
    for attempt in "123":
        assert sends_hook(world, event, headers={"x-webhook-attempt": attempt}).status == 204
    assert len(queued()) == 1


def test_same_body_under_another_id_is_a_replay(world: World) -> None:
    event = with_field()
    assert sends_hook(world, event).status == 204
    assert sends_hook(world, event, packed=gzipped, headers={"x-webhook-id": "another"}).status == 204
    assert len(queued()) == 1


def test_replay_after_the_hash_has_expired_is_stale(world: World) -> None:
    event = with_field()
    assert sends_hook(world, event).status == 204
    world.advance(2 * DAY + MINUTE)
    assert sends_hook(world, event).status == 204
    assert len(queued()) == 1


@pytest.mark.parametrize("age", [DAY + MINUTE, 400 * DAY, -6 * MINUTE])
def test_event_that_is_too_old_or_in_the_future_is_dropped(world: World, age: Any) -> None:
    assert sends_hook(world, with_field(at=clock.now() - age)).status == 204
    assert queued() == []


@pytest.mark.parametrize("at", [None, 7, "yesterday", "2026-11-24T12:00:00", "2026-13-01T00:00:00Z"])
def test_event_without_a_readable_instant_is_dropped(world: World, at: object) -> None:
    assert sends_hook(world, {**with_field(), "created_at": at}).status == 204
    assert queued() == []


def test_events_are_queued_in_whatever_order_they_arrive(world: World) -> None:
    later, earlier = with_field(at=clock.now()), with_field(at=clock.now() - HOUR)
    assert [sends_hook(world, event).status for event in (later, earlier)] == [204, 204]
    assert len(queued()) == 2


# --- our side is down


@pytest.mark.promise("STR-12")
def test_hook_is_sent_again_after_an_outage_of_the_queue_and_then_queued(world: World) -> None:
    event = with_field()
    with cloud.failing("sqs", "SendMessage", EndpointConnectionError(endpoint_url="https://sqs")):
        reply = sends_hook(world, event)
    assert (reply.status, reply.problem) == (503, "unavailable")
    assert sends_hook(world, event).status == 204
    assert len(queued()) == 1


def test_hook_whose_function_was_killed_after_the_message_is_queued_again(world: World) -> None:
    event = with_field()
    with mock.patch.object(store, "put", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        sends_hook(world, event)
    assert len(queued()) == 1
    assert sends_hook(world, event).status == 204  # lost is worse than twice
    assert len(queued()) == 1


@pytest.mark.parametrize("call", ["is_known", "put"])
def test_hook_is_queued_while_the_table_is_down(world: World, call: str) -> None:
    with mock.patch.object(store, call, side_effect=Unavailable):
        assert sends_hook(world, with_field()).status == 204
    assert len(queued()) == 1


# --- what is kept of a body


@pytest.mark.promise("SEC-1")
def test_content_of_a_hook_is_in_no_table_log_or_message(world: World) -> None:
    canary = world.canaries("text")
    events = [
        with_field(name=canary, nickname=canary),
        user_event("user.deleted", MILA, name=canary),
        message_deleted("a-message") | {"members": [{"user": {"name": canary}}], "text": canary},
        an_event("message.new", message={"id": "x", "text": canary}),
    ]
    for event in events:
        assert sends_hook(world, event).status == 204
        assert sends_hook(world, event, secret="another").status == 401
    assert canary not in json.dumps(queued()) + world.log.getvalue()
    assert canary not in str(list(cloud.all_items()))


@pytest.mark.promise("RET-2")
def test_hash_of_a_hook_expires_after_two_days(world: World) -> None:
    assert sends_hook(world, with_field()).status == 204
    (row,) = cloud.records("stream_hook")
    assert int(row["expires_at"]["N"]) == clock.to_epoch(clock.now() + 2 * DAY)
