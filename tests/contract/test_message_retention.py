"""Tests the clean-up of old messages: which it deletes, from when on, and what goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

pytestmark = pytest.mark.promise("STR-11")

HOUR, DAY = 3600, 24 * 3600
GONE = Refused(404, 16)
TALK = "messaging:talk"


def sets_policy(app: App, days: int = 30, policy: str = "old-messages") -> None:
    app.server.post("retention_policy", data={"policy": policy, "max_age_hours": days * 24})


def keeps(app: App, *messages: str) -> bool:
    """Whether Stream has exactly these messages of the conversation."""
    found = app.server.channel("messaging", "talk").query(messages={"limit": 100})["messages"]
    return [message["id"] for message in found] == [*messages]


@pytest.fixture
def policy(app: App) -> App:
    """Return an app whose policy of 30 days was set two days ago, with a conversation of two."""
    app.talk("mila", "jovan")
    sets_policy(app)
    app.emulator.make_older(2 * DAY, policies=["old-messages"])
    return app


def test_message_past_the_period_is_gone_after_the_clean_up(policy: App) -> None:
    old, young = policy.says("mila", "old"), policy.says("jovan", "young")
    policy.emulator.make_older(30 * DAY + HOUR, messages=[old])
    policy.emulator.make_older(30 * DAY - HOUR, messages=[young])
    policy.emulator.clean_up()
    assert policy.refused(lambda: policy.server.get_message(old)) == GONE
    assert policy.server.get_message(young)["message"]["text"] == "young"
    assert keeps(policy, young)


def test_message_past_the_period_is_shown_until_the_clean_up(policy: App) -> None:
    old = policy.says("mila", "old")
    policy.emulator.make_older(40 * DAY, messages=[old])
    assert keeps(policy, old)


def test_message_of_the_past_is_gone_when_time_moves_on(policy: App) -> None:
    policy.says("mila", "now")
    policy.emulator.advance(31 * DAY)
    policy.emulator.clean_up()
    assert keeps(policy)


@pytest.mark.parametrize("hours", [0, 23])
def test_nothing_is_deleted_on_the_first_day_of_a_changed_policy(policy: App, hours: int) -> None:
    old = policy.says("mila", "old")
    policy.emulator.make_older(40 * DAY, messages=[old])
    sets_policy(policy, days=14)
    policy.emulator.make_older(hours * HOUR, policies=["old-messages"])
    policy.emulator.clean_up()
    assert keeps(policy, old)
    policy.emulator.make_older(DAY, policies=["old-messages"])
    policy.emulator.clean_up()
    assert keeps(policy)


def test_nothing_is_deleted_without_a_policy(policy: App) -> None:
    old = policy.says("mila", "old")
    policy.emulator.make_older(400 * DAY, messages=[old])
    policy.server.post("retention_policy/delete", data={"policy": "old-messages"})
    policy.emulator.clean_up()
    assert keeps(policy, old)


def test_policy_on_inactive_channels_has_no_effect(app: App) -> None:
    app.talk("mila", "jovan")
    sets_policy(app, policy="inactive-channels")
    app.emulator.make_older(2 * DAY, policies=["inactive-channels"])
    old = app.says("mila", "old")
    app.emulator.make_older(400 * DAY, messages=[old])
    app.emulator.clean_up()
    assert keeps(app, old)


def test_files_and_reactions_go_with_their_message(policy: App) -> None:
    mila, channel = policy.phone("mila"), policy.server.channel("messaging", "talk")
    sent, other = (
        mila.upload("/channels/messaging/talk/file", name, b"hello") for name in ("a.txt", "b.txt")
    )
    attached = [
        {"type": "file", "asset_url": sent},
        {"type": "image", "image_url": "https://a.example/b.png"},
    ]
    old = channel.send_message({"text": "see", "attachments": attached}, "mila")["message"]["id"]
    channel.send_reaction(old, {"type": "like"}, "jovan")
    policy.emulator.make_older(40 * DAY, messages=[old])
    policy.emulator.clean_up()
    assert (policy.fetch(sent).status_code, policy.fetch(other).status_code) == (404, 200)
    exported = policy.server.export_user("jovan")
    assert (exported["messages"] or [], exported["reactions"] or []) == ([], [])


def test_file_of_another_channel_stays(policy: App) -> None:
    policy.talk("mila", id="other")
    sent = policy.phone("mila").upload("/channels/messaging/other/file", "a.txt", b"hello")
    channel = policy.server.channel("messaging", "talk")
    attached = [{"type": "file", "asset_url": sent}]
    old = channel.send_message({"text": "see", "attachments": attached}, "mila")["message"]["id"]
    policy.emulator.make_older(40 * DAY, messages=[old])
    policy.emulator.clean_up()
    assert policy.fetch(sent).status_code == 200


def test_softly_deleted_message_goes_too(policy: App) -> None:
    hidden = policy.says("mila", "hidden")
    policy.server.delete_message(hidden)
    policy.emulator.make_older(40 * DAY, messages=[hidden])
    policy.emulator.clean_up()
    assert policy.emulator.state()["channels"][TALK]["messages"] == []


def test_quote_of_a_deleted_message_has_no_text(policy: App) -> None:
    old = policy.says("mila", "old")
    channel = policy.server.channel("messaging", "talk")
    young = channel.send_message({"text": "young", "quoted_message_id": old}, "jovan")["message"]["id"]
    policy.emulator.make_older(40 * DAY, messages=[old])
    policy.emulator.clean_up()
    assert policy.server.get_message(young)["message"]["quoted_message"]["text"] == ""


def test_export_has_no_message_that_the_clean_up_deleted(policy: App) -> None:
    old, young = policy.says("mila", "old"), policy.says("mila", "young")
    policy.emulator.make_older(40 * DAY, messages=[old])
    policy.emulator.clean_up()
    exported = policy.server.export_user("mila")["messages"]
    assert [message["id"] for message in exported] == [young]


@pytest.mark.parametrize("unknown", [{"messages": ["none"]}, {"policies": ["inactive-channels"]}])
def test_unknown_message_or_policy_cannot_be_made_older(policy: App, unknown: dict[str, list[str]]) -> None:
    with pytest.raises(requests.HTTPError, match=r"40[04]"):
        policy.emulator.make_older(DAY, **unknown)
