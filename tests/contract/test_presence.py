"""Who sees that a user is online, with the official JavaScript SDK; options for what is not documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from infra.local.js import ChatClient
    from tests.contract.conftest import Phones
    from tests.contract.emulated_app import App

pytestmark = pytest.mark.node

TALK = "messaging:talk"
CHANGED = "user.presence.changed"


@pytest.fixture
def vera(app: App, phones: Phones) -> ChatClient:
    """Return a client that gets the presence of the members of a conversation with Mila."""
    app.talk("mila", "vera")
    vera = phones.of("vera")
    assert vera.watch(TALK, presence=True)["online"] == ["vera"]
    return vera


def hide(app: App, **fields: Any) -> None:
    app.server.upsert_user({"id": "mila", "name": "Mila", **fields})


def seen(client: ChatClient) -> bool:
    """Return what the next event says about whether Mila is online."""
    event = client.wait_for_event(CHANGED)
    assert event["user"]["id"] == "mila"
    return bool(event["user"]["online"])


def test_visible_user_is_seen_to_come_and_go(app: App, phones: Phones, vera: ChatClient) -> None:
    mila = phones.of("mila")
    assert seen(vera) is True
    assert vera.watch(TALK)["online"] == ["mila", "vera"]
    mila.disconnect()
    assert seen(vera) is False


def test_client_that_did_not_ask_for_presence_gets_no_event(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    vera = phones.of("vera")
    vera.watch(TALK)
    phones.of("mila").watch(TALK)
    app.says("mila", "hello")
    vera.wait_for_event("message.new")
    assert CHANGED not in [event["type"] for event in vera.events()]


def test_channel_type_without_connect_events_reports_no_presence(
    app: App, phones: Phones, vera: ChatClient
) -> None:
    app.server.update_channel_type("messaging", connect_events=False)
    phones.of("mila")
    app.says("mila", "hello")
    vera.wait_for_event("message.new")
    assert CHANGED not in [event["type"] for event in vera.events()]


def test_user_who_hides_while_connected_is_seen_to_go(app: App, phones: Phones, vera: ChatClient) -> None:
    phones.of("mila")
    assert seen(vera) is True
    hide(app, invisible=True)
    assert seen(vera) is False
    hide(app, invisible=False)
    assert seen(vera) is True


def test_hidden_user_stays_offline_after_reconnecting(app: App, phones: Phones, vera: ChatClient) -> None:
    hide(app, invisible=True)
    phones.of("mila").disconnect()
    phones.of("mila")
    assert vera.watch(TALK)["online"] == ["vera"]
    assert CHANGED not in [event["type"] for event in vera.events()]


@pytest.mark.parametrize("shows", [True, False])
def test_full_write_without_the_status_shows_a_hidden_user_by_option(
    app: App, phones: Phones, vera: ChatClient, *, shows: bool
) -> None:
    app.emulator.choose(upsert_shows_user=shows)
    hide(app, invisible=True)
    phones.of("mila")
    hide(app)
    assert ("mila" in vera.watch(TALK)["online"]) is shows


@pytest.mark.parametrize("writes", [True, False])
def test_client_shows_itself_when_it_connects_by_option(
    app: App, phones: Phones, vera: ChatClient, *, writes: bool
) -> None:
    app.emulator.choose(connect_writes_status=writes, house_rules=False)
    hide(app, invisible=True)
    phones.of("mila", invisible=False)
    assert ("mila" in vera.watch(TALK)["online"]) is writes


@pytest.mark.parametrize("last_active", ["shown", "omitted"])
def test_last_activity_of_a_hidden_user_is_seen_by_option(
    app: App, phones: Phones, *, last_active: str
) -> None:
    app.emulator.choose(hidden_last_active=last_active)
    hide(app, invisible=True)
    phones.of("mila")
    assert ("last_active" in app.emulator.user("mila")) is (last_active == "shown")
