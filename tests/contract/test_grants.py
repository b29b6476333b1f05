"""Tests grants: actions that the hardened baseline refuses and the stock grants permit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.stream_emulator import Options, running_emulator
from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

NO = Refused(403, 17)
QUERY = "/channels/messaging/talk/query"
SEARCH = json.dumps({"filter_conditions": {}})


def stock(app: App) -> None:
    """Use Stream's own defaults instead of the hardened baseline."""
    app.server.update_app_settings(grants=None, guest_user_creation_disabled=False)
    for name in ("messaging", "livestream"):
        app.server.update_channel_type(name, grants=None)


def test_app_starts_with_the_hardened_baseline(app: App) -> None:
    settings = app.server.get_app_settings()["app"]
    grants = settings["grants"]
    assert grants["user"] == ["flag-user"]
    assert grants["guest"] == grants["anonymous"] == []
    assert settings["guest_user_creation_disabled"] is True
    assert settings["disable_auth_checks"] is False
    assert settings["disable_permissions_checks"] is False
    types = app.server.list_channel_types()["channel_types"]
    for channel_type in types.values():
        assert [channel_type["grants"][role] for role in ("user", "guest", "anonymous")] == [[]] * 3


def test_emulator_can_start_with_the_stock_grants() -> None:
    with running_emulator(options=Options(grants="stock")) as emulator:
        assert "search-user" in emulator.state()["app"]["grants"]["user"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_client_cannot_write_its_own_profile(app: App, method: str) -> None:
    app.people("mila")
    users: Any = {"mila": {"id": "mila", "email": "m@a.example"}}
    if method == "PATCH":
        users = [{"id": "mila", "set": {"email": "m@a.example"}}]
    assert app.phone("mila").refused(method, "/users", {"users": users}) == NO
    assert "email" not in app.emulator.user("mila")


def test_client_cannot_write_another_profile_despite_grants(app: App) -> None:
    stock(app)
    app.people("mila", "vera")
    body = {"users": {"vera": {"id": "vera", "name": "Not Vera"}}}
    assert app.phone("mila").refused("POST", "/users", body) == NO


def test_client_with_stock_grants_writes_any_field(app: App) -> None:
    stock(app)
    app.people("mila")
    body = {"users": {"mila": {"id": "mila", "email": "m@a.example"}}}
    assert app.phone("mila").ask("POST", "/users", body).status_code == 201
    assert app.emulator.user("mila")["email"] == "m@a.example"


def test_client_cannot_search_for_users(app: App) -> None:
    app.people("mila", "vera")
    assert app.phone("mila").refused("GET", "/users", payload=SEARCH) == NO
    stock(app)
    assert app.phone("mila").ask("GET", "/users", payload=SEARCH).status_code == 200


def test_search_can_be_disabled_for_roles_despite_grants(app: App) -> None:
    stock(app)
    app.people("mila")
    app.server.update_app_settings(user_search_disallowed_roles=["user"])
    assert app.phone("mila").refused("GET", "/users", payload=SEARCH) == NO


def test_client_cannot_create_a_channel(app: App) -> None:
    app.people("mila", "vera")
    body = {"data": {"members": ["mila", "vera"]}}
    assert app.phone("mila").refused("POST", "/channels/messaging/new/query", body) == NO
    assert app.phone("mila").refused("POST", "/channels/messaging/query", body) == NO
    stock(app)
    assert app.phone("mila").ask("POST", "/channels/messaging/query", body).status_code == 201


def test_only_members_read_a_channel(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    assert app.phone("mila").ask("POST", QUERY, {}).status_code == 201
    assert app.phone("zoe").refused("POST", QUERY, {}) == NO


def test_only_members_see_members_and_messages(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    said = app.says("mila", "hello")
    payload = json.dumps({"type": "messaging", "id": "talk"})
    assert app.phone("zoe").refused("GET", "/members", payload=payload) == NO
    assert app.phone("zoe").refused("GET", f"/messages/{said}") == NO
    assert app.phone("vera").ask("GET", f"/messages/{said}").status_code == 200


def test_only_members_write(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    body = {"message": {"text": "let me in"}}
    assert app.phone("zoe").refused("POST", "/channels/messaging/talk/message", body) == NO


def test_query_shows_a_client_only_its_own_channels(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    theirs = {"filter_conditions": {"members": {"$in": ["vera"]}}}
    assert app.phone("zoe").ask("POST", "/channels", theirs).json()["channels"] == []
    (found,) = app.phone("mila").ask("POST", "/channels", theirs).json()["channels"]
    assert found["channel"]["cid"] == "messaging:talk"


def test_client_query_of_channels_needs_a_filter(app: App) -> None:
    app.talk("mila", "vera")
    body: dict[str, Any] = {"filter_conditions": {}}
    assert app.phone("mila").refused("POST", "/channels", body) == Refused(403, 70)


def test_livestream_is_closed_too(app: App) -> None:
    app.talk("vera", type="livestream")
    app.people("mila")
    path = "/channels/livestream/talk/query"
    assert app.phone("mila").refused("POST", path, {}) == NO
    stock(app)
    assert app.phone("mila").ask("POST", path, {}).status_code == 201


@pytest.mark.parametrize("change", [{"add_members": ["zoe"]}, {"remove_members": ["vera"]}])
def test_member_cannot_change_the_members(app: App, change: dict[str, list[str]]) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    assert app.phone("mila").refused("POST", "/channels/messaging/talk", change) == NO


def test_member_leaves_through_the_server_only_and_then_cannot_read(app: App) -> None:
    app.talk("mila", "vera")
    leave = {"remove_members": ["mila"]}
    assert app.phone("mila").refused("POST", "/channels/messaging/talk", leave) == NO
    app.server.channel("messaging", "talk").remove_members(["mila"])
    assert app.phone("mila").refused("POST", QUERY, {}) == NO


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/channels/messaging/talk", None),
        ("POST", "/channels/messaging/talk/truncate", {}),
        ("PATCH", "/channels/messaging/talk", {"set": {"name": "mine"}}),
        ("POST", "/channels/messaging/talk", {"data": {"name": "mine"}}),
    ],
)
def test_member_cannot_change_or_delete_the_channel(app: App, method: str, path: str, body: object) -> None:
    app.talk("mila", "vera")
    assert app.phone("mila").refused(method, path, body) == NO


def test_creator_with_stock_grants_can_delete_the_channel(app: App) -> None:
    app.people("mila", "vera")
    app.server.channel("messaging", "talk", {"members": ["vera"]}).create("mila")
    assert app.phone("mila").refused("DELETE", "/channels/messaging/talk") == NO
    stock(app)
    assert app.phone("vera").refused("DELETE", "/channels/messaging/talk") == NO
    assert app.phone("mila").ask("DELETE", "/channels/messaging/talk").status_code == 200


def test_only_the_author_edits_a_message_and_no_client_hides_one(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "hello")
    edit = {"message": {"id": said, "text": "goodbye"}}
    assert app.phone("vera").refused("POST", f"/messages/{said}", edit) == NO
    assert app.phone("mila").ask("POST", f"/messages/{said}", edit).status_code == 201
    for name in ("mila", "vera"):
        assert app.phone(name).refused("DELETE", f"/messages/{said}") == NO
        assert app.phone(name).refused("DELETE", f"/messages/{said}", hard="true") == NO


def test_client_cannot_send_for_another_user(app: App) -> None:
    app.talk("mila", "vera")
    body = {"message": {"text": "hi", "user": {"id": "vera"}}}
    answer = app.phone("mila").ask("POST", "/channels/messaging/talk/message", body)
    assert answer.json()["message"]["user"]["id"] == "mila"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/app"),
        ("GET", "/permissions"),
        ("GET", "/roles"),
        ("GET", "/channeltypes"),
        ("PUT", "/channeltypes/messaging"),
        ("GET", "/users/mila/export"),
        ("POST", "/export/users"),
        ("POST", "/export_channels"),
        ("GET", "/tasks/x"),
        ("POST", "/users/delete"),
        ("POST", "/users/restore"),
        ("POST", "/users/mila/deactivate"),
        ("POST", "/users/mila/reactivate"),
        ("DELETE", "/users/mila"),
        ("POST", "/channels/delete"),
        ("GET", "/rate_limits"),
    ],
)
def test_server_routes_refuse_clients(app: App, method: str, path: str) -> None:
    app.people("mila")
    assert app.phone("mila").refused(method, path, {}) == NO


def test_guests_cannot_be_created(app: App) -> None:
    app.people("mila")
    body = {"user": {"id": "guest"}}
    assert app.phone("mila").refused("POST", "/guest", body) == NO


def test_client_gets_no_settings_of_the_app(app: App) -> None:
    app.people("mila")
    assert set(app.phone("mila").ask("GET", "/app").json()["app"]) == {"name"}


def test_granted_permissions_take_effect(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    app.server.update_channel_type("messaging", grants={"user": ["read-channel"]})
    assert app.phone("zoe").ask("POST", QUERY, {}).status_code == 201


def test_role_that_is_not_listed_keeps_its_grants(app: App) -> None:
    before = app.server.get_channel_type("messaging")["grants"]
    app.server.update_channel_type("messaging", grants={"guest": ["read-channel"]})
    after = app.server.get_channel_type("messaging")["grants"]
    assert after == before | {"guest": ["read-channel"]}


def test_disabled_permission_checks_permit_everything(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    app.server.update_app_settings(disable_permissions_checks=True)
    assert app.phone("zoe").ask("POST", QUERY, {}).status_code == 201


def test_permissions_and_roles_are_listed(app: App) -> None:
    permissions = {permission["id"] for permission in app.server.list_permissions()["permissions"]}
    assert {"search-user", "update-user-owner", "read-channel"} <= permissions
    assert "user" in {role["name"] for role in app.server.list_roles()["roles"]}


@pytest.mark.parametrize(
    ("role", "path"),
    [("admin", "/channels/messaging/talk"), ("moderator", "/channels/team/talk")],
)
def test_admins_and_moderators_keep_their_grants_in_the_baseline(app: App, role: str, path: str) -> None:
    app.emulator.choose(house_rules=False)
    app.talk("vera", type=path.split("/")[2])
    app.server.upsert_user({"id": "mila", "role": role})
    assert app.phone("mila").ask("PATCH", path, {"set": {"name": "renamed"}}).status_code == 200


def test_everybody_reads_a_stock_livestream_and_members_gain_nothing() -> None:
    with running_emulator(options=Options(grants="stock")) as emulator:
        grants = emulator.state()["app"]["channel_configs"]["livestream"]["grants"]
    assert "read-channel" in grants["user"]
    assert "read-channel" in grants["anonymous"]
    assert grants["channel_member"] == []


def test_refusal_names_the_roles_the_action_and_the_scope(app: App) -> None:
    app.talk("mila", "vera")
    answer = app.phone("mila").ask("DELETE", "/channels/messaging/talk")
    assert "User 'mila' with roles ['user', 'channel_member']" in answer.json()["message"]
    assert "action DeleteChannel in scope 'messaging'" in answer.json()["message"]
