"""Bans: who may ban, what a banned user can not do, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

NO, BAD, GONE = Refused(403, 17), Refused(400, 4), Refused(404, 16)


PATH = "/channels/messaging/talk"
HELLO = {"message": {"text": "hello"}}


def send(app: App, user_id: str, path: str = PATH) -> int:
    return app.phone(user_id).ask("POST", f"{path}/message", HELLO).status_code


def bans(app: App, **conditions: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.server.query_banned_users({"filter_conditions": conditions})["bans"]
    return found


def moderated(app: App) -> None:
    """A channel of mila, vera and the moderator zoe."""
    app.people("system", "mila", "vera", "zoe")
    members = ["mila", "vera", {"user_id": "zoe", "channel_role": "channel_moderator"}]
    app.server.channel("messaging", "talk", {"members": members}).create("system")


def test_banned_user_reads_and_does_not_send(app: App) -> None:
    app.talk("mila", "vera")
    app.server.ban_user("mila", banned_by_id="vera", reason="spam")
    answer = app.phone("mila").ask("POST", f"{PATH}/message", HELLO)
    assert (answer.status_code, answer.json()["code"]) == (403, 17)
    assert "currently suspended from chat" in answer.json()["message"]
    assert app.phone("mila").ask("POST", f"{PATH}/query", {}).status_code == 201
    app.server.unban_user("mila")
    assert send(app, "mila") == 201


def test_ban_is_shown_on_the_user_and_can_be_searched(app: App) -> None:
    app.people("mila", "vera")
    app.server.ban_user("mila", user_id="vera", timeout=60)
    (found,) = app.server.query_users({"banned": True})["users"]
    assert (found["id"], found["banned"]) == ("mila", True)
    assert found["ban_expires"]
    assert app.emulator.user("vera")["banned"] is False


def test_ban_in_a_channel_counts_there_only(app: App) -> None:
    app.talk("mila", "vera")
    app.talk("mila", "vera", id="other")
    app.server.channel("messaging", "talk").ban_user("mila", banned_by_id="vera")
    assert send(app, "mila") == 403
    assert send(app, "mila", "/channels/messaging/other") == 201
    members = app.server.channel("messaging", "talk").query_members({"id": "mila"})
    assert members[0]["banned"] is True
    assert app.emulator.user("mila")["banned"] is False
    app.server.channel("messaging", "talk").unban_user("mila")
    assert send(app, "mila") == 201


def test_removing_a_ban_of_the_app_leaves_that_of_a_channel(app: App) -> None:
    app.talk("mila", "vera")
    app.server.ban_user("mila", banned_by_id="vera")
    app.server.channel("messaging", "talk").ban_user("mila", banned_by_id="vera")
    app.server.unban_user("mila")
    assert send(app, "mila") == 403


def test_ban_ends_after_its_minutes(app: App) -> None:
    app.talk("mila", "vera")
    app.server.ban_user("mila", banned_by_id="vera", timeout=10)
    app.emulator.advance(595)
    assert send(app, "mila") == 403
    app.emulator.advance(10)
    assert send(app, "mila") == 201
    assert app.emulator.user("mila")["banned"] is False


def test_shadow_ban_marks_messages_for_all_but_their_author(app: App) -> None:
    app.talk("mila", "vera")
    app.server.shadow_ban("mila", banned_by_id="vera")
    said = app.phone("mila").ask("POST", f"{PATH}/message", HELLO).json()["message"]
    path = f"/messages/{said['id']}"
    assert said["shadowed"] is False
    assert app.phone("mila").ask("GET", path).json()["message"]["shadowed"] is False
    assert app.phone("vera").ask("GET", path).json()["message"]["shadowed"] is True
    assert app.server.get_message(said["id"])["message"]["shadowed"] is True
    user = app.emulator.user("mila")
    assert (user["banned"], user["shadow_banned"]) == (False, True)
    app.server.remove_shadow_ban("mila")
    assert app.phone("mila").ask("POST", f"{PATH}/message", HELLO).status_code == 201


@pytest.mark.parametrize("choice", ["refused", "ok"])
def test_option_decides_whether_the_server_sends_for_a_banned_user(app: App, choice: str) -> None:
    app.talk("mila", "vera")
    app.emulator.choose(server_sends_for_banned=choice)
    app.server.ban_user("mila", banned_by_id="vera")
    if choice == "ok":
        assert app.says("mila", "hello")
    else:
        assert app.refused(lambda: app.says("mila", "hello")) == NO


@pytest.mark.parametrize(
    ("mode", "left"),
    [("soft", [("deleted", "spam"), ("regular", "hi")]), ("hard", [("regular", "hi")])],
)
def test_ban_deletes_messages_on_request(app: App, mode: str, left: list[tuple[str, str]]) -> None:
    app.talk("mila", "vera")
    app.says("mila", "spam")
    app.says("vera", "hi")
    app.server.ban_user("mila", banned_by_id="vera", delete_messages=mode)
    messages = app.emulator.state()["channels"]["messaging:talk"]["messages"]
    assert [(one["type"], one["text"]) for one in messages] == left


def test_ban_in_a_channel_deletes_messages_there_only(app: App) -> None:
    app.talk("mila", "vera")
    app.talk("mila", "vera", id="other")
    for cid in ("messaging:talk", "messaging:other"):
        app.says("mila", "spam", cid=cid)
    channel = app.server.channel("messaging", "talk")
    channel.ban_user("mila", banned_by_id="vera", delete_messages="hard")
    channels = app.emulator.state()["channels"]
    assert channels["messaging:talk"]["messages"] == []
    assert len(channels["messaging:other"]["messages"]) == 1


@pytest.mark.parametrize(("choice", "left"), [("own", ["mila", "vera"]), ("all", ["vera"])])
def test_option_decides_whether_a_deletion_removes_the_ban(app: App, choice: str, left: list[str]) -> None:
    app.emulator.choose(deletion_removes=choice)
    app.people("mila", "vera", "zoe")
    for user_id in ("mila", "vera"):
        app.server.ban_user(user_id, banned_by_id="zoe")
    app.finish(app.erase("mila"))
    assert sorted(one["user"]["id"] for one in bans(app)) == left


def test_bans_are_listed_and_filtered(app: App) -> None:
    cid = app.talk("mila", "vera", "zoe")
    app.server.ban_user("mila", banned_by_id="vera", reason="spam")
    app.server.channel("messaging", "talk").ban_user("zoe", banned_by_id="vera")
    assert [one["user"]["id"] for one in bans(app)] == ["zoe", "mila"]
    (in_channel,) = bans(app, channel_cid=cid)
    assert (in_channel["user"]["id"], in_channel["channel"]["cid"]) == ("zoe", cid)
    (of_app,) = bans(app, reason="spam")
    assert (of_app["user"]["id"], of_app["banned_by"]["id"]) == ("mila", "vera")
    assert "channel" not in of_app


def test_expired_bans_are_listed_unless_excluded(app: App) -> None:
    app.people("mila", "vera")
    app.server.ban_user("mila", banned_by_id="vera", timeout=1)
    app.emulator.advance(61)
    query: dict[str, Any] = {"filter_conditions": {}}
    assert len(app.server.query_banned_users(query)["bans"]) == 1
    assert app.server.query_banned_users({**query, "exclude_expired_bans": True})["bans"] == []


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({}, BAD),
        ({"banned_by_id": "unknown"}, GONE),
        ({"banned_by_id": "mila"}, BAD),
        ({"banned_by_id": "vera", "timeout": -1}, BAD),
        ({"banned_by_id": "vera", "delete_messages": "all"}, BAD),
        ({"banned_by_id": "vera", "ban_from_future_channels": True}, BAD),
        ({"banned_by_id": "vera", "type": "messaging", "id": "nothing"}, GONE),
    ],
)
def test_malformed_ban_is_refused(app: App, options: dict[str, Any], refusal: Refused) -> None:
    app.people("mila", "vera")
    assert app.refused(lambda: app.server.ban_user("mila", **options)) == refusal
    assert bans(app) == []


def test_unknown_user_is_neither_banned_nor_unbanned(app: App) -> None:
    app.people("vera")
    assert app.refused(lambda: app.server.ban_user("unknown", banned_by_id="vera")) == GONE
    assert app.refused(lambda: app.server.unban_user("unknown")) == GONE
    assert app.refused(lambda: app.server.unban_user("vera")) == GONE


def test_nonmember_is_not_banned_from_a_channel(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    ban = app.server.channel("messaging", "talk").ban_user
    assert app.refused(lambda: ban("zoe", banned_by_id="vera")) == BAD


def test_ban_with_fields_of_the_moderator_is_refused(app: App) -> None:
    app.people("mila", "vera")
    by = {"id": "vera", "email": "v@a.example"}
    assert app.refused(lambda: app.server.ban_user("mila", banned_by=by)) == BAD
    assert app.emulator.violations()[0]["fields"] == ["email"]


def test_moderator_of_a_channel_bans_there_and_a_member_does_not(app: App) -> None:
    moderated(app)
    body = {"target_user_id": "mila", "type": "messaging", "id": "talk"}
    assert app.phone("vera").refused("POST", "/moderation/ban", body) == NO
    assert app.phone("zoe").ask("POST", "/moderation/ban", body).status_code == 201
    assert send(app, "mila") == 403
    query = {"target_user_id": "mila", "type": "messaging", "id": "talk"}
    assert app.phone("vera").refused("DELETE", "/moderation/ban", **query) == NO
    assert app.phone("zoe").ask("DELETE", "/moderation/ban", **query).status_code == 200
    assert send(app, "mila") == 201


def test_client_bans_from_the_app_only_with_the_apps_permission(app: App) -> None:
    moderated(app)
    body = {"target_user_id": "mila"}
    assert app.phone("zoe").refused("POST", "/moderation/ban", body) == NO
    assert app.phone("zoe").refused("DELETE", "/moderation/ban", target_user_id="mila") == NO
    app.server.update_app_settings(grants={"user": ["ban-user"]})
    assert app.phone("zoe").ask("POST", "/moderation/ban", body).status_code == 201
    assert bans(app)[0]["banned_by"]["id"] == "zoe"


@pytest.mark.parametrize(
    ("user_id", "filters", "refusal"),
    [
        ("zoe", "{}", BAD),
        ("zoe", '{"channel_cid": "messaging:nothing"}', GONE),
        ("vera", '{"channel_cid": "messaging:talk"}', NO),
        ("vera", '{"channel_cid": {"$in": ["messaging:talk"]}}', NO),
    ],
)
def test_client_query_of_bans_is_refused_outside_its_channels(
    app: App, user_id: str, filters: str, refusal: Refused
) -> None:
    moderated(app)
    payload = f'{{"filter_conditions": {filters}}}'
    assert app.phone(user_id).refused("GET", "/query_banned_users", payload=payload) == refusal


def test_moderator_of_a_channel_lists_its_bans(app: App) -> None:
    moderated(app)
    app.server.channel("messaging", "talk").ban_user("mila", banned_by_id="system")
    payload = '{"filter_conditions": {"channel_cid": "messaging:talk"}}'
    answer = app.phone("zoe").ask("GET", "/query_banned_users", payload=payload)
    assert [one["user"]["id"] for one in answer.json()["bans"]] == ["mila"]


def test_query_of_bans_without_a_filter_is_refused(app: App) -> None:
    assert app.refused(lambda: app.server.query_banned_users({"limit": 10})) == BAD


def test_unknown_role_of_a_member_is_refused(app: App) -> None:
    app.people("system", "mila")
    members = [{"user_id": "mila", "channel_role": "emperor"}]
    create = app.server.channel("messaging", "talk", {"members": members}).create
    assert app.refused(lambda: create("system")) == BAD
