"""Exports: what is in them, how they are fetched, for how long."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

DAY = 24 * 3600


def conversation(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "hello vera")
    said = app.says("vera", "hello mila")
    channel = app.server.channel("messaging", "talk")
    channel.send_reaction(said, {"type": "love"}, "mila")


def lines(app: App, url: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in app.fetch(url).text.splitlines()]


def test_one_users_export_holds_profile_messages_and_reactions(app: App) -> None:
    conversation(app)
    export = app.server.export_user("mila")
    assert export["user"]["name"] == "Mila"
    assert [message["text"] for message in export["messages"]] == ["hello vera"]
    assert [reaction["type"] for reaction in export["reactions"]] == ["love"]


def test_a_task_exports_a_line_for_each_user(app: App) -> None:
    conversation(app)
    task = app.finish(app.server.export_users(["mila", "vera"])["task_id"])
    mila, vera = lines(app, task["result"]["url"])
    assert mila["user"]["id"] == "mila"
    assert [message["text"] for message in mila["messages"]] == ["hello vera"]
    assert [message["text"] for message in vera["messages"]] == ["hello mila"]
    assert (len(mila["reactions"]), len(vera["reactions"])) == (1, 0)


def test_an_export_still_holds_what_was_only_hidden(app: App) -> None:
    app.talk("mila", "vera")
    app.server.delete_message(app.says("mila", "oh no"))
    (message,) = app.server.export_user("mila")["messages"]
    assert (message["text"], message["type"]) == ("oh no", "deleted")


def test_a_hard_deleted_message_is_in_no_export(app: App) -> None:
    app.talk("mila", "vera")
    app.server.delete_message(app.says("mila", "oh no"), hard=True)
    assert app.server.export_user("mila")["messages"] == []


def test_more_than_25_users_are_refused(app: App) -> None:
    crowd = [f"u{number}" for number in range(26)]
    app.people(*crowd)
    assert app.refused(lambda: app.server.export_users(crowd)) == Refused(400, 4)
    assert app.finish(app.server.export_users(crowd[:25])["task_id"])["status"] == "completed"


@pytest.mark.parametrize("user_id", ["nobody", "mila"])
def test_unknown_and_deleted_users_can_not_be_exported(app: App, user_id: str) -> None:
    app.people("mila")
    app.erase("mila")
    assert app.refused(lambda: app.server.export_user(user_id)) == Refused(404, 16)
    assert app.refused(lambda: app.server.export_users([user_id])) == Refused(404, 16)


def test_an_export_can_fail(app: App) -> None:
    app.people("mila")
    app.emulator.spoil_tasks(failure={"type": "internal", "description": "injected"})
    assert app.finish(app.server.export_users(["mila"])["task_id"])["status"] == "failed"


def test_a_link_works_for_a_day_and_each_asking_makes_a_new_one(app: App) -> None:
    app.people("mila")
    task_id = app.server.export_users(["mila"])["task_id"]
    first = app.finish(task_id)["result"]["url"]
    app.emulator.advance(DAY + 1)
    assert app.fetch(first).status_code == 403
    again = app.server.get_task(task_id)["result"]["url"]
    assert again != first
    assert app.fetch(again).status_code == 200


def test_a_forged_link_is_refused(app: App) -> None:
    app.people("mila")
    url = app.finish(app.server.export_users(["mila"])["task_id"])["result"]["url"]
    assert app.fetch(url.replace("signature=", "signature=0")).status_code == 403
    assert app.fetch(url.split("?")[0]).status_code == 403


def test_a_channel_is_exported_with_members_and_messages(app: App) -> None:
    conversation(app)
    task_id = app.server.export_channels([{"type": "messaging", "id": "talk"}])["task_id"]
    app.finish(task_id)
    status = app.server.get_export_channel_status(task_id)
    (talk,) = lines(app, status["result"]["url"])
    assert [member["user_id"] for member in talk["members"]] == ["mila", "vera"]
    assert [message["text"] for message in talk["messages"]] == ["hello vera", "hello mila"]


def test_more_than_25_channels_are_refused(app: App) -> None:
    crowd = [{"type": "messaging", "id": "talk"}] * 26
    app.talk("mila", "vera")
    assert app.refused(lambda: app.server.export_channels(crowd)) == Refused(400, 4)
