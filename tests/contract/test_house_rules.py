"""RU4M's own rules: what the emulator refuses although Stream would take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

MILA: dict[str, Any] = {"id": "mila", "name": "Mila", "image": "https://a.example/1.png"}


@pytest.mark.parametrize("field", ["email", "phone", "role", "teams", "language", "date_of_birth"])
def test_any_other_field_from_the_server_is_refused_and_recorded(app: App, field: str) -> None:
    assert app.refused(lambda: app.server.upsert_user({**MILA, field: "x"})) == Refused(400, 4)
    assert app.emulator.state()["users"] == {}
    (violation,) = app.emulator.violations()
    assert (violation["user_id"], violation["fields"]) == ("mila", [field])
    assert violation["principal"] == "server"


def test_custom_fields_are_refused_on_v2_paths_too(app: App) -> None:
    body = {"users": {"mila": {"id": "mila", "custom": {"email": "m@a.example"}}}}
    assert app.backend().refused("POST", "/api/v2/users", body) == Refused(400, 4)
    assert app.emulator.violations()[0]["fields"] == ["email"]


def test_partial_update_cannot_add_a_field(app: App) -> None:
    app.people("mila")
    change = {"id": "mila", "set": {"email": "m@a.example"}}
    assert app.refused(lambda: app.server.update_user_partial(change)) == Refused(400, 4)
    assert app.emulator.violations()[0]["fields"] == ["email"]


def test_user_inside_a_message_cannot_add_fields(app: App) -> None:
    app.talk("mila", "vera")
    body = {"message": {"text": "hi", "user": {"id": "mila", "email": "m@a.example"}}}
    path = "/channels/messaging/talk/message"
    assert app.backend().refused("POST", path, body) == Refused(400, 4)
    assert app.emulator.violations()[0]["operation"] == "SendMessage"


def test_creator_or_member_cannot_add_fields(app: App) -> None:
    app.people("system", "mila")
    path = "/channels/messaging/new/query"
    creator = {"data": {"created_by": {"id": "system", "phone": "1"}}}
    member = {"data": {"created_by_id": "system", "members": [{"user_id": "mila", "phone": "1"}]}}
    assert app.backend().refused("POST", path, creator) == Refused(400, 4)
    assert app.backend().refused("POST", path, member) == Refused(400, 4)
    assert [violation["fields"] for violation in app.emulator.violations()] == [["phone"], ["phone"]]


def test_channel_gets_no_field_but_members_creator_and_name(app: App) -> None:
    app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    writes = [
        lambda: app.server.channel("messaging", "new", {"members": ["mila"], "topic": "x"}).create("system"),
        lambda: channel.update({"name": "Trip", "topic": "x"}),
        lambda: channel.update_partial({"topic": "x"}),
    ]
    assert [app.refused(write) for write in writes] == [Refused(400, 4)] * 3
    assert [violation["fields"] for violation in app.emulator.violations()] == [["topic"]] * 3
    channel.update_partial({"name": "Trip"})
    assert app.emulator.state()["channels"]["messaging:talk"]["name"] == "Trip"


def test_push_token_is_refused_and_recorded(app: App) -> None:
    app.people("mila")
    add = lambda: app.server.add_device("token", "firebase", "mila")  # noqa: E731
    assert app.refused(add) == Refused(400, 4)
    assert app.emulator.violations()[0]["operation"] == "CreateDevice"
    assert app.server.get_devices("mila")["devices"] == []


# Without the house rules, Stream's own rules are left.


def test_stream_takes_any_field_without_house_rules(app: App) -> None:
    app.emulator.choose(house_rules=False)
    app.server.upsert_user({**MILA, "role": "admin", "email": "m@a.example", "invisible": True})
    mila = app.emulator.user("mila")
    assert (mila["role"], mila["email"], mila["invisible"]) == ("admin", "m@a.example", True)
    assert app.emulator.violations() == []


def test_partial_update_sets_and_drops_fields_without_house_rules(app: App) -> None:
    app.emulator.choose(house_rules=False)
    app.people("mila")
    app.server.update_user_partial({"id": "mila", "set": {"role": "admin", "city": "Nis"}})
    app.server.update_user_partial({"id": "mila", "unset": ["role", "city"]})
    mila = app.emulator.user("mila")
    assert mila["role"] == "user"
    assert "city" not in mila


@pytest.mark.parametrize("field", ["banned", "online", "created_at", "mutes", "devices"])
def test_fields_that_stream_maintains_are_ignored(app: App, field: str) -> None:
    app.emulator.choose(house_rules=False)
    app.server.upsert_user({**MILA, field: "x"})
    assert app.emulator.user("mila").get(field) != "x"


@pytest.mark.parametrize("field", ["role", "teams", "language", "invisible"])
def test_field_of_a_wrong_type_is_refused(app: App, field: str) -> None:
    app.emulator.choose(house_rules=False)
    assert app.refused(lambda: app.server.upsert_user({**MILA, field: 7})) == Refused(400, 4)


@pytest.mark.parametrize(("resets", "role"), [(True, "user"), (False, "admin")])
def test_option_decides_whether_a_full_replace_resets_the_role(app: App, *, resets: bool, role: str) -> None:
    app.emulator.choose(house_rules=False, upsert_resets_role=resets)
    app.server.upsert_user({**MILA, "role": "admin"})
    app.server.upsert_user(MILA)
    assert app.emulator.user("mila")["role"] == role


def test_members_carry_fields_without_house_rules(app: App) -> None:
    app.emulator.choose(house_rules=False)
    app.people("system", "mila")
    members = [{"user_id": "mila", "nickname": "M"}]
    app.server.channel("messaging", "talk", {"members": members}).create("system")
    assert app.emulator.state()["channels"]["messaging:talk"]["members"] == ["mila"]


def test_client_brings_fields_of_members_that_the_server_must_not(app: App) -> None:
    """House rules bind the server. Clients are restricted by grants, which permit it here."""
    app.people("mila", "vera")
    app.server.update_channel_type("messaging", grants=None)
    body = {"data": {"members": ["mila", {"user_id": "vera", "nickname": "V"}]}}
    assert app.phone("mila").ask("POST", "/channels/messaging/query", body).status_code == 201
    assert app.emulator.violations() == []


def test_member_with_a_role_is_accepted_from_the_server(app: App) -> None:
    app.people("system", "mila")
    members = [{"user_id": "mila", "channel_role": "channel_moderator"}]
    made = app.server.channel("messaging", "talk", {"members": members}).create("system")
    assert made["members"][0]["channel_role"] == "channel_moderator"
    assert app.emulator.violations() == []


def add_device(app: App, token: str, provider: str = "firebase") -> None:
    app.server.add_device(token, provider, "mila")


def test_devices_are_kept_without_house_rules(app: App) -> None:
    app.emulator.choose(house_rules=False)
    app.people("mila")
    add_device(app, "token")
    assert [one["id"] for one in app.server.get_devices("mila")["devices"]] == ["token"]
    app.server.delete_device("token", "mila")
    assert app.server.get_devices("mila")["devices"] == []


def test_unknown_device_is_not_deleted(app: App) -> None:
    app.people("mila")
    assert app.refused(lambda: app.server.delete_device("token", "mila")) == Refused(404, 16)


@pytest.mark.parametrize(("token", "provider"), [("", "firebase"), ("token", "pigeon")])
def test_malformed_device_is_refused(app: App, token: str, provider: str) -> None:
    app.emulator.choose(house_rules=False)
    app.people("mila")
    assert app.refused(lambda: add_device(app, token, provider)) == Refused(400, 4)
    assert app.emulator.violations() == []


def test_twenty_sixth_device_is_refused(app: App) -> None:
    app.emulator.choose(house_rules=False)
    app.people("mila")
    for number in range(25):
        add_device(app, f"token{number}")
    add_device(app, "token0")
    assert app.refused(lambda: add_device(app, "token25")) == Refused(400, 4)


def test_devices_of_an_erased_user_are_gone(app: App) -> None:
    app.emulator.choose(house_rules=False)
    app.people("mila")
    add_device(app, "token")
    app.finish(app.erase("mila"))
    assert app.refused(lambda: app.server.get_devices("mila")) == Refused(404, 16)


@pytest.mark.parametrize("field", ["role", "teams", "revoke_tokens_issued_before"])
@pytest.mark.parametrize("change", ["set", "unset"])
def test_client_needs_a_permission_for_managed_fields(app: App, field: str, change: str) -> None:
    app.server.update_app_settings(grants=None)
    app.people("mila")
    value = {"set": {field: None}, "unset": [field]}[change]
    body = {"users": [{"id": "mila", change: value}]}
    assert app.phone("mila").refused("PATCH", "/users", body) == Refused(403, 17)


def test_client_with_the_permission_changes_its_role(app: App) -> None:
    app.server.update_app_settings(grants={"user": ["update-user-owner", "update-user-role"]})
    app.people("mila")
    body = {"users": [{"id": "mila", "set": {"role": "admin"}}]}
    assert app.phone("mila").ask("PATCH", "/users", body).status_code == 200
    assert app.emulator.user("mila")["role"] == "admin"
