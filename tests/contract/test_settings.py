"""Settings of the app and of channel types: which are accepted, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

BAD = Refused(400, 4)
IMAGES = {"allowed_mime_types": ["image/png"], "size_limit": 5_000_000}

OF_APP: list[tuple[str, Any]] = [
    ("allowed_flag_reasons", ["spam"]),
    ("before_message_send_hook_url", "https://hook.example"),
    ("channel_hide_members_only", True),
    ("enforce_unique_usernames", "app"),
    ("event_hooks", [{"hook_type": "sqs", "sqs_queue_url": "https://queue.example"}]),
    ("file_upload_config", {"blocked_file_extensions": [".exe"]}),
    ("image_moderation_enabled", True),
    ("image_upload_config", IMAGES),
    ("multi_tenant_enabled", True),
    ("reminders_interval", 120),
    ("sqs_secret", "secret"),
    ("webhook_events", ["message.new"]),
]
OF_CHANNEL_TYPE: list[tuple[str, Any]] = [
    ("allowed_flag_reasons", ["spam"]),
    ("automod", "simple"),
    ("automod_thresholds", {"spam": {"flag": 0.5, "block": 0.9}}),
    ("blocklist", "profanity_en_2020_v1"),
    ("blocklist_behavior", "block"),
    ("commands", ["ban", "unban"]),
    ("message_retention", "30"),
    ("partition_ttl", "24h"),
    ("push_level", "mentions"),
    ("replies", False),
]


@pytest.mark.parametrize(("name", "value"), OF_APP)
def test_documented_setting_of_the_app_is_stored(app: App, name: str, value: object) -> None:
    app.server.update_app_settings(**{name: value})
    assert app.server.get_app_settings()["app"][name] == value


@pytest.mark.parametrize(("name", "value"), OF_CHANNEL_TYPE)
def test_documented_setting_of_a_channel_type_is_stored(app: App, name: str, value: object) -> None:
    app.server.update_channel_type("messaging", **{name: value})
    assert app.server.get_channel_type("messaging")[name] == value
    assert app.server.get_channel_type("team")[name] != value


def test_null_resets_a_setting(app: App) -> None:
    app.server.update_app_settings(webhook_events=["message.new"])
    app.server.update_app_settings(webhook_events=None)
    assert app.server.get_app_settings()["app"]["webhook_events"] == []


def test_credentials_of_push_providers_are_not_shown(app: App) -> None:
    app.server.update_app_settings(firebase_config={"credentials_json": "secret"})
    settings = app.server.get_app_settings()["app"]
    assert settings["push_notifications"]["firebase"] == {"enabled": True}
    assert settings["push_notifications"]["apn"] == {"enabled": False}
    assert "firebase_config" not in settings


def test_migration_sets_the_version_of_permissions(app: App) -> None:
    app.server.update_app_settings(permission_version="v1")
    app.server.update_app_settings(migrate_permissions_to_v2=True)
    settings = app.server.get_app_settings()["app"]
    assert settings["permission_version"] == "v2"
    assert "migrate_permissions_to_v2" not in settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cdn_expiration_seconds", 1_209_601),
        ("cdn_expiration_seconds", 0),
        ("disable_auth_checks", "yes"),
        ("enforce_unique_usernames", "always"),
        ("event_hooks", {"hook_type": "sqs"}),
        ("grants", ["search-user"]),
        ("grants", {"user": "search-user"}),
        ("grants", {"user": ["fly"]}),
        ("permission_version", "v3"),
        ("reminders_interval", True),
    ],
)
def test_value_out_of_range_changes_no_setting_of_the_app(app: App, name: str, value: object) -> None:
    before = app.server.get_app_settings()["app"]
    update = app.server.update_app_settings
    assert app.refused(lambda: update(**{"webhook_url": "https://hook.example", name: value})) == BAD
    assert app.server.get_app_settings()["app"] == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("automod", "strict"),
        ("automod_behavior", "warn"),
        ("grants", {"user": ["fly"]}),
        ("max_message_length", 0),
        ("push_level", "some"),
        ("reactions", "no"),
    ],
)
def test_value_out_of_range_changes_no_channel_type(app: App, name: str, value: object) -> None:
    before = app.server.get_channel_type("messaging")
    update = app.server.update_channel_type
    assert app.refused(lambda: update("messaging", **{"replies": False, name: value})) == BAD
    assert {**app.server.get_channel_type("messaging"), "duration": ""} == {**before, "duration": ""}


@pytest.mark.parametrize("name", ["colour", "placement", "suspended", "name"])
def test_unknown_setting_is_refused(app: App, name: str) -> None:
    assert app.refused(lambda: app.server.update_app_settings(**{name: "red"})) == BAD
    assert app.refused(lambda: app.server.update_channel_type("messaging", colour="red")) == BAD


def test_option_decides_whether_an_unknown_setting_is_ignored(app: App) -> None:
    app.emulator.choose(unknown_settings="ignored")
    app.server.update_app_settings(colour="red")
    app.server.update_channel_type("messaging", colour="red")
    assert "colour" not in app.server.get_app_settings()["app"]


def test_an_unknown_channel_type_is_not_found(app: App) -> None:
    assert app.refused(lambda: app.server.get_channel_type("secret")) == Refused(404, 16)


def test_channel_type_is_created_and_deleted(app: App) -> None:
    app.server.create_channel_type({"name": "public", "mutes": False})
    assert app.server.get_channel_type("public")["mutes"] is False
    app.server.delete_channel_type("public")
    assert app.refused(lambda: app.server.get_channel_type("public")) == Refused(404, 16)


def test_fifty_first_channel_type_is_refused(app: App) -> None:
    create = app.server.create_channel_type
    for number in range(45):
        create({"name": f"type{number}"})
    assert app.refused(lambda: create({"name": "one-more"})) == BAD


def test_channel_type_of_a_channel_is_not_deleted(app: App) -> None:
    app.talk("mila", "vera")
    assert app.refused(lambda: app.server.delete_channel_type("messaging")) == BAD
    app.server.channel("messaging", "talk").delete(hard=True)
    app.server.delete_channel_type("messaging")
