"""Requests that are malformed or out of range, which Stream refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.contract.emulated_app import ERASE, Refused

if TYPE_CHECKING:
    from tests.contract.conftest import Phones
    from tests.contract.emulated_app import App

NO, BAD = Refused(403, 17), Refused(400, 4)
TALK = "/channels/messaging/talk"


@pytest.mark.parametrize("body", [[], "text", 7])
def test_body_that_is_no_object_is_refused(app: App, body: object) -> None:
    assert app.backend().refused("POST", "/users", body) == BAD


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/users", {"users": {}}),
        ("POST", "/users", {"users": ["mila"]}),
        ("POST", "/users", {"users": {"mila": {"id": "mila", "custom": "x"}}}),
        ("PATCH", "/users", {"users": ["mila"]}),
        ("PATCH", "/users", {"users": [{"id": "mila", "set": {"id": "vera"}}]}),
        ("PATCH", "/users", {"users": [{"id": "mila", "unset": ["id"]}]}),
        ("POST", "/users/delete", {"user_ids": ["mila"], "user": "soft", "files": "yes"}),
        ("POST", "/users/delete", {"user_ids": []}),
        ("POST", "/export/users", {"user_ids": "mila"}),
        ("POST", "/channeltypes", {"name": "messaging"}),
        ("POST", "/channeltypes", {}),
        ("POST", "/channels/messaging/query", {"data": {"created_by_id": "system"}}),
        ("POST", f"{TALK}/message", {"message": "hello"}),
        ("POST", f"{TALK}/read", {"user_id": "zoe"}),
        ("POST", f"{TALK}/file", {"user_id": "mila"}),
        ("POST", f"{TALK}/stop-watching", {}),
        ("DELETE", f"{TALK}/file", None),
        ("POST", "/moderation/mute/channel", {"user_id": "mila", "channel_cids": []}),
    ],
)
def test_malformed_body_is_refused(app: App, method: str, path: str, body: object) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    before = app.emulator.state()
    assert app.backend().refused(method, path, body) == BAD
    assert app.emulator.state() == before


@pytest.mark.parametrize(
    "payload",
    [
        {"filter_conditions": ["mila"]},
        {"filter_conditions": {"id": {"$in": "mila"}}},
        {"filter_conditions": {"name": {"$autocomplete": 7}}},
        {"filter_conditions": {"name": {"$gt": 7}}},
        {"filter_conditions": {"$and": []}},
        {"filter_conditions": {"$nor": [{"id": "mila"}]}},
        {"filter_conditions": {}, "sort": "id"},
        {"filter_conditions": {}, "sort": [{"field": "id", "direction": "down"}]},
        {"filter_conditions": {}, "sort": ["id"]},
    ],
)
def test_malformed_query_is_refused(app: App, payload: dict[str, Any]) -> None:
    app.people("mila")
    assert app.backend().refused("GET", "/users", payload=json.dumps(payload)) == BAD


@pytest.mark.parametrize(
    "message",
    [
        {"text": "x" * 5001},
        {"text": ""},
        {"text": "again", "id": "said"},
        {"text": "as he said", "quoted_message_id": "nothing"},
    ],
)
def test_unfit_message_is_refused(app: App, message: dict[str, Any]) -> None:
    app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    channel.send_message({"id": "said", "text": "hello"}, "mila")
    assert app.refused(lambda: channel.send_message(message, "mila")) == BAD


def test_client_does_not_send_to_a_frozen_channel(app: App) -> None:
    app.emulator.choose(house_rules=False)  # the backend freezes no channel
    app.talk("mila", "vera")
    app.server.channel("messaging", "talk").update_partial(to_set={"frozen": True})
    body = {"message": {"text": "hello"}}
    assert app.phone("mila").refused("POST", f"{TALK}/message", body) == NO
    assert app.says("mila", "hello")


def test_reaction_and_file_are_deleted_by_their_owner_only(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "hello")
    app.server.channel("messaging", "talk").send_reaction(said, {"type": "love"}, "vera")
    url = app.phone("mila").upload(f"{TALK}/file", "note.txt", b"hello")
    assert app.phone("vera").refused("DELETE", f"{TALK}/file", url=url) == NO
    assert app.phone("mila").ask("DELETE", f"{TALK}/file", url=url).status_code == 200
    assert app.fetch(url).status_code == 404
    assert app.phone("vera").ask("DELETE", f"/messages/{said}/reaction/love").status_code == 200
    assert app.server.get_message(said)["message"]["latest_reactions"] == []


def test_guests_are_not_modelled_where_they_are_permitted(app: App) -> None:
    app.people("mila")
    app.server.update_app_settings(guest_user_creation_disabled=False)
    assert app.phone("mila").refused("POST", "/guest", {"user": {"id": "guest"}}) == BAD


@pytest.mark.parametrize("order", ["faults", "options", "nonsense"])
def test_malformed_command_is_refused(app: App, order: str) -> None:
    bodies: dict[str, object] = {"faults": {"path": "/"}, "options": {"no_such_option": 1}, "nonsense": {}}
    url = f"{app.emulator.url}/_emulator/{order}"
    assert requests.post(url, json=bodies[order], timeout=10).status_code in (400, 404)


@pytest.mark.parametrize("fault", ["x", {"path": "^["}])
def test_unreadable_fault_is_refused(app: App, fault: object) -> None:
    url = f"{app.emulator.url}/_emulator/faults"
    assert requests.post(url, json=[fault], timeout=10).status_code == 400


@pytest.mark.node
def test_request_of_another_connection_is_refused(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    vera = phones.of("vera").call("connect", user={"id": "vera"}, token=app.token("vera"))
    query = {"connection_id": vera["connection_id"]}
    body = {"watch": True}
    assert app.phone("mila").refused("POST", f"{TALK}/query", body, **query) == Refused(400, 46)
    assert app.phone("vera").ask("POST", f"{TALK}/query", body, **query).status_code == 201
    assert app.phone("vera").ask("POST", f"{TALK}/stop-watching", {}, **query).status_code == 201
    assert app.emulator.state()["channels"]["messaging:talk"]["watchers"] == []


def test_channel_is_kept_if_a_deletion_has_no_mode_for_the_user(app: App) -> None:
    """Modes that a request omits delete nothing: here only the messages are named."""
    app.talk("mila", "vera")
    app.says("mila", "hello")
    body = {"user_ids": ["mila"], "messages": ERASE["messages"]}
    app.finish(app.backend().ask("POST", "/users/delete", body).json()["task_id"])
    talk = app.emulator.state()["channels"]["messaging:talk"]
    assert (talk["members"], talk["messages"]) == (["mila", "vera"], [])
    assert app.emulator.user("mila")["state"] == "active"


def test_unset_drops_a_field_of_a_channel(app: App) -> None:
    app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    channel.update_partial(to_set={"name": "tea"})
    channel.update_partial(to_unset=["name"])
    assert "name" not in app.emulator.state()["channels"]["messaging:talk"]
