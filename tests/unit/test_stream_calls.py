"""Tests that each call of Stream sends the data that it declares to egress, and nothing else.

The table is literal: a call that sends one more field, to a path, in the query or in the body, is not in it.
"""

import ast
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from stream_chat import StreamChat

from chalicelib.core import egress
from chalicelib.core.ids import UserId
from chalicelib.core.settings import ErasureExtent
from chalicelib.privacy.purposes import Category
from chalicelib.stream import channels, gateway
from chalicelib.stream.model import (
    ChatChannel,
    ChatProfile,
    FoundMessage,
    MessageId,
    StreamUnavailable,
    TaskId,
)
from chalicelib.stream.settings.app import StreamApp
from chalicelib.stream.users import access, sync
from tests.support.stream.emulated_app import choices

STREAM = Path(gateway.__file__).parent
URL = "https://stream.invalid"

MILA, VUK = UserId("u_" + "1" * 26), UserId("u_" + "2" * 26)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TASK, NOTE, FILE = TaskId("task-1"), MessageId("m-1"), "https://files.invalid/1"
CHANNEL = "/channels/messaging/cv_1"
CID = "messaging:cv_1"
GROUP = ChatChannel(CID, MILA, (MILA, VUK), "Trip")
MESSAGE = FoundMessage(NOTE, "messaging", "cv_1", MILA, is_deleted=True)
PICTURE = "https://pictures.invalid/1"

# Options of a call, times, ids and addresses of files that Stream made, and settings.
OTHER = None
ID, CONTACTS = Category.PSEUDONYM, Category.CONTACTS
LISTING: dict[str, Category | None] = dict.fromkeys(
    ("/users", "?payload.limit", "?payload.include_deactivated_users"), OTHER
)

# By the function that calls: how to play it, and each part of the request with the category it discloses.
CALLS: dict[str, tuple[Callable[[], object], dict[str, Category | None]]] = {
    "gateway.upsert": (
        lambda: gateway.upsert([ChatProfile(MILA, "Mila", PICTURE, invisible=True)]),
        {
            "/users": OTHER,
            f"users.{MILA}.id": ID,
            f"users.{MILA}.name": Category.NAME,
            f"users.{MILA}.image": Category.SELF_IMAGE,
            f"users.{MILA}.invisible": Category.ACCOUNT_SETTINGS,
        },
    ),
    "gateway.revoke": (
        lambda: gateway.revoke({MILA: NOON}),
        {"/users": OTHER, "users.id": ID, "users.set.revoke_tokens_issued_before": OTHER},
    ),
    "gateway.deactivate": (lambda: gateway.deactivate(MILA), {f"/users/{MILA}/deactivate": ID}),
    "gateway.reactivate": (lambda: gateway.reactivate(MILA), {f"/users/{MILA}/reactivate": ID}),
    "gateway.export_users": (
        lambda: gateway.export_users([MILA]),
        {"/export/users": OTHER, "user_ids": ID},
    ),
    "gateway.delete_users": (
        lambda: gateway.delete_users([MILA], ErasureExtent.KEEP_CONVERSATIONS),
        {
            "/users/delete": OTHER,
            "user_ids": ID,
            "user": OTHER,
            "messages": OTHER,
            "calls": OTHER,
            "files": OTHER,
        },
    ),
    "gateway.find_users": (
        lambda: gateway.find_users([MILA]),
        {**LISTING, "?payload.filter_conditions.id.$in": ID},
    ),
    "gateway.list_users": (
        lambda: gateway.list_users(MILA),
        {
            **LISTING,
            "?payload.filter_conditions.id.$gt": ID,
            "?payload.sort.field": OTHER,
            "?payload.sort.direction": OTHER,
        },
    ),
    "gateway.task": (lambda: gateway.task(TASK), {f"/tasks/{TASK}": OTHER}),
    "channels.get_or_create": (
        lambda: channels.get_or_create(GROUP),
        {
            f"{CHANNEL}/query": ID,
            "data.created_by.id": ID,
            "data.members": CONTACTS,
            "data.name": Category.CONTENT_PRIVATE,
            "members.limit": OTHER,
            "messages.limit": OTHER,
            "presence": OTHER,
            "state": OTHER,
            "watch": OTHER,
        },
    ),
    "channels.list_channels": (
        lambda: channels.list_channels("2026-11-24T12:00:00Z"),
        dict.fromkeys(
            (
                "/channels",
                "filter_conditions.type.$in",
                "filter_conditions.created_at.$gte",
                "sort.field",
                "sort.direction",
                "limit",
                "member_limit",
                "message_limit",
                "presence",
                "state",
                "watch",
            ),
            OTHER,
        ),
    ),
    "channels.add_members": (
        lambda: channels.add_members(CID, [VUK]),
        {CHANNEL: ID, "add_members": CONTACTS, "message": OTHER},
    ),
    "channels.remove_members": (
        lambda: channels.remove_members(CID, [VUK]),
        {CHANNEL: ID, "remove_members": CONTACTS, "message": OTHER},
    ),
    "channels.rename": (
        lambda: channels.rename(CID, "Trip"),
        {CHANNEL: ID, "set.name": Category.CONTENT_PRIVATE},
    ),
    "channels.delete": (lambda: channels.delete(CID), {CHANNEL: ID, "?hard_delete": OTHER}),
    "channels.find_message": (
        lambda: channels.find_message(NOTE),
        {f"/messages/{NOTE}": ID, "?show_deleted_message": OTHER},
    ),
    "channels.hide_message": (
        lambda: channels.hide_message(replace(MESSAGE, is_deleted=False)),
        {f"/messages/{NOTE}": ID},
    ),
    "channels.delete_message": (
        lambda: channels.delete_message(MESSAGE),
        {f"/messages/{NOTE}": ID, "?hard": OTHER},
    ),
    "channels._delete_file": (
        lambda: channels._delete_file.__wrapped__(f"{CHANNEL[1:]}/file", FILE, 0),
        {f"{CHANNEL}/file": ID, "?url": OTHER},
    ),
    "access._delete_push_token": (
        lambda: access._delete_push_token(MILA, "token that Stream listed"),
        {"/devices": OTHER, "?user_id": ID, "?id": OTHER},
    ),
    "sync.block": (
        lambda: sync.block(MILA, VUK),
        {"/users/block": OTHER, "user_id": ID, "blocked_user_id": CONTACTS},
    ),
    "sync.unblock": (
        lambda: sync.unblock(MILA, VUK),
        {"/users/unblock": OTHER, "user_id": ID, "blocked_user_id": CONTACTS},
    ),
    "sync.blocked_users": (
        lambda: sync.blocked_users(MILA),
        {"/users/block": OTHER, "?user_id": ID},
    ),
    "app.read": (lambda: StreamApp().read(choices()), {"/app": OTHER}),
    "app.webhook_owners": (lambda: StreamApp().webhook_owners(), {"/app": OTHER}),
    "app.change_app": (lambda: StreamApp().change_app({"a": 1}), {"/app": OTHER, "a": OTHER}),
    "app.change_channel_type": (
        lambda: StreamApp().change_channel_type("messaging", {"a": 1}),
        {"/channeltypes/messaging": OTHER, "a": OTHER},
    ),
    "app.change_retention": (
        lambda: StreamApp().change_retention({"a": 1}),
        {"/retention_policy": OTHER, "a": OTHER},
    ),
    "app.provide_system_user": (
        lambda: StreamApp().provide_system_user(),
        {
            **LISTING,
            "users.ru4m.id": OTHER,
            "users.ru4m.name": OTHER,
            "?payload.filter_conditions.id.$in": OTHER,
        },
    ),
    "app._channel_type": (
        lambda: StreamApp()._channel_type("messaging"),
        {"/channeltypes/messaging": OTHER},
    ),
    "app._retention": (lambda: list(StreamApp()._retention()), {"/retention_policy": OTHER}),
    "app._system_user": (
        lambda: StreamApp()._system_user(),
        {**LISTING, "?payload.filter_conditions.id.$in": OTHER},
    ),
}


class Line(requests.Session):
    """Keeps what is sent; the answer is an empty object."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = set[str]()

    def request(self, *args: Any, **sent: Any) -> requests.Response:
        _, url = args
        self.parts.add(url.removeprefix(URL))
        query = {name: opened(value) for name, value in sent["params"].items() if name != "api_key"}
        self.parts.update(f"?{name}" for name in leaves(query))
        self.parts.update(leaves(json.loads(sent.get("data") or "{}")))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"{}"
        return answer


def opened(value: Any) -> Any:
    """Return a value of the query; the SDK puts JSON into it."""
    with suppress(TypeError, ValueError):
        return json.loads(value)
    return value


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the path of each value in a body."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, path)
    else:
        yield ".".join(path)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """Return the line to Stream, over which the gateway's client sends."""
    line = Line()
    client = StreamChat(api_key="key", api_secret="a secret of 32 characters or more", base_url=URL)
    client.set_http_session(line)
    monkeypatch.setattr(gateway, "_client", lambda: client)
    return line


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """Return the categories that each call declares to egress, which checks them as ever."""
    check, found = egress.check, list[frozenset[str]]()

    def noted(to: egress.Registered, purpose: str, categories: Iterable[str]) -> None:
        found.append(frozenset(categories))
        check(to, purpose, categories)

    monkeypatch.setattr(egress, "check", noted)
    return found


@pytest.mark.promise("SEC-2", "STR-2")
@pytest.mark.parametrize("name", CALLS)
def test_call_of_stream_sends_what_it_declares_and_nothing_else(
    line: Line, declared: list[frozenset[str]], name: str
) -> None:
    play, parts = CALLS[name]
    with suppress(StreamUnavailable):  # an answer without data is none
        play()
    assert line.parts == parts.keys()
    assert set(declared) == {frozenset(category for category in parts.values() if category)}


@pytest.mark.promise("SEC-2")
def test_each_call_of_stream_is_in_the_table() -> None:
    """A function calls the SDK through a function of the client, which is what `ask` takes."""
    callers = {
        f"{path.stem}.{function.name}"
        for path in STREAM.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for part in ast.walk(function)
        if isinstance(part, ast.Lambda) and [arg.arg for arg in part.args.args] == ["client"]
    }
    assert callers == CALLS.keys()


@pytest.mark.promise("SEC-2")
def test_profile_without_a_picture_sends_none(line: Line) -> None:
    gateway.upsert([ChatProfile(MILA, "Mila", None)])
    assert line.parts == {"/users", f"users.{MILA}.id", f"users.{MILA}.name"}
