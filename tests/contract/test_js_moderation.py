"""Mutes, blocks, bans and flags by clients with the official JavaScript SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.emulated_app import Refused, phone_refused

if TYPE_CHECKING:
    from tests.contract.conftest import Phones
    from tests.contract.emulated_app import App

pytestmark = pytest.mark.node

NO, BAD, GONE = Refused(403, 17), Refused(400, 4), Refused(404, 16)
TALK = "messaging:talk"


def test_mute_reaches_the_sdk_at_once_and_at_the_next_connect(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.grants_mutes()
    mila = phones.of("mila")
    mila.sdk("muteUser", "vera")
    mila.wait_for_event("notification.mutes_updated")
    assert mila.call("own_user")["muted_users"] == ["vera"]
    mila.disconnect()
    mila = phones.of("mila")
    assert mila.call("own_user")["mutes"] == ["vera"]
    mila.sdk("unmuteUser", "vera")
    mila.wait_for_event("notification.mutes_updated")
    assert mila.call("own_user")["muted_users"] == []


def test_messages_of_a_muted_user_still_arrive(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.grants_mutes()
    mila, vera = phones.of("mila"), phones.of("vera")
    mila.watch(TALK)
    mila.sdk("muteUser", "vera")
    vera.send(TALK, "still here")
    mila.wait_for_event("message.new", text="still here")


def test_refused_mutes_reach_the_sdk(app: App, phones: Phones) -> None:
    app.people("mila", "vera")
    app.grants_mutes()
    mila = phones.of("mila")
    assert phone_refused(lambda: mila.sdk("muteUser", "mila")) == BAD
    assert phone_refused(lambda: mila.sdk("muteUser", "unknown")) == GONE
    assert phone_refused(lambda: mila.sdk("unmuteUser", "vera")) == GONE
    app.server.update_app_settings(grants={"user": []})
    assert phone_refused(lambda: mila.sdk("muteUser", "vera")) == NO


def test_channel_is_muted_by_a_member_only(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    app.grants_mutes()
    mila, zoe = phones.of("mila"), phones.of("zoe")
    assert mila.sdk("mute", cid=TALK)["channel_mute"]["channel"]["cid"] == TALK
    mila.wait_for_event("notification.channel_mutes_updated")
    assert phone_refused(lambda: zoe.sdk("mute", cid=TALK)) == NO
    mila.disconnect()
    mila = phones.of("mila")
    assert mila.call("own_user")["channel_mutes"] == [TALK]
    assert zoe.call("own_user")["channel_mutes"] == []
    mila.sdk("unmute", cid=TALK)
    assert phone_refused(lambda: mila.sdk("unmute", cid=TALK)) == GONE


def test_blocker_gets_no_events_of_the_blocked_user_in_a_conversation_of_two(
    app: App, phones: Phones
) -> None:
    app.talk("mila", "vera")
    app.talk("mila", "vera", "zoe", id="group")
    mila, vera = phones.of("mila"), phones.of("vera")
    mila.watch(TALK)
    mila.sdk("blockUser", "vera")
    vera.send(TALK, "in private")
    vera.send("messaging:group", "in the group")
    mila.wait_for_event("notification.message_new", text="in the group")
    assert "in private" not in json.dumps(mila.events())
    assert [one["cid"] for one in mila.query_channels({"members": {"$in": ["mila"]}})] == ["messaging:group"]


def test_blocked_users_are_listed_for_the_blocker(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    phones.of("mila").sdk("blockUser", "vera")
    phones.hang_up()
    mila = phones.of("mila")
    assert mila.call("own_user")["blocked"] == ["vera"]
    assert [one["blocked_user_id"] for one in mila.sdk("getBlockedUsers")["blocks"]] == ["vera"]
    mila.sdk("unBlockUser", "vera")
    assert mila.sdk("getBlockedUsers")["blocks"] == []
    assert phone_refused(lambda: mila.sdk("unBlockUser", "vera")) == GONE
    assert phone_refused(lambda: mila.sdk("blockUser", "mila")) == BAD


def test_unread_messages_of_a_blocked_user_are_not_counted(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.server.block_user("vera", "mila")
    app.says("vera", "one")
    connected = phones.of("mila").call("connect", user={"id": "mila"}, token=app.token("mila"))
    assert connected["me"]["unread_count"] == 0


def test_banned_phone_connects_and_does_not_send(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.server.ban_user("mila", banned_by_id="vera")
    mila = phones.of("mila")
    assert mila.watch(TALK)["members"] == ["mila", "vera"]
    assert phone_refused(lambda: mila.send(TALK, "hello?")) == NO
    app.server.unban_user("mila")
    mila.wait_for_event("user.unbanned")
    assert mila.send(TALK, "hello")["text"] == "hello"


def test_ban_in_a_channel_is_announced_to_its_watchers(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    vera = phones.of("vera")
    vera.watch(TALK)
    app.server.channel("messaging", "talk").ban_user("mila", banned_by_id="system")
    assert vera.wait_for_event("user.banned", cid=TALK)["user"]["id"] == "mila"


def test_member_does_not_ban(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    mila = phones.of("mila")
    mila.watch(TALK)
    assert phone_refused(lambda: mila.sdk("banUser", "vera")) == NO
    assert phone_refused(lambda: mila.sdk("banUser", "vera", cid=TALK)) == NO
    assert phone_refused(lambda: mila.sdk("unbanUser", "vera", cid=TALK)) == NO
    assert phone_refused(lambda: mila.sdk("queryBannedUsers", {"channel_cid": TALK})) == NO


def test_moderator_bans_with_the_sdk(app: App, phones: Phones) -> None:
    app.people("system", "mila", "zoe")
    members = ["mila", {"user_id": "zoe", "channel_role": "channel_moderator"}]
    app.server.channel("messaging", "talk", {"members": members}).create("system")
    zoe = phones.of("zoe")
    zoe.watch(TALK)
    zoe.sdk("banUser", "mila", {"reason": "spam", "timeout": 60}, cid=TALK)
    (found,) = zoe.sdk("queryBannedUsers", {"channel_cid": TALK})["bans"]
    assert (found["user"]["id"], found["reason"]) == ("mila", "spam")
    zoe.sdk("unbanUser", "mila", cid=TALK)
    assert zoe.sdk("queryBannedUsers", {"channel_cid": TALK})["bans"] == []


def test_target_of_a_shadow_ban_is_not_notified(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.server.shadow_ban("mila", banned_by_id="vera")
    connected = phones.of("mila").call("connect", user={"id": "mila"}, token=app.token("mila"))
    assert connected["me"]["shadow_banned"] is False
    assert phones.of("mila").send(TALK, "hello")["text"] == "hello"


def test_event_of_a_shadowed_message_marks_it_for_all_but_its_author(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.server.shadow_ban("mila", banned_by_id="vera")
    mila, vera = phones.of("mila"), phones.of("vera")
    for phone in (mila, vera):
        phone.watch(TALK)
    mila.send(TALK, "hello")
    assert vera.wait_for_event("message.new")["message"]["shadowed"] is True
    assert mila.wait_for_event("message.new")["message"]["shadowed"] is False


def test_member_flags_and_unflags(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    said = app.says("mila", "buy now")
    vera = phones.of("vera")
    answer = vera.sdk("flagMessage", said, {"reason": "spam"})
    assert answer["flag"]["target_message_id"] == said
    assert vera.sdk("flagUser", "mila")["flag"]["target_user"]["id"] == "mila"
    assert phone_refused(lambda: vera.sdk("flagMessage", said)) == BAD
    vera.sdk("unflagMessage", said)
    vera.sdk("unflagUser", "mila")
    assert phone_refused(lambda: vera.sdk("unflagUser", "mila")) == GONE


def test_stranger_flags_no_message_and_a_member_lists_none(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    said = app.says("mila", "buy now")
    assert phone_refused(lambda: phones.of("zoe").sdk("flagMessage", said)) == NO
    vera = phones.of("vera")
    assert phone_refused(lambda: vera.sdk("queryMessageFlags", {"channel_cid": TALK})) == NO
    assert phone_refused(lambda: vera.sdk("queryMessageFlags", {})) == BAD
