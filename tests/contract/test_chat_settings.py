"""Tests the baseline at an app with Stream's own defaults: what clients may do before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from stream_chat import StreamChat

from chalicelib.core import clock
from chalicelib.stream.model import SYSTEM_USER
from chalicelib.stream.settings.baseline import webhook
from infra.deployment import chat_settings as deployment
from infra.local.js import ChatClient, ChatClients, ChatError
from infra.stream_emulator import Emulator, Options, running_emulator
from infra.stream_emulator.permissions import CHANNEL_TYPES, hardened_app, hardened_channel_type
from tests.contract.emulated_app import App, Refused, phone_refused
from tests.support.stream.emulated_app import access_to, apply_to, choices, drifted_at, standing_of

NO = Refused(403, 17)
FOREIGN = "livestream:stage"
OUR_WEBHOOK = dict(webhook(choices()))
OTHER_WEBHOOK = {"hook_type": "webhook", "webhook_url": "https://a.example", "enabled": True}


@pytest.fixture(scope="module")
def new_stream() -> Iterator[Emulator]:
    """Run an emulator whose app has the settings of a new one at Stream."""
    with running_emulator(options=Options(grants="stock")) as running:
        yield running


@pytest.fixture(autouse=True)
def without_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let calls follow each other at once."""
    monkeypatch.setattr(clock, "pause", lambda _: None)


@pytest.fixture
def stock(new_stream: Emulator) -> Iterator[App]:
    new_stream.reset()
    server = StreamChat(new_stream.api_key, new_stream.secret, base_url=new_stream.url)
    with server.session:
        yield App(new_stream, server)


@dataclass
class Phone:
    """Connects users with the official JavaScript SDK."""

    app: App
    node: ChatClients

    def of(self, user_id: str, **profile: object) -> ChatClient:
        now = int(time.time())
        claims = {"user_id": user_id, "iat": now - 5, "exp": now + 600}
        token = jwt.encode(claims, self.app.emulator.secret, algorithm="HS256")
        return self.node.connect(user_id, token, profile=profile)


@pytest.fixture
def phone(stock: App) -> Iterator[Phone]:
    with ChatClients(stock.emulator.url, stock.emulator.api_key) as node:
        yield Phone(stock, node)


@pytest.mark.node
@pytest.mark.promise("STR-3")
def test_client_reads_a_foreign_channel_without_the_baseline_and_not_with_it(
    stock: App, phone: Phone
) -> None:
    stock.talk("vera", id="stage", type="livestream")
    stock.says("vera", "for members only", cid=FOREIGN)
    stock.people("mila")
    mila = phone.of("mila")
    assert [one["text"] for one in mila.watch(FOREIGN)["messages"]] == ["for members only"]
    apply_to(stock.emulator)
    assert phone_refused(lambda: mila.watch(FOREIGN)) == NO
    assert mila.query_channels({"members": {"$in": ["vera"]}}) == []
    vera = phone.of("vera")
    assert [one["text"] for one in vera.watch(FOREIGN)["messages"]] == ["for members only"]


@pytest.mark.node
@pytest.mark.promise("STR-3")
def test_channel_type_that_is_not_ours_is_for_members_only_too(stock: App, phone: Phone) -> None:
    everybody = {"user": ["read-channel"]}
    stock.server.create_channel_type({"name": "public", "grants": everybody})
    stock.talk("vera", id="square", type="public")
    stock.people("mila")
    mila = phone.of("mila")
    assert mila.watch("public:square")["cid"] == "public:square"
    apply_to(stock.emulator)
    assert phone_refused(lambda: mila.watch("public:square")) == NO


@pytest.mark.node
@pytest.mark.promise("STR-2")
def test_client_writes_fields_of_its_user_without_the_baseline_and_not_with_it(
    stock: App, phone: Phone
) -> None:
    stock.people("mila", "vera")
    mila = phone.of("mila", name="Mila", email="m@a.example")
    assert stock.emulator.user("mila")["email"] == "m@a.example"
    mila.update_self(phone="+381601234567")
    assert stock.emulator.user("mila")["phone"] == "+381601234567"
    apply_to(stock.emulator)
    assert phone_refused(lambda: mila.update_self(address="a street")) == NO
    assert phone_refused(lambda: mila.set_self(address="a street")) == NO
    phone.of("vera", name="V", email="v@a.example")
    vera = stock.emulator.user("vera")
    assert vera["name"] == "Vera"
    assert "email" not in vera


@pytest.mark.node
@pytest.mark.promise("STR-3")
def test_client_searches_users_and_creates_channels_without_the_baseline_only(
    stock: App, phone: Phone
) -> None:
    stock.people("mila", "vera")
    mila = phone.of("mila")
    assert mila.query_users({"name": {"$autocomplete": "Ve"}})
    assert mila.create_channel("messaging", ["mila", "vera"])["members"] == ["mila", "vera"]
    apply_to(stock.emulator)
    assert phone_refused(lambda: mila.query_users({"name": {"$autocomplete": "Ve"}})) == NO
    for channel_type in CHANNEL_TYPES:
        with pytest.raises(ChatError):
            mila.create_channel(channel_type, ["mila", "vera"], channel_id="mine")


@pytest.mark.node
@pytest.mark.promise("STR-12")
def test_members_write_and_edit_with_the_baseline_and_hide_no_message(stock: App, phone: Phone) -> None:
    apply_to(stock.emulator)
    cid = stock.talk("mila", "vera")
    mila = phone.of("mila")
    mila.watch(cid)
    said = mila.send(cid, "hello")
    assert mila.call("edit", message_id=said["id"], text="goodbye")["text"] == "goodbye"
    assert phone_refused(lambda: mila.call("delete_message", message_id=said["id"])) == NO


@pytest.mark.promise("STR-3")
def test_emulator_after_apply_equals_its_hardened_grants(stock: App) -> None:
    apply_to(stock.emulator)
    shown = stock.emulator.state()["app"]
    assert sorted_lists(shown["grants"]) == sorted_lists(hardened_app())
    for name in CHANNEL_TYPES:
        found = shown["channel_configs"][name]
        assert sorted_lists(found["grants"]) == sorted_lists(hardened_channel_type(name)), name
        assert (found["url_enrichment"], found["push_notifications"]) == (False, False)
    assert shown["guest_user_creation_disabled"] is True


def sorted_lists(grants: dict[str, list[str]]) -> dict[str, list[str]]:
    return {role: sorted(permissions) for role, permissions in grants.items()}


def test_second_apply_sends_nothing(stock: App) -> None:
    assert apply_to(stock.emulator)
    before = [one for one in stock.emulator.requests(principal="server") if one["method"] != "GET"]
    assert apply_to(stock.emulator) == []
    after = [one for one in stock.emulator.requests(principal="server") if one["method"] != "GET"]
    assert after == before


@pytest.mark.promise("STR-11")
def test_apply_sets_the_age_at_which_stream_deletes_messages(stock: App) -> None:
    apply_to(stock.emulator)
    assert stock.emulator.state()["retention"]["old-messages"]["config"] == {"max_age_hours": 720}
    apply_to(stock.emulator, "chat_messages=P14D")
    assert stock.emulator.state()["retention"]["old-messages"]["config"] == {"max_age_hours": 336}


def test_apply_creates_and_reactivates_the_system_user(stock: App) -> None:
    apply_to(stock.emulator)
    assert stock.emulator.user(SYSTEM_USER)["name"] == "RU4M"
    stock.server.deactivate_user(SYSTEM_USER)
    assert drifted_at(stock.emulator) == [f"system user {SYSTEM_USER}"]
    apply_to(stock.emulator)
    assert stock.emulator.user(SYSTEM_USER)["state"] == "active"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"webhook_url": "https://hook.example/?token=s3cret"}, "app webhook_url"),
        ({"sqs_url": "https://queue.example"}, "app sqs_url"),
        ({"event_hooks": []}, "app event_hooks"),
        ({"event_hooks": [OUR_WEBHOOK, OTHER_WEBHOOK]}, "app event_hooks"),
        ({"event_hooks": [OUR_WEBHOOK, OUR_WEBHOOK]}, "app event_hooks"),
        ({"event_hooks": [OUR_WEBHOOK | {"enabled": False}]}, "app event_hooks"),
        ({"event_hooks": [OUR_WEBHOOK | {"event_types": ["user.updated"]}]}, "app event_hooks"),
        ({"event_hooks": [OUR_WEBHOOK | {"event_types": []}]}, "app event_hooks"),
        ({"event_hooks": [OUR_WEBHOOK | {"hook_type": "sqs"}]}, "app event_hooks"),
        ({"event_hooks": [OTHER_WEBHOOK]}, "app event_hooks"),
        ({"firebase_config": {"credentials_json": "s3cret"}}, "app push_notifications.firebase"),
        ({"auto_translation_enabled": True}, "app auto_translation_enabled"),
        ({"image_moderation_enabled": True}, "app image_moderation_enabled"),
        ({"enforce_unique_usernames": "app"}, "app enforce_unique_usernames"),
        ({"permission_version": "v1"}, "app permission_version"),
        ({"disable_auth_checks": True}, "app disable_auth_checks"),
        ({"disable_permissions_checks": True}, "app disable_permissions_checks"),
        ({"grants": {"vip": ["search-user"]}}, "app grants.vip"),
    ],
)
def test_changed_setting_of_the_app_is_found_and_applied_back(
    stock: App, change: dict[str, Any], name: str
) -> None:
    apply_to(stock.emulator)
    stock.server.update_app_settings(**change)
    assert drifted_at(stock.emulator) == [name]
    (sent,) = apply_to(stock.emulator)
    assert (sent.checked.name, sent.accepted) == (name, True)
    assert drifted_at(stock.emulator) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"url_enrichment": True}, "url_enrichment"),
        ({"push_notifications": True}, "push_notifications"),
        ({"automod": "AI"}, "automod"),
        ({"grants": {"anonymous": ["read-channel"]}}, "grants.anonymous"),
        ({"grants": {"channel_member": ["read-channel", "update-channel"]}}, "grants.channel_member"),
    ],
)
def test_changed_setting_of_a_channel_type_is_found_and_applied_back(
    stock: App, change: dict[str, Any], name: str
) -> None:
    apply_to(stock.emulator)
    stock.server.update_channel_type("team", **change)
    assert drifted_at(stock.emulator) == [f"channel type team {name}"]
    apply_to(stock.emulator)
    assert drifted_at(stock.emulator) == []


def test_grants_of_staff_stay_as_they_are(stock: App) -> None:
    stock.server.update_app_settings(grants={"moderator": ["search-user"]})
    apply_to(stock.emulator)
    assert stock.emulator.state()["app"]["grants"]["moderator"] == ["search-user"]


def test_placement_is_unverified_until_an_operator_confirmed_it(stock: App) -> None:
    apply_to(stock.emulator)
    others = {name: standing for name, standing in standing_of(stock.emulator).items() if standing != "kept"}
    assert others == {"app placement": "unverified"}


# --- the emulator's rules of retention policies


def refused(app: App, call: Callable[[StreamChat], object]) -> Refused:
    return app.refused(lambda: call(app.server))


@pytest.mark.parametrize(
    "body",
    [
        {"policy": "old-messages", "max_age_hours": 23},
        {"policy": "old-messages", "max_age_hours": 43_801},
        {"policy": "old-messages", "max_age_hours": True},
        {"policy": "old-messages"},
        {"policy": "all", "max_age_hours": 24},
        {"max_age_hours": 24},
    ],
)
def test_malformed_retention_policy_is_refused(stock: App, body: dict[str, Any]) -> None:
    bad = Refused(400, 4)
    assert refused(stock, lambda server: server.post("retention_policy", data=body)) == bad
    assert stock.server.get("retention_policy")["policies"] == []


def test_retention_policy_is_shown_and_deleted(stock: App) -> None:
    wanted = {"policy": "inactive-channels", "max_age_hours": 48}
    stock.server.post("retention_policy", data=wanted)
    (found,) = stock.server.get("retention_policy")["policies"]
    assert (found["policy"], found["config"]) == ("inactive-channels", {"max_age_hours": 48})
    stock.server.post("retention_policy/delete", data={"policy": "inactive-channels"})
    assert stock.server.get("retention_policy")["policies"] == []


def test_client_neither_sees_nor_sets_retention_policies(stock: App) -> None:
    stock.people("mila")
    mila = stock.phone("mila")
    assert mila.refused("GET", "/retention_policy") == NO
    body = {"policy": "old-messages", "max_age_hours": 48}
    assert mila.refused("POST", "/retention_policy", body) == NO


def test_app_is_bound_to_the_services_whose_webhook_it_has(stock: App) -> None:
    access = access_to(stock.emulator)
    assert deployment.owners(access) == ()
    hook = {"enabled": True, "hook_type": "webhook", "event_types": ["user.deleted"]}
    urls = ("https://user:canary@api.other.example/base/v1/hooks/stream", "https://analytics.example/events")
    stock.server.update_app_settings(event_hooks=[{**hook, "webhook_url": url} for url in urls])
    assert deployment.owners(access) == ("https://api.other.example/base",)
