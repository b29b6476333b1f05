"""Tests the worker of Stream's events: the current state at Stream and of the account decides (ADR 39)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests

from chalicelib.accounts import service as accounts
from chalicelib.core import metrics, queues
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.reconciliation import events
from chalicelib.stream import gateway
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import freeze
from tests.support.clouds import cloud
from tests.support.clouds.cloud import take_messages
from tests.support.jobs.profile_sync import at_stream, resync, sync
from tests.support.stream.chat import Chatters
from tests.support.stream.hooks import message_deleted, queued, sends_hook, user_event, work
from tests.support.world.limits import configure
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def vera(world: World, stream: Emulator) -> User:
    """Return a user whom Stream has as her profile is."""
    user = world.a_user()
    assert sync(user) == []
    return user


def body_of(kind: str, subject: str, **more: str) -> str:
    fields = {"type": kind, "id": subject, "not_before": "", **more}
    return queues.body_of(**fields)


def writes_field(stream: Emulator, user: User, **fields: Any) -> None:
    """Write fields of a user at Stream as a client can whose app's grants are not hardened."""
    stream.choose(house_rules=False)
    gateway._client().update_user_partial({"id": user.user_id, "set": fields})
    stream.choose(house_rules=True)


def writes_to(stream: Emulator) -> int:
    """The number of full writes of users by the server."""
    return len([one for one in stream.requests(path="/users") if one["method"] == "POST"])


def sent_again(stream: Emulator, user: User) -> dict[str, Any]:
    """Return a user at Stream after the worker of marks has run."""
    assert resync() == 0
    return at_stream(stream, user)


# --- fields that are not ours


@pytest.mark.promise("STR-2")
def test_field_that_a_client_wrote_is_removed(
    world: World, stream: Emulator, vera: User, counts: Counter[Metric]
) -> None:
    writes_field(stream, vera, shoe_size="42")
    assert sends_hook(world, user_event("user.updated", vera.user_id, shoe_size="42")).status == 204
    assert work() == []
    assert "shoe_size" not in sent_again(stream, vera)
    assert at_stream(stream, vera)["name"] == vera.profile()["display_name"]
    assert counts[Metric.STREAM_FIELDS_STRIPPED] == 1


def registers_push_tokens(stream: Emulator, user: User, *tokens: str) -> list[dict[str, str]]:
    """Register push tokens as a client can; returns them as an event shows them."""
    stream.choose(house_rules=False)
    for token in tokens:
        gateway._client().add_device(token, "firebase", user.user_id)
    stream.choose(house_rules=True)
    return [{"id": token, "push_provider": "firebase"} for token in tokens]


def push_tokens_of(user: User) -> list[str]:
    found = gateway._client().get_devices(user.user_id)["devices"]
    return [one["id"] for one in found]


@pytest.mark.promise("STR-2")
def test_push_tokens_that_an_app_registered_are_deleted_and_the_profile_stays(
    world: World, stream: Emulator, vera: User, counts: Counter[Metric]
) -> None:
    devices = registers_push_tokens(stream, vera, "token-1", "token-2")
    before = writes_to(stream)
    assert sends_hook(world, user_event("user.updated", vera.user_id, devices=devices)).status == 204
    assert work() == []
    assert push_tokens_of(vera) == []
    assert writes_to(stream) == before
    assert counts[Metric.STREAM_PUSH_TOKEN_DELETED] == 2
    assert counts[Metric.STREAM_FIELDS_STRIPPED] == 0


@pytest.mark.promise("STR-2")
def test_push_token_is_deleted_after_an_outage(stream: Emulator, vera: User) -> None:
    registers_push_tokens(stream, vera, "token-1")
    stream.fault(method="DELETE", path="/devices", status=503)
    body = body_of("user.updated", vera.user_id)
    assert work(body) == [body]
    assert work(body) == []
    assert push_tokens_of(vera) == []


@pytest.mark.promise("STR-2")
def test_event_about_a_field_that_is_gone_changes_nothing(stream: Emulator, vera: User) -> None:
    before = writes_to(stream)
    assert work(body_of("user.updated", vera.user_id)) == []
    assert writes_to(stream) == before


@pytest.mark.promise("STR-2")
def test_fields_of_a_user_are_removed_at_most_once_an_hour(
    world: World, stream: Emulator, vera: User
) -> None:
    body = body_of("user.updated", vera.user_id)
    writes_field(stream, vera, shoe_size="42")
    assert work(body) == []
    assert resync() == 0
    before = writes_to(stream)
    for size in range(43, 46):
        writes_field(stream, vera, shoe_size=str(size))
        assert work(body) == []
    assert writes_to(stream) == before
    (waiting,) = take_messages("hooks")  # one of the three waits
    world.advance(59 * MINUTE)
    assert work(waiting) == []
    assert writes_to(stream) == before
    (waiting,) = take_messages("hooks")
    world.advance(2 * MINUTE)
    assert work(waiting) == []
    assert "shoe_size" not in sent_again(stream, vera)


@pytest.mark.promise("STR-2")
def test_field_that_all_users_have_does_not_make_the_worker_write_all_users(
    world: World,
    stream: Emulator,
    vera: User,
    counts: Counter[Metric],
) -> None:
    configure(RECONCILIATION_FOUND_RUN="1")
    other = world.a_user()
    assert sync(other) == []
    for user in (vera, other):
        writes_field(stream, user, new_field_of_streams="x")
    assert work(body_of("user.updated", vera.user_id), body_of("user.updated", other.user_id)) == []
    assert "new_field_of_streams" in sent_again(stream, other)
    assert (counts[Metric.STREAM_FIELDS_STRIPPED], counts[Metric.STREAM_FIELDS_LEFT]) == (1, 1)
    world.advance(HOUR)
    assert work(body_of("user.updated", other.user_id)) == []
    assert "new_field_of_streams" not in sent_again(stream, other)


@pytest.mark.promise("STR-2")
@pytest.mark.parametrize("killed", ["mark", "count"])
def test_removal_is_done_although_the_worker_was_killed(
    world: World, stream: Emulator, vera: User, killed: str
) -> None:
    body = body_of("user.updated", vera.user_id)
    writes_field(stream, vera, shoe_size="42")
    target = (accounts, "renew_mark") if killed == "mark" else (metrics, "count")
    with mock.patch.object(*target, side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        work(body)
    assert work(body) == []
    for waiting in take_messages("hooks"):
        world.advance(HOUR)
        assert work(waiting) == []
    assert "shoe_size" not in sent_again(stream, vera)


@pytest.mark.promise("STR-2")
def test_waiting_event_survives_a_worker_that_is_killed_after_sending_it(
    world: World, stream: Emulator, vera: User
) -> None:
    body = body_of("user.updated", vera.user_id)
    writes_field(stream, vera, shoe_size="42")
    assert work(body) == []
    writes_field(stream, vera, shoe_size="43")
    with (
        mock.patch.object(events, "WAITING", mock.Mock(**{"hit.side_effect": KeyboardInterrupt})),
        pytest.raises(KeyboardInterrupt),
    ):
        work(body)
    assert work(body) == []
    world.advance(HOUR)
    assert work() == []
    assert "shoe_size" not in sent_again(stream, vera)


def test_fields_of_a_frozen_account_and_of_a_stranger_are_left_to_the_pass(
    stream: Emulator, vera: User
) -> None:
    freeze(vera.account_id)
    writes_field(stream, vera, shoe_size="42")
    before = writes_to(stream)
    assert work(body_of("user.updated", vera.user_id), body_of("user.updated", UserId.new())) == []
    assert writes_to(stream) == before


# --- messages that were deleted softly


@pytest.fixture
def messages_of(stream: Emulator) -> Any:
    def read() -> list[str]:
        channel = stream.state()["channels"]["messaging:trip"]
        return [message["id"] for message in channel["messages"]]

    return read


@pytest.mark.promise("STR-12")
def test_softly_deleted_message_and_its_files_are_deleted_for_good(
    world: World, stream: Emulator, chat: Chatters, messages_of: Any, tmp_path: Path, counts: Counter[Metric]
) -> None:
    (tmp_path / "note.txt").write_text("private")
    files = [chat.uploads("Mila", tmp_path / "note.txt") for _ in range(3)]
    attached = [
        {"type": "file", "asset_url": files[0], "title": "note.txt"},
        {"type": "image", "image_url": files[1], "thumb_url": "https://elsewhere.example/preview.png"},
    ]
    gone, kept = chat.says("Mila", "hello", attachments=attached), chat.says("Mila", "stays")
    chat.deletes(gone)
    assert sends_hook(world, message_deleted(gone)).status == 204
    assert work() == []
    assert messages_of() == [kept]
    assert list(stream.state()["files"]) == [files[2]]
    assert counts[Metric.STREAM_MESSAGE_DELETED] == 1


@pytest.mark.promise("STR-12")
@pytest.mark.parametrize("field", ["asset_url", "file_url", "image_url", "thumb_url"])
def test_file_in_each_field_of_an_attachment_is_deleted(
    stream: Emulator, chat: Chatters, tmp_path: Path, field: str
) -> None:
    (tmp_path / "note.txt").write_text("private")
    attached = {"type": "image", field: chat.uploads("Mila", tmp_path / "note.txt")}
    message = chat.says("Mila", "hello", attachments=[attached])
    chat.deletes(message)
    assert work(body_of("message.deleted", message)) == []
    assert stream.state()["files"] == {}


def refuses_files(stream: Emulator, times: int = 1) -> None:
    """Let Stream refuse to delete files, as it refuses one that is not its own."""
    stream.fault(path="^/channels/messaging/trip/file", method="DELETE", status=400, code=4, times=times)


@pytest.fixture
def deleted(chat: Chatters, tmp_path: Path) -> str:
    """Return a message with two files at Stream, which was deleted softly."""
    (tmp_path / "note.txt").write_text("private")
    attached = [{"type": "file", "asset_url": chat.uploads("Mila", tmp_path / "note.txt")} for _ in range(2)]
    message = chat.says("Mila", "hello", attachments=attached)
    chat.deletes(message)
    return message


@pytest.mark.promise("STR-12")
def test_message_whose_file_stream_keeps_stays_and_is_deleted_an_hour_later(
    world: World, stream: Emulator, deleted: str, messages_of: Any
) -> None:
    refuses_files(stream)
    assert work(body_of("message.deleted", deleted)) == []
    assert (messages_of(), len(stream.state()["files"])) == ([deleted], 1)
    (waiting,) = take_messages("hooks")
    assert work(waiting) == []  # an hour has not passed
    (waiting,) = take_messages("hooks")
    world.advance(HOUR)
    assert work(waiting) == []
    assert (messages_of(), stream.state()["files"], queued()) == ([], {}, [])


@pytest.mark.promise("STR-12")
def test_message_whose_file_stream_keeps_twice_is_set_aside_for_operators(
    world: World, stream: Emulator, deleted: str, messages_of: Any, counts: Counter[Metric]
) -> None:
    refuses_files(stream, times=4)
    assert work(body_of("message.deleted", deleted)) == []
    (waiting,) = take_messages("hooks")
    world.advance(HOUR)
    assert work(waiting) == []
    assert (messages_of(), queued(), counts[Metric.MESSAGE_SET_ASIDE]) == ([deleted], [], 1)
    assert counts[Metric.STREAM_MESSAGE_DELETED] == 0
    (kept,) = take_messages("dead")
    world.advance(HOUR)
    assert work(kept) == []  # an operator's redrive
    assert (messages_of(), stream.state()["files"]) == ([], {})


@pytest.mark.promise("STR-12")
def test_refused_files_are_not_tried_again_within_the_hour(stream: Emulator, deleted: str) -> None:
    refuses_files(stream, times=9)
    for _ in range(3):
        assert work(body_of("message.deleted", deleted)) == []
    tried = [
        one for one in stream.requests(path="/channels/messaging/trip/file") if one["method"] == "DELETE"
    ]
    assert len(tried) == 2


@pytest.mark.promise("STR-12")
def test_file_that_is_gone_or_on_a_web_page_does_not_keep_the_message(
    stream: Emulator, chat: Chatters, messages_of: Any, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("private")
    gone = chat.uploads("Mila", tmp_path / "note.txt")
    channel = gateway._client().channel("messaging", "trip")
    channel.delete_file(gone)
    attached = [{"asset_url": gone}, {"asset_url": "https://elsewhere.example/a.png"}]
    message = chat.says("Mila", "hello", attachments=attached)
    chat.deletes(message)
    assert work(body_of("message.deleted", message)) == []
    assert messages_of() == []


@pytest.mark.promise("STR-12")
def test_message_is_delivered_again_if_nobody_says_whether_its_file_is_there(
    stream: Emulator, deleted: str, messages_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses_files(stream)
    monkeypatch.setattr(requests.Session, "get", mock.Mock(side_effect=requests.ConnectionError))
    body = body_of("message.deleted", deleted)
    assert work(body) == [body]
    assert messages_of() == [deleted]


@pytest.mark.promise("STR-12")
def test_message_that_is_gone_is_done(stream: Emulator, chat: Chatters) -> None:
    assert work(body_of("message.deleted", "never-was")) == []


@pytest.mark.promise("STR-12")
def test_message_that_is_not_deleted_stays_whatever_the_event_says(chat: Chatters, messages_of: Any) -> None:
    message = chat.says("Mila", "hello")
    assert work(body_of("message.deleted", message)) == []
    assert messages_of() == [message]


@pytest.mark.promise("STR-12")
def test_message_in_a_channel_of_another_type_stays(stream: Emulator, chat: Chatters) -> None:
    sdk = gateway._client()
    channel = sdk.channel("team", "office", {"members": [chat["Mila"]]})
    channel.create("system")
    message = channel.send_message({"text": "hello"}, chat["Mila"])["message"]["id"]
    sdk.delete_message(message)
    assert work(body_of("message.deleted", message)) == []  # an event may name any channel
    assert len(stream.state()["channels"]["team:office"]["messages"]) == 1


@pytest.mark.promise("STR-12")
@pytest.mark.parametrize("path", ["^/messages/", "^/channels/messaging/trip/file"])
@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429}, {"commit": True, "drop_connection": True}]
)
def test_deletion_is_repeated_after_an_outage_of_stream(
    stream: Emulator,
    chat: Chatters,
    messages_of: Any,
    tmp_path: Path,
    path: str,
    fault: dict[str, Any],
) -> None:
    (tmp_path / "note.txt").write_text("private")
    attached = [{"type": "file", "asset_url": chat.uploads("Mila", tmp_path / "note.txt")}]
    message = chat.says("Mila", "hello", attachments=attached)
    chat.deletes(message)
    stream.fault(path=path, method="DELETE", **fault)
    body = body_of("message.deleted", message)
    assert work(body) == ([] if "commit" in fault else [body])  # the SDK repeats a call whose answer is lost
    assert work(body) == []
    assert messages_of() == []
    assert stream.state()["files"] == {}


@pytest.mark.promise("STR-12")
def test_deletion_that_stream_did_and_answered_with_400_is_done(
    stream: Emulator, chat: Chatters, messages_of: Any
) -> None:
    message = chat.says("Mila", "hello")
    chat.deletes(message)
    refusal = {"code": 4, "message": "DeleteMessage failed", "StatusCode": 400, "duration": "8s"}
    stream.fault(path="^/messages/", method="DELETE", commit=True, status=400, body=json.dumps(refusal))
    assert work(body_of("message.deleted", message)) == []
    assert messages_of() == []


@pytest.mark.promise("STR-12")
def test_refused_deletion_is_delivered_again_and_delays_no_other(
    stream: Emulator, chat: Chatters, messages_of: Any
) -> None:
    first, second = chat.says("Mila", "one"), chat.says("Mila", "two")
    chat.deletes(first)
    chat.deletes(second)
    stream.fault(path=f"^/messages/{first}$", method="DELETE", status=400)
    bodies = [body_of("message.deleted", message) for message in (first, second)]
    assert work(*bodies) == [bodies[0]]
    assert messages_of() == [first]


# --- messages of the queue


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "{}",
        body_of("message.new", "a-message"),
        body_of("message.deleted", "../app"),
        body_of("user.deleted", "system"),
        body_of("user.updated", "u_1", not_before="soon"),
        body_of("user.updated", f"u_{'0' * 26}", not_before="9" * 12),
        json.dumps({"type": "user.deleted", "id": 7, "not_before": ""}),
    ],
)
def test_malformed_message_causes_no_call(stream: Emulator, body: str) -> None:
    assert work(body) == []
    assert stream.requests(principal="server") == []
    assert take_messages("dead") == [body]


def test_event_is_delivered_again_while_a_table_is_down(stream: Emulator) -> None:
    bodies = [body_of("user.deleted", UserId.new()), body_of("user.updated", UserId.new())]
    with mock.patch("chalicelib.accounts.service.owner_of_user", side_effect=Unavailable):
        assert work(*bodies) == bodies


@pytest.mark.promise("SEC-1")
def test_field_of_a_client_is_in_no_table_log_or_message(world: World, stream: Emulator, vera: User) -> None:
    canary = world.canaries("shoe size")
    body = body_of("user.updated", vera.user_id)
    for size in (canary, canary + "x"):
        writes_field(stream, vera, shoe_size=size)
        sends_hook(world, user_event("user.updated", vera.user_id, shoe_size=size))
        assert work(body) == []
    world.advance(DAY)
    assert canary not in json.dumps(queued()) + world.log.getvalue() + str(list(cloud.all_items()))
