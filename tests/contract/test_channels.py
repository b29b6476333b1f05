"""Channels through the server SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App


def test_channel_has_the_members_that_it_was_made_with(app: App) -> None:
    app.people("system", "mila", "vera")
    made = app.server.channel("messaging", "talk", {"members": ["mila", "vera"]}).create("system")
    assert [member["user_id"] for member in made["members"]] == ["mila", "vera"]
    assert made["channel"]["created_by"]["id"] == "system"
    assert made["channel"]["config"]["read_events"] is True


def test_same_members_share_one_distinct_channel(app: App) -> None:
    app.people("system", "mila", "vera")
    channels = [
        app.server.channel("messaging", data={"members": members})
        for members in (["mila", "vera"], ["vera", "mila"])
    ]
    ids = [channel.create("system")["channel"]["id"] for channel in channels]
    assert ids[0] == ids[1]
    assert ids[0].startswith("!members-")


def test_channel_needs_a_creator(app: App) -> None:
    path = "/channels/messaging/talk/query"
    assert app.backend().refused("POST", path, {"data": {}}) == Refused(400, 4)


def test_member_has_to_exist(app: App) -> None:
    app.people("system")
    channel = app.server.channel("messaging", "talk", {"members": ["unknown"]})
    assert app.refused(lambda: channel.create("system")) == Refused(400, 4)
    app.talk("mila")
    add = app.server.channel("messaging", "talk").add_members
    assert app.refused(lambda: add(["unknown"])) == Refused(404, 16)


def test_members_are_added_and_removed(app: App) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    channel = app.server.channel("messaging", "talk")
    channel.add_members(["zoe"])
    channel.remove_members(["mila"])
    found = channel.query_members({})
    assert [member["user_id"] for member in found] == ["vera", "zoe"]


def test_at_most_100_members_are_added_or_removed_at_once(app: App) -> None:
    names = [f"u{number}" for number in range(101)]
    app.people(*names[:100])
    app.people(names[100])
    app.talk("mila")
    channel = app.server.channel("messaging", "talk")
    assert app.refused(lambda: channel.add_members(names)) == Refused(400, 4)
    assert app.refused(lambda: channel.remove_members(names)) == Refused(400, 4)
    channel.add_members(names[:100])
    assert len(app.emulator.state()["channels"]["messaging:talk"]["members"]) == 101


def test_channel_that_exists_keeps_members_and_name(app: App) -> None:
    app.people("system", "mila", "vera")
    app.server.channel("messaging", "talk", {"members": ["mila"], "name": "Trip"}).create("system")
    other = {"members": ["vera"], "name": "Other", "created_by": {"id": "system"}}
    again = app.server.channel("messaging", "talk", other).query(messages={"limit": 0})
    assert [member["user_id"] for member in again["members"]] == ["mila"]
    assert again["channel"]["name"] == "Trip"


def test_channel_that_is_made_again_after_its_deletion_is_empty(app: App) -> None:
    app.talk("mila", "vera")
    channel = app.server.channel("messaging", "talk")
    channel.send_message({"text": "hello"}, "mila")
    channel.delete(hard=True)
    app.talk("mila")
    again = app.emulator.state()["channels"]["messaging:talk"]
    assert (sorted(again["members"]), again["messages"]) == (["mila"], [])


def test_channels_are_found_by_member_type_and_id(app: App) -> None:
    app.talk("mila", "vera")
    app.talk("vera", id="other")

    def found(conditions: dict[str, object]) -> list[str]:
        channels = app.server.query_channels(conditions)["channels"]
        return sorted(channel["channel"]["id"] for channel in channels)

    assert found({"members": {"$in": ["mila"]}}) == ["talk"]
    assert found({"members": ["mila", "vera"]}) == ["talk"]
    assert found({"type": "messaging"}) == ["other", "talk"]
    assert found({"cid": "messaging:other"}) == ["other"]
    assert found({"members": {"$in": ["unknown"]}}) == []


def test_page_of_channels_is_limited(app: App) -> None:
    query = lambda: app.server.query_channels({}, limit=31)  # noqa: E731
    assert app.refused(query) == Refused(400, 4)


def test_reading_clears_the_unread_count(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "hello")
    channel = app.server.channel("messaging", "talk")

    def unread() -> dict[str, int]:
        reads = channel.query()["read"]
        return {read["user"]["id"]: read["unread_messages"] for read in reads}

    assert unread() == {"mila": 0, "vera": 1}
    channel.mark_read("vera")
    assert unread() == {"mila": 0, "vera": 0}


def test_truncation_removes_all_messages(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "hello")
    app.server.channel("messaging", "talk").truncate()
    assert app.emulator.state()["channels"]["messaging:talk"]["messages"] == []


def test_deleted_channel_is_not_found(app: App) -> None:
    app.talk("mila", "vera")
    app.server.channel("messaging", "talk").delete()
    assert app.refused(lambda: app.says("mila", "hello?")) == Refused(404, 16)
    assert app.emulator.state()["channels"]["messaging:talk"]["deleted_at"]


def test_channels_are_hard_deleted_by_a_task(app: App) -> None:
    app.talk("mila", "vera")
    task = app.finish(app.server.delete_channels(["messaging:talk"], hard_delete=True)["task_id"])
    assert task["result"] == {"messaging:talk": {"status": "ok"}}
    assert app.emulator.state()["channels"] == {}


def test_hidden_message_keeps_its_text_for_the_server_only(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "oh no")
    app.server.delete_message(said)
    assert app.server.get_message(said)["message"]["text"] == "oh no"
    shown = app.phone("vera").ask("GET", f"/messages/{said}").json()["message"]
    assert (shown["type"], shown["text"]) == ("deleted", "")


def test_hard_deleted_message_is_not_found(app: App) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "oh no")
    app.server.delete_message(said, hard=True)
    assert app.refused(lambda: app.server.get_message(said)) == Refused(404, 16)


def test_empty_message_is_refused(app: App) -> None:
    app.talk("mila", "vera")
    assert app.refused(lambda: app.says("mila", "")) == Refused(400, 4)


def test_server_message_needs_an_author(app: App) -> None:
    app.talk("mila", "vera")
    body = {"message": {"text": "hello"}}
    path = "/channels/messaging/talk/message"
    assert app.backend().refused("POST", path, body) == Refused(400, 4)
