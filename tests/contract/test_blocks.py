"""Blocks: they hide conversations of two, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

NO, BAD, GONE = Refused(403, 17), Refused(400, 4), Refused(404, 16)


OF_MILA = {"filter_conditions": {"members": {"$in": ["mila"]}}}
PATH = "/channels/messaging/talk"


def found(app: App, **conditions: object) -> list[dict[str, Any]]:
    body = {"filter_conditions": {"members": {"$in": ["mila"]}, **conditions}}
    channels: list[dict[str, Any]] = app.phone("mila").ask("POST", "/channels", body).json()["channels"]
    return channels


def test_server_blocks_lists_and_unblocks(app: App) -> None:
    app.people("mila", "vera")
    answer = app.server.block_user("vera", "mila")
    assert (answer["blocked_by_user_id"], answer["blocked_user_id"]) == ("mila", "vera")
    (block,) = app.server.get_blocked_users("mila")["blocks"]
    assert (block["user"]["id"], block["blocked_user"]["id"]) == ("mila", "vera")
    app.server.unblock_user("vera", "mila")
    assert app.server.get_blocked_users("mila")["blocks"] == []


def test_client_blocks_without_a_permission_and_for_itself_only(app: App) -> None:
    app.people("mila", "vera", "zoe")
    app.server.update_app_settings(grants={"user": []})
    body = {"blocked_user_id": "vera", "user_id": "zoe"}
    assert app.phone("mila").ask("POST", "/users/block", body).status_code == 201
    assert app.server.get_blocked_users("zoe")["blocks"] == []
    (block,) = app.phone("mila").ask("GET", "/users/block", user_id="zoe").json()["blocks"]
    assert block["user_id"] == "mila"


def test_conversation_of_two_is_hidden_from_the_blocker_only(app: App) -> None:
    app.talk("mila", "vera")
    app.server.block_user("vera", "mila")
    assert found(app) == []
    (hidden,) = found(app, hidden=True)
    assert (hidden["channel"]["hidden"], hidden["channel"]["blocked"]) == (True, True)
    assert len(app.phone("vera").ask("POST", "/channels", OF_MILA).json()["channels"]) == 1
    app.server.unblock_user("vera", "mila")
    assert len(found(app)) == 1
    assert found(app, hidden=True) == []


def test_group_is_not_hidden(app: App) -> None:
    app.talk("mila", "vera", "zoe")
    app.server.block_user("vera", "mila")
    assert len(found(app)) == 1


def test_blocked_user_still_sends_and_the_message_appears_after_the_block(app: App) -> None:
    app.talk("mila", "vera")
    app.server.block_user("vera", "mila")
    body = {"message": {"text": "hello?"}}
    assert app.phone("vera").ask("POST", f"{PATH}/message", body).status_code == 201
    app.server.unblock_user("vera", "mila")
    assert [one["text"] for one in found(app)[0]["messages"]] == ["hello?"]


def test_blocked_user_does_not_add_the_blocker(app: App) -> None:
    app.talk("vera", "zoe")
    app.people("mila")
    app.server.update_channel_type("messaging", grants={"channel_member": ["update-channel-members"]})
    app.server.block_user("vera", "mila")
    add = {"add_members": ["mila"]}
    assert app.phone("vera").ask("POST", PATH, add).status_code == 201
    assert app.emulator.state()["channels"]["messaging:talk"]["members"] == ["vera", "zoe"]
    assert app.phone("zoe").ask("POST", PATH, add).status_code == 201
    assert "mila" in app.emulator.state()["channels"]["messaging:talk"]["members"]


def test_others_do_not_see_whom_a_user_blocks(app: App) -> None:
    app.talk("mila", "vera", "zoe")
    app.server.block_user("vera", "mila")
    members = app.phone("zoe").ask("POST", f"{PATH}/query", {}).json()["members"]
    assert [one["user"]["blocked_user_ids"] for one in members] == [[], [], []]


@pytest.mark.parametrize(
    ("target", "refusal"), [("unknown", GONE), ("mila", BAD), ("", BAD), (None, BAD), (["vera"], BAD)]
)
def test_malformed_block_is_refused(app: App, target: object, refusal: Refused) -> None:
    app.people("mila", "vera")
    body = {"blocked_user_id": target, "user_id": "mila"}
    assert app.backend().refused("POST", "/users/block", body) == refusal


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_server_has_to_name_the_blocker(app: App, method: str) -> None:
    app.people("vera")
    body = {"blocked_user_id": "vera"} if method == "POST" else None
    assert app.backend().refused(method, "/users/block", body) == BAD


def test_unblocking_an_unblocked_or_missing_user_is_refused(app: App) -> None:
    app.people("mila", "vera")
    assert app.refused(lambda: app.server.unblock_user("vera", "mila")) == GONE
    assert app.backend().refused("POST", "/users/unblock", {"user_id": "mila"}) == BAD


def test_erased_user_stays_in_the_blocks_of_others_as_an_id(app: App) -> None:
    app.people("mila", "vera")
    app.server.block_user("vera", "mila")
    app.finish(app.erase("vera"))
    (block,) = app.server.get_blocked_users("mila")["blocks"]
    assert block["blocked_user_id"] == "vera"
    assert "name" not in block["blocked_user"]
    app.server.unblock_user("vera", "mila")
