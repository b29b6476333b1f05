"""Flags: reports of users and messages, and the list of flagged messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

NO, BAD, GONE = Refused(403, 17), Refused(400, 4), Refused(404, 16)


FLAG, UNFLAG = "/moderation/flag", "/moderation/unflag"


def flagged(app: App, **conditions: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.server.query_message_flags(conditions)["flags"]
    return found


def test_flagged_message_is_listed_with_its_reporter(app: App) -> None:
    cid = app.talk("mila", "vera")
    said = app.says("mila", "buy now")
    answer = app.server.flag_message(said, user_id="vera", reason="spam", custom={"page": "home"})
    assert answer["flag"]["target_message_id"] == said
    (found,) = flagged(app, channel_cid=cid)
    assert (found["user"]["id"], found["message"]["text"]) == ("vera", "buy now")
    assert (found["reason"], found["custom"]) == ("spam", {"page": "home"})


def test_flags_are_filtered_and_latest_first(app: App) -> None:
    app.talk("mila", "vera")
    app.talk("mila", "vera", id="other")
    first, second = app.says("mila", "one"), app.says("vera", "two", cid="messaging:other")
    app.server.flag_message(first, user_id="vera", reason="spam")
    app.server.flag_message(second, user_id="mila")
    assert [one["message"]["id"] for one in flagged(app)] == [second, first]
    assert [one["message"]["id"] for one in flagged(app, user_id="mila")] == [first]
    assert [one["message"]["id"] for one in flagged(app, reason="spam")] == [first]
    assert [one["message"]["id"] for one in flagged(app, channel_cid={"$in": ["messaging:other"]})] == [
        second
    ]
    assert flagged(app, is_reviewed=True) == []


def test_flagged_user_is_kept_and_not_among_messages(app: App) -> None:
    app.people("mila", "vera")
    answer = app.server.flag_user("mila", user_id="vera", reason="spam")
    assert answer["flag"]["target_user"]["id"] == "mila"
    (held,) = app.emulator.state()["moderation"]["flags"]
    assert (held["reporter_id"], held["target_id"], held["reason"]) == ("vera", "mila", "spam")
    assert flagged(app) == []
    app.server.unflag_user("mila", user_id="vera")
    assert app.emulator.state()["moderation"]["flags"] == []


def test_message_is_unflagged(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "buy now")
    app.server.flag_message(said, user_id="vera")
    app.server.unflag_message(said, user_id="vera")
    assert flagged(app) == []
    assert app.refused(lambda: app.server.unflag_message(said, user_id="vera")) == GONE


def test_flag_of_a_removed_message_is_not_listed(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "buy now")
    app.server.flag_message(said, user_id="vera")
    app.server.delete_message(said, hard=True)
    assert flagged(app) == []


def test_newer_form_names_the_target_by_type_and_id(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "buy now")
    body = {"entity_type": "stream:chat:v1:message", "entity_id": said, "user_id": "vera"}
    answer = app.backend().ask("POST", "/api/v2/moderation/flag", body)
    assert answer.json()["item_id"]
    assert [one["message"]["id"] for one in flagged(app)] == [said]


@pytest.mark.parametrize("choice", ["bad_input", "ok"])
def test_option_decides_the_result_of_a_second_flag(app: App, choice: str) -> None:
    app.people("mila", "vera")
    app.emulator.choose(repeated_flag=choice)
    body = {"target_user_id": "mila", "user_id": "vera"}
    app.backend().ask("POST", FLAG, body)
    assert app.backend().ask("POST", FLAG, body).status_code == (201 if choice == "ok" else 400)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"user_id": "vera"}, BAD),
        ({"user_id": "vera", "target_user_id": "mila", "target_message_id": "x"}, BAD),
        ({"user_id": "vera", "target_user_id": "unknown"}, GONE),
        ({"user_id": "vera", "target_message_id": "nothing"}, GONE),
        ({"user_id": "vera", "target_user_id": "vera"}, BAD),
        ({"user_id": "vera", "entity_type": "stream:call", "entity_id": "x"}, BAD),
        ({"target_user_id": "mila"}, BAD),
    ],
)
def test_malformed_flag_is_refused(app: App, body: dict[str, Any], refusal: Refused) -> None:
    app.people("mila", "vera")
    assert app.backend().refused("POST", FLAG, body) == refusal
    assert app.emulator.state()["moderation"]["flags"] == []


@pytest.mark.parametrize("path", [FLAG, UNFLAG])
def test_client_needs_the_permission_to_flag_users(app: App, path: str) -> None:
    app.people("mila", "vera")
    app.server.update_app_settings(grants={"user": []})
    assert app.phone("vera").refused("POST", path, {"target_user_id": "mila"}) == NO


@pytest.mark.parametrize("path", [FLAG, UNFLAG])
def test_only_members_flag_messages(app: App, path: str) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    body = {"target_message_id": app.says("mila", "buy now")}
    assert app.phone("zoe").refused("POST", path, body) == NO
    assert app.phone("vera").ask("POST", FLAG, body).status_code == 201


@pytest.mark.parametrize(
    ("filters", "refusal"),
    [("{}", BAD), ('{"channel_cid": "messaging:talk"}', NO), ('{"channel_cid": "messaging:x"}', GONE)],
)
def test_member_does_not_list_flags(app: App, filters: str, refusal: Refused) -> None:
    app.talk("mila", "vera")
    payload = f'{{"filter_conditions": {filters}}}'
    assert app.phone("mila").refused("GET", "/moderation/flags/message", payload=payload) == refusal


def test_moderator_of_a_channel_lists_its_flags(app: App) -> None:
    app.people("system", "mila", "zoe")
    members = ["mila", {"user_id": "zoe", "channel_role": "channel_moderator"}]
    app.server.channel("messaging", "talk", {"members": members}).create("system")
    app.server.flag_message(app.says("mila", "buy now"), user_id="zoe")
    payload = '{"filter_conditions": {"channel_cid": "messaging:talk"}}'
    answer = app.phone("zoe").ask("GET", "/moderation/flags/message", payload=payload)
    assert [one["message"]["text"] for one in answer.json()["flags"]] == ["buy now"]
