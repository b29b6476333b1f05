"""Chats between clients with the official JavaScript SDK."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from infra.local.js import ChatClient, ChatClients, ChatError
from tests.contract.emulated_app import Refused, phone_refused

if TYPE_CHECKING:
    from tests.contract.conftest import Phones
    from tests.contract.emulated_app import App

pytestmark = pytest.mark.node

NO = Refused(403, 17)
TALK = "messaging:talk"


def watching(app: App, phones: Phones) -> list[ChatClient]:
    """Return the phones of two users, who watch their channel."""
    app.talk("mila", "vera")
    both = [phones.of("mila"), phones.of("vera")]
    for phone in both:
        phone.watch(TALK)
    return both


def test_message_reaches_the_other_client(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    mila, vera = phones.of("mila"), phones.of("vera")
    mila.watch(TALK)
    vera.watch(TALK)
    said = mila.send(TALK, "hello vera")
    heard = vera.wait_for_event("message.new", text="hello vera")
    assert heard["message"]["id"] == said["id"]
    assert heard["user"]["id"] == "mila"
    assert heard["unread_count"] == 1
    assert vera.watch(TALK)["messages"][-1]["text"] == "hello vera"


def test_member_who_does_not_watch_gets_a_notification(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    mila, vera = phones.of("mila"), phones.of("vera")
    mila.send(TALK, "hello")
    assert vera.wait_for_event("notification.message_new", text="hello")["cid"] == TALK


def test_reply_is_received(app: App, phones: Phones) -> None:
    mila, vera = watching(app, phones)
    mila.send(TALK, "ping")
    vera.wait_for_event("message.new", text="ping")
    vera.send(TALK, "pong")
    assert mila.wait_for_event("message.new", text="pong")["user"]["id"] == "vera"


def test_nonmember_gets_no_events(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    mila, vera, zoe = phones.of("mila"), phones.of("vera"), phones.of("zoe")
    vera.watch(TALK)
    mila.send(TALK, "between us")
    vera.wait_for_event("message.new", text="between us")
    assert "between us" not in json.dumps(zoe.events())


def test_member_finds_their_channels(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.talk("vera", id="other")
    (found,) = phones.of("mila").query_channels({"members": {"$in": ["mila"]}})
    assert found["cid"] == TALK
    assert found["members"] == ["mila", "vera"]


def test_new_member_gets_an_event_and_may_read(app: App, phones: Phones) -> None:
    app.talk("mila")
    app.people("zoe")
    zoe = phones.of("zoe")
    app.server.channel("messaging", "talk").add_members(["zoe"])
    assert zoe.wait_for_event("notification.added_to_channel")["cid"] == TALK
    assert zoe.watch(TALK)["members"] == ["mila", "zoe"]


def test_removed_member_gets_no_more_events(app: App, phones: Phones) -> None:
    mila, vera = watching(app, phones)
    app.server.channel("messaging", "talk").remove_members(["vera"])
    vera.wait_for_event("notification.removed_from_channel")
    mila.wait_for_event("member.removed")
    mila.send(TALK, "gone?")
    mila.wait_for_event("message.new", text="gone?")
    assert "gone?" not in json.dumps(vera.events())
    assert phone_refused(lambda: vera.send(TALK, "still here")) == NO


def test_reading_and_typing_are_announced_to_other_members(app: App, phones: Phones) -> None:
    mila, vera = watching(app, phones)
    mila.call("typing", cid=TALK)
    assert vera.wait_for_event("typing.start")["user"]["id"] == "mila"
    mila.send(TALK, "seen?")
    vera.wait_for_event("message.new", text="seen?")
    vera.mark_read(TALK)
    assert mila.wait_for_event("message.read")["user"]["id"] == "vera"


def test_own_messages_can_be_edited_reacted_to_and_deleted_by_the_server(app: App, phones: Phones) -> None:
    mila, vera = watching(app, phones)
    said = mila.send(TALK, "helo")["id"]
    mila.call("edit", message_id=said, text="hello")
    assert vera.wait_for_event("message.updated")["message"]["text"] == "hello"
    vera.call("react", cid=TALK, message_id=said, type="love")
    mila.wait_for_event("reaction.new")
    for phone in (mila, vera):
        assert phone_refused(partial(phone.call, "delete_message", message_id=said)) == NO
    app.server.delete_message(said, hard=True)
    assert vera.wait_for_event("message.deleted")["hard_delete"] is True


def test_file_can_be_sent(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    sent = phones.of("mila").call("upload", cid=TALK, name="note.txt", content="hello")
    assert app.fetch(sent["url"]).text == "hello"


def test_changed_name_reaches_users_who_share_a_channel(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    vera, zoe = phones.of("vera"), phones.of("zoe")
    app.server.upsert_user({"id": "mila", "name": "Mila B"})
    assert vera.wait_for_event("user.updated")["user"]["name"] == "Mila B"
    assert [event for event in zoe.events() if event["type"] == "user.updated"] == []


def test_erased_two_party_chat_is_announced_and_removed(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    vera = phones.of("vera")
    vera.watch(TALK)
    app.finish(app.erase("mila"))
    assert vera.wait_for_event("channel.deleted")["cid"] == TALK
    assert vera.query_channels({"members": {"$in": ["vera"]}}) == []


def test_wait_for_an_event_ends_at_its_timeout(app: App, phones: Phones) -> None:
    mila = phones.of("mila")
    with pytest.raises(ChatError, match=r"no message\.new within"):
        mila.wait_for_event("message.new", timeout=0.05)


def test_keepalives_are_answered(app: App, phones: Phones) -> None:
    mila = phones.of("mila")
    mila.wait_for_event("health.check")
    mila.call("ping")
    assert mila.wait_for_event("health.check")["connection_id"]


def test_child_process_ends_with_the_block(app: App) -> None:
    with ChatClients(app.emulator.url, app.emulator.api_key) as clients:
        mila = clients.connect("mila", app.token("mila"))
    assert clients.has_ended
    with pytest.raises(ChatError, match="ended"):
        mila.send(TALK, "hello?")
