"""Mutes of users and channels: who may mute, what shows it, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

NO, BAD, GONE = Refused(403, 17), Refused(400, 4), Refused(404, 16)


def muted(app: App, user_id: str = "mila") -> list[str]:
    held = app.emulator.state()["moderation"]["mutes"]
    return [one["target_id"] for one in held if one["user_id"] == user_id]


def test_server_mutes_and_unmutes_a_user(app: App) -> None:
    app.people("mila", "vera")
    answer = app.server.mute_user("vera", "mila")
    assert answer["mute"]["target"]["id"] == "vera"
    assert [one["target"]["id"] for one in answer["own_user"]["mutes"]] == ["vera"]
    app.server.unmute_user("vera", "mila")
    assert muted(app) == []


def test_several_users_are_muted_and_unknown_ones_listed(app: App) -> None:
    app.people("mila", "vera", "zoe")
    answer = app.server.mute_users(["vera", "zoe", "unknown"], "mila")
    assert [one["target"]["id"] for one in answer["mutes"]] == ["vera", "zoe"]
    assert answer["non_existing_users"] == ["unknown"]
    assert app.server.unmute_users(["vera", "unknown"], "mila")["non_existing_users"] == ["unknown"]
    assert muted(app) == ["zoe"]


def test_mute_ends_after_its_minutes(app: App) -> None:
    app.people("mila", "vera", "zoe")
    app.server.mute_user("vera", "mila", timeout=10)
    app.emulator.advance(601)
    assert [one["target"]["id"] for one in app.server.mute_user("zoe", "mila")["own_user"]["mutes"]] == [
        "zoe"
    ]


def test_second_mute_replaces_the_first(app: App) -> None:
    app.people("mila", "vera")
    app.server.mute_user("vera", "mila", timeout=10)
    app.server.mute_user("vera", "mila")
    assert [one["expires"] for one in app.emulator.state()["moderation"]["mutes"]] == [None]


def test_client_mutes_for_itself_only(app: App) -> None:
    app.people("mila", "vera", "zoe")
    app.grants_mutes()
    body = {"target_id": "vera", "user_id": "zoe"}
    assert app.phone("mila").ask("POST", "/moderation/mute", body).status_code == 201
    assert (muted(app, "mila"), muted(app, "zoe")) == (["vera"], [])


@pytest.mark.parametrize("path", ["/moderation/mute", "/moderation/unmute"])
def test_client_without_the_permission_neither_mutes_nor_unmutes(app: App, path: str) -> None:
    app.people("mila", "vera")
    app.server.update_app_settings(grants={"user": []})
    assert app.phone("mila").refused("POST", path, {"target_id": "vera"}) == NO


def test_server_has_to_name_who_mutes(app: App) -> None:
    app.people("vera")
    answer = app.backend().ask("POST", "/moderation/mute", {"target_id": "vera"})
    assert (answer.status_code, answer.json()["code"]) == (400, 4)
    assert "either user or user_id must be provided" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"target_id": "unknown"}, GONE),
        ({"target_id": ""}, BAD),
        ({}, BAD),
        ({"target_id": "mila"}, BAD),
        ({"target_ids": []}, BAD),
        ({"target_ids": [f"u{number}" for number in range(101)]}, BAD),
        ({"target_id": "vera", "timeout": 0}, BAD),
        ({"target_id": "vera", "timeout": "long"}, BAD),
    ],
)
def test_malformed_mute_is_refused(app: App, body: dict[str, Any], refusal: Refused) -> None:
    app.people("mila", "vera")
    assert app.backend().refused("POST", "/moderation/mute", {"user_id": "mila", **body}) == refusal
    assert muted(app) == []


def test_erased_user_is_not_muted(app: App) -> None:
    app.people("mila", "vera")
    app.finish(app.erase("vera"))
    assert app.refused(lambda: app.server.mute_user("vera", "mila")) == GONE


def test_option_lets_users_mute_themselves(app: App) -> None:
    app.emulator.choose(action_on_oneself="ok")
    app.people("mila")
    app.server.mute_user("mila", "mila")
    assert muted(app) == ["mila"]


@pytest.mark.parametrize("choice", ["not_found", "ok"])
def test_option_decides_the_result_of_unmuting_an_unmuted_user(app: App, choice: str) -> None:
    app.people("mila", "vera")
    app.emulator.choose(undo_of_nothing=choice)
    body = {"target_id": "vera", "user_id": "mila"}
    answer = app.backend().ask("POST", "/moderation/unmute", body)
    assert answer.status_code == (201 if choice == "ok" else 404)


def test_channel_is_muted_and_unmuted(app: App) -> None:
    cid = app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    assert channel.mute("mila")["channel_mute"]["channel"]["cid"] == cid
    held = app.emulator.state()["moderation"]["channel_mutes"]
    assert [(one["user_id"], one["cid"]) for one in held] == [("mila", cid)]
    channel.unmute("mila")
    assert app.emulator.state()["moderation"]["channel_mutes"] == []
    assert app.refused(lambda: channel.unmute("mila")) == GONE


def test_mute_of_a_channel_ends_after_its_milliseconds(app: App) -> None:
    app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    channel.mute("mila", expiration=60_000)
    app.emulator.advance(61)
    app.people("zoe")
    assert app.server.mute_user("zoe", "mila")["own_user"]["channel_mutes"] == []


def test_stranger_does_not_mute_a_channel(app: App) -> None:
    cid = app.talk("mila", "vera")
    app.people("zoe")
    for path in ("/moderation/mute/channel", "/moderation/unmute/channel"):
        assert app.phone("zoe").refused("POST", path, {"channel_cid": cid}) == NO


def test_unknown_channel_is_not_muted(app: App) -> None:
    app.people("mila")
    mute = app.server.channel("messaging", "nothing").mute
    assert app.refused(lambda: mute("mila")) == GONE


@pytest.mark.parametrize(("choice", "left"), [("own", ["mila"]), ("all", [])])
def test_option_decides_what_a_deletion_removes(app: App, choice: str, left: list[str]) -> None:
    """By default, what others hold about the deleted user stays, which is the worse case for an erasure."""
    app.emulator.choose(deletion_removes=choice)
    app.people("mila", "vera")
    app.server.mute_user("vera", "mila")
    app.server.mute_user("mila", "vera")
    app.finish(app.erase("vera"))
    assert [one["user_id"] for one in app.emulator.state()["moderation"]["mutes"]] == left


def test_export_has_the_users_mutes_and_blocks(app: App) -> None:
    app.talk("mila", "vera")
    app.server.mute_user("vera", "mila")
    app.server.block_user("vera", "mila")
    user = app.server.export_user("mila")["user"]
    assert [one["target"]["id"] for one in user["mutes"]] == ["vera"]
    assert user["blocked_user_ids"] == ["vera"]
