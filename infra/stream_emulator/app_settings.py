"""The settings and grants of the app and of its channel types."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.stream_emulator.clock import parsed_instant
from infra.stream_emulator.errors import bad_input, needed, not_found
from infra.stream_emulator.permissions import (
    CHANNEL_TYPES,
    KNOWN,
    Grants,
    hardened_app,
    hardened_channel_type,
    stock_app,
    stock_channel_type,
)
from infra.stream_emulator.webhooks import refuse_unfit_hooks
from infra.stream_emulator.wire import Json


@dataclass(frozen=True)
class Settings:
    """The settings that a caller may change; a value has the type of its default."""

    defaults: Json
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def checked(self, changes: Json, *, unknown: str) -> Json:
        """The changes, with null as the default.

        Args:
            changes: values by the names of settings.
            unknown: "refused" or "ignored", for a name that is not a setting.

        Raises:
            StreamError: an unknown name, a wrong type, or none of the choices.
        """
        strange = sorted(set(changes) - set(self.defaults))
        if strange and unknown == "refused":
            raise bad_input(f"unknown settings {strange}")
        return {name: self._checked(name, value) for name, value in changes.items() if name not in strange}

    def _checked(self, name: str, value: object) -> Any:  # noqa: ANN401 - each setting's own type
        default = self.defaults[name]
        if value is None:
            return deepcopy(default)
        if default is not None and type(value) is not type(default):
            raise bad_input(f"{name} must be of type {type(default).__name__}")
        if name in self.choices and value not in self.choices[name]:
            raise bad_input(f"{name} must be one of {self.choices[name]}")
        return value


MAX_CHANNEL_TYPES = 50
_BEHAVIOURS = ("flag", "block", "shadow_block")

# Settings that a new type has on, and off.
_TYPE_ON = (
    "typing_events", "read_events", "connect_events", "custom_events", "search", "reactions", "replies",
    "quotes", "mutes", "uploads", "url_enrichment", "push_notifications",
)  # fmt: skip
_TYPE_OFF = (
    "reminders", "mark_messages_pending", "polls", "user_message_reminders", "shared_locations",
    "count_messages", "delivery_events", "skip_last_msg_update_for_system_msgs",
)  # fmt: skip

# Only `max_message_length` has an effect here; the others are stored and shown.
_TYPE_SETTINGS = Settings(
    defaults=dict.fromkeys(_TYPE_ON, True)
    | dict.fromkeys(_TYPE_OFF, False)
    | {
        "blocklist": "",
        "blocklist_behavior": "",
        "push_level": "",
        "blocklists": [],
        "allowed_flag_reasons": [],
        "commands": [],
        "message_retention": "infinite",
        "max_message_length": 5000,
        "automod": "disabled",
        "automod_behavior": "flag",
        "automod_thresholds": None,
        "partition_size": 0,
        "partition_ttl": None,
    },
    choices={
        "automod": ("disabled", "simple", "AI"),
        "automod_behavior": _BEHAVIOURS,
        "blocklist_behavior": ("", *_BEHAVIOURS),
        "push_level": ("", "all", "all_mentions", "direct_mentions", "mentions", "none"),
    },
)


@dataclass
class ChannelType:
    """One channel type: its settings and its grants."""

    name: str
    grants: Grants
    created_at: datetime
    values: Json = field(default_factory=lambda: deepcopy(_TYPE_SETTINGS.defaults))

    def config(self) -> Json:
        """The type as a channel's `config` shows it."""
        times = {"created_at": self.created_at, "updated_at": self.created_at}
        return {"name": self.name, **self.values, **times}

    def rendered(self) -> Json:
        """As GET /channeltypes/{name} shows it."""
        return {**self.config(), "grants": self.grants, "permissions": []}

    def update(self, changes: Json, *, unknown: str) -> None:
        """Change settings and grants.

        Args:
            changes: the settings by name. Of the grants, a listed role is replaced; null resets all roles.
            unknown: the result of a setting that Stream does not document, see Options.

        Raises:
            StreamError: an unknown name or a value out of its range; then nothing has changed.
        """
        own = {name: value for name, value in changes.items() if name not in ("grants", "permissions")}
        checked = _TYPE_SETTINGS.checked(own, unknown=unknown)
        length = checked.get("max_message_length", 1)
        if length < 1:
            raise bad_input("max_message_length must be positive")
        if "grants" in changes:
            self.grants = _merged_grants(self.grants, changes["grants"], stock_channel_type(self.name))
        self.values |= checked


_LONGEST_LINK = 1_209_600  # seconds, a fortnight

# Settings that a new app has off, empty, and without configuration.
_APP_OFF = (
    "disable_auth_checks", "disable_permissions_checks", "guest_user_creation_disabled",
    "multi_tenant_enabled", "async_url_enrich_enabled", "auto_translation_enabled",
    "channel_hide_members_only", "user_response_time_enabled", "image_moderation_enabled",
    "migrate_permissions_to_v2", "explicit_event_hooks_deletion", "enable_hook_payload_compression",
)  # fmt: skip
_APP_EMPTY = (
    "video_provider", "webhook_url", "before_message_send_hook_url", "custom_action_handler_url",
    "sqs_url", "sqs_key", "sqs_secret", "sns_topic_arn", "sns_key", "sns_secret",
)  # fmt: skip
_APP_UNCONFIGURED = (
    "file_upload_config", "image_upload_config", "async_moderation_config", "agora_options",
    "hms_options", "apn_config", "firebase_config", "huawei_config", "xiaomi_config",
)  # fmt: skip

# What PATCH /app may change. An effect here have only `disable_auth_checks`, `disable_permissions_checks`,
# `user_search_disallowed_roles`, `guest_user_creation_disabled`, `migrate_permissions_to_v2`, `event_hooks`
# and `enable_hook_payload_compression`.
_APP_SETTINGS = Settings(
    defaults={
        **dict.fromkeys(_APP_OFF, False),
        **dict.fromkeys(_APP_EMPTY, ""),
        **{name: {} for name in _APP_UNCONFIGURED},
        "user_search_disallowed_roles": [],
        "allowed_flag_reasons": [],
        "event_hooks": [],
        "webhook_events": [],
        "image_moderation_labels": [],
        "image_moderation_block_labels": [],
        "permission_version": "v2",
        "enforce_unique_usernames": "no",
        "cdn_expiration_seconds": _LONGEST_LINK,
        "reminders_interval": 60,
        "before_message_send_hook_attempt_timeout_ms": 0,
        "push_config": {"version": "v2", "offline_only": False},
    },
    choices={"enforce_unique_usernames": ("no", "app", "team"), "permission_version": ("v1", "v2")},
)
_PUSH = ("apn_config", "firebase_config", "huawei_config", "xiaomi_config")
_COMMANDS = ("migrate_permissions_to_v2", "explicit_event_hooks_deletion")  # they act, and are not shown


class AppSettings:
    """The app's own settings and its channel types."""

    def __init__(self, at: datetime, *, hardened: bool) -> None:
        self.grants = hardened_app() if hardened else stock_app()
        self.retention: dict[str, Json] = {}  # policies by name
        self.revoked_before: datetime | None = None
        # What only Stream's dashboard changes.
        self.fixed: Json = {
            "name": "RU4M (emulated)",
            "organization": "RU4M",
            "placement": "dublin.c1",
            "suspended": False,
            "suspended_explanation": "",
        }
        self.values = deepcopy(_APP_SETTINGS.defaults) | {"guest_user_creation_disabled": hardened}
        initial = hardened_channel_type if hardened else stock_channel_type
        self.channel_types = {name: ChannelType(name, initial(name), at) for name in CHANNEL_TYPES}
        if hardened:
            for channel_type in self.channel_types.values():
                channel_type.values |= {"url_enrichment": False, "push_notifications": False}

    def channel_type(self, name: str) -> ChannelType:
        """One channel type.

        Raises:
            StreamError: 404 with code 16.
        """
        if name not in self.channel_types:
            raise not_found(f"channel type {name} doesn't exist")
        return self.channel_types[name]

    def rendered(self) -> Json:
        """As GET /app shows it to the server; of push providers only whether they are set."""
        hidden = (*_PUSH, *_COMMANDS, "push_config")
        enabled = {name.removesuffix("_config"): {"enabled": bool(self.values[name])} for name in _PUSH}
        return {
            **self.fixed,
            **{name: value for name, value in self.values.items() if name not in hidden},
            "push_notifications": self.values["push_config"] | enabled | {"providers": []},
            "grants": self.grants,
            "revoke_tokens_issued_before": self.revoked_before,
            "channel_configs": {
                name: channel_type.rendered() for name, channel_type in self.channel_types.items()
            },
            "policies": {},
        }

    def update(self, changes: Json, *, unknown: str) -> None:
        """Change the settings that PATCH /app names; `event_hooks` is replaced as a whole.

        Args:
            changes: the settings by name.
            unknown: the result of a setting that Stream does not document, see Options.

        Raises:
            StreamError: an unknown name or a value out of its range; then nothing has changed.
        """
        special = ("grants", "revoke_tokens_issued_before")
        own = {name: value for name, value in changes.items() if name not in special}
        checked = _APP_SETTINGS.checked(own, unknown=unknown)
        if not 0 < checked.get("cdn_expiration_seconds", 1) <= _LONGEST_LINK:
            raise bad_input(f"cdn_expiration_seconds must be between 1 and {_LONGEST_LINK}")
        if "event_hooks" in checked:
            refuse_unfit_hooks(checked["event_hooks"])
        grants, revoked = self.grants, self.revoked_before
        if "grants" in changes:
            grants = _merged_grants(grants, changes["grants"], stock_app())
        if "revoke_tokens_issued_before" in changes:
            revoked = revocation(changes["revoke_tokens_issued_before"])
        if checked.get("migrate_permissions_to_v2"):
            checked["permission_version"] = "v2"
        self.grants, self.revoked_before = grants, revoked
        self.values |= checked


def revocation(value: object) -> datetime | None:
    """An instant to revoke before, or null to undo a revocation.

    Raises:
        StreamError: not RFC 3339 with an offset, as the SDK writes a naive datetime.
    """
    if value is None:
        return None
    wrong = bad_input("revoke_tokens_issued_before must be RFC 3339 with an offset")
    return needed(parsed_instant(value), wrong)


def _merged_grants(now: Grants, changes: object, stock: Grants) -> Grants:
    """The grants after a change: a listed role is replaced, and null resets all roles to stock.

    Raises:
        StreamError: no map of roles to permissions, or a permission that Stream does not document.
    """
    if changes is None:
        return stock
    if not isinstance(changes, dict):
        raise bad_input("grants map roles to permissions")
    for granted in changes.values():
        if not isinstance(granted, list | None):
            raise bad_input("grants map roles to lists of permissions")
        unknown = set(granted or []) - KNOWN
        if unknown:
            raise bad_input(f"unknown permissions {sorted(unknown)}")
    return now | {role: list(granted or []) for role, granted in changes.items()}
