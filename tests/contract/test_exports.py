"""Exports: their content, their links and their expiry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

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


def test_task_exports_a_line_for_each_user(app: App) -> None:
    conversation(app)
    task = app.finish(app.server.export_users(["mila", "vera"])["task_id"])
    mila, vera = lines(app, task["result"]["url"])
    assert mila["user"]["id"] == "mila"
    assert [message["text"] for message in mila["messages"]] == ["hello vera"]
    assert [message["text"] for message in vera["messages"]] == ["hello mila"]
    assert (len(mila["reactions"]), len(vera["reactions"])) == (1, 0)


def test_export_holds_hidden_messages(app: App) -> None:
    app.talk("mila", "vera")
    app.server.delete_message(app.says("mila", "oh no"))
    (message,) = app.server.export_user("mila")["messages"]
    assert (message["text"], message["type"]) == ("oh no", "deleted")


def test_hard_deleted_message_is_in_no_export(app: App) -> None:
    app.talk("mila", "vera")
    app.server.delete_message(app.says("mila", "oh no"), hard=True)
    assert app.server.export_user("mila")["messages"] == []


def test_more_than_25_users_are_refused(app: App) -> None:
    crowd = [f"u{number}" for number in range(26)]
    app.people(*crowd)
    assert app.refused(lambda: app.server.export_users(crowd)) == Refused(400, 4)
    assert app.finish(app.server.export_users(crowd[:25])["task_id"])["status"] == "completed"


@pytest.mark.parametrize("user_id", ["unknown", "mila"])
def test_unknown_and_deleted_users_cannot_be_exported(app: App, user_id: str) -> None:
    app.people("mila")
    app.erase("mila")
    assert app.refused(lambda: app.server.export_user(user_id)) == Refused(404, 16)
    assert app.refused(lambda: app.server.export_users([user_id])) == Refused(404, 16)


def test_export_can_fail(app: App) -> None:
    app.people("mila")
    app.emulator.spoil_tasks(failure={"type": "internal", "description": "injected"})
    assert app.finish(app.server.export_users(["mila"])["task_id"])["status"] == "failed"


def test_link_expires_after_a_day_and_each_request_gives_a_new_one(app: App) -> None:
    app.people("mila")
    task_id = app.server.export_users(["mila"])["task_id"]
    first = app.finish(task_id)["result"]["url"]
    app.emulator.advance(DAY + 1)
    assert app.fetch(first).status_code == 403
    again = app.server.get_task(task_id)["result"]["url"]
    assert again != first
    assert app.fetch(again).status_code == 200


def test_export_file_expires_after_sixty_days(app: App) -> None:
    app.people("mila")
    task_id = app.server.export_users(["mila"])["task_id"]
    app.finish(task_id)
    app.emulator.advance(60 * DAY - 60)
    assert app.fetch(app.server.get_task(task_id)["result"]["url"]).status_code == 200
    app.emulator.advance(120)
    assert app.fetch(app.server.get_task(task_id)["result"]["url"]).status_code == 404


def test_forged_link_is_refused(app: App) -> None:
    app.people("mila")
    url = app.finish(app.server.export_users(["mila"])["task_id"])["result"]["url"]
    assert app.fetch(url.replace("signature=", "signature=0")).status_code == 403
    assert app.fetch(url.split("?")[0]).status_code == 403


def test_unfinished_export_has_no_file(app: App) -> None:
    app.people("mila")
    app.emulator.choose(task_progress="hold")
    task_id = app.server.export_users(["mila"])["task_id"]
    for _ in range(5):
        task = app.server.get_task(task_id)
        assert (task["status"], "result" in task) == ("waiting", False)


def test_message_has_its_channel_mentions_and_quote(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("vera", "what vera said")
    channel = app.server.channel("messaging", "talk")
    channel.update({"name": "Trip"})
    channel.send_message({"text": "yes", "mentioned_users": ["vera"], "quoted_message_id": said}, "mila")
    (message,) = app.server.export_user("mila")["messages"]
    assert message["channel"] == {"id": "talk", "type": "messaging", "cid": "messaging:talk", "name": "Trip"}
    assert [user["name"] for user in message["mentioned_users"]] == ["Vera"]
    assert message["quoted_message_id"] == message["quoted_message"]["id"] == said
    assert message["quoted_message"]["text"] == "what vera said"


@pytest.mark.parametrize("hard", [False, True])
def test_quote_of_a_deleted_message_has_no_text(app: App, *, hard: bool) -> None:
    app.talk("mila", "vera")
    said = app.says("vera", "oh no")
    channel = app.server.channel("messaging", "talk")
    channel.send_message({"text": "yes", "quoted_message_id": said}, "mila")
    app.server.delete_message(said, hard=hard)
    (message,) = app.server.export_user("mila")["messages"]
    assert message["quoted_message"]["text"] == ""


def test_quote_of_an_erased_user_has_no_text(app: App) -> None:
    app.talk("mila", "vera", "zoe")
    said = app.says("vera", "oh no")
    channel = app.server.channel("messaging", "talk")
    channel.send_message({"text": "yes", "quoted_message_id": said}, "mila")
    app.finish(app.erase("vera"))
    (message,) = app.server.export_user("mila")["messages"]
    assert message["quoted_message"]["text"] == ""


@pytest.mark.parametrize("sent", [{"quoted_message_id": "elsewhere"}, {"mentioned_users": ["unknown"]}])
def test_unknown_message_or_user_cannot_be_quoted_or_mentioned(app: App, sent: dict[str, Any]) -> None:
    app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    code = 4 if "quoted_message_id" in sent else 16
    assert app.refused(lambda: channel.send_message({"text": "a"} | sent, "mila")).code == code
    assert app.server.export_user("mila")["messages"] == []


def test_export_shows_data_planted_by_a_test(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "hello")
    app.emulator.plant("mila", user={"banned": True}, message={"shadowed": True}, calls=[{"id": "c1"}])
    export = app.server.export_user("mila")
    assert (export["user"]["banned"], export["messages"][0]["shadowed"]) == (True, True)
    assert export["calls"] == [{"id": "c1"}]
    assert app.server.export_user("vera")["calls"] == []
    with pytest.raises(requests.HTTPError):
        app.emulator.plant("unknown", calls=[])


def test_one_user_with_too_many_messages_is_refused(app: App) -> None:
    app.talk("mila", "vera")
    app.emulator.choose(most_exported=1)
    app.says("mila", "one")
    assert len(app.server.export_user("mila")["messages"]) == 1
    app.says("mila", "two")
    assert app.refused(lambda: app.server.export_user("mila")) == Refused(400, 4)


def test_task_for_too_many_messages_is_truncated_fails_or_is_refused(app: App) -> None:
    app.talk("mila", "vera")
    app.emulator.choose(most_exported=1)
    app.says("mila", "one")
    app.says("mila", "two")
    (mila,) = lines(app, app.finish(app.server.export_users(["mila"])["task_id"])["result"]["url"])
    assert [message["text"] for message in mila["messages"]] == ["one"]
    app.emulator.choose(over_most_exported="task_failed")
    task = app.finish(app.server.export_users(["mila"])["task_id"])
    assert (task["status"], task["error"]["type"], "result" in task) == ("failed", "bad_input", False)
    app.emulator.choose(over_most_exported="refused")
    assert app.refused(lambda: app.server.export_users(["mila"])) == Refused(400, 4)
    app.server.export_users(["vera"])


def test_every_fault_can_be_injected_into_a_download(app: App) -> None:
    app.people("mila")
    url = app.finish(app.server.export_users(["mila"])["task_id"])["result"]["url"]
    app.emulator.fault(path="/exports", status=302, body="", headers={"Location": "/elsewhere"})
    assert requests.get(url, allow_redirects=False, timeout=10).status_code == 302
    app.emulator.fault(path="/exports", drop_connection=True)
    with pytest.raises(requests.ConnectionError):
        app.fetch(url)
    app.emulator.fault(path="/exports", drop_connection=True, commit=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        app.fetch(url)
    assert app.fetch(url).status_code == 200


def test_journal_keeps_downloads_with_the_names_of_their_headers(app: App) -> None:
    app.people("mila")
    app.fetch(app.finish(app.server.export_users(["mila"])["task_id"])["result"]["url"])
    (download,) = app.emulator.requests(principal="link", path="/exports")
    assert "user-agent" in download["headers"]
    assert "authorization" not in download["headers"]


def test_channel_is_exported_with_members_and_messages(app: App) -> None:
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
