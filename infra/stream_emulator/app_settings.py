"""The app's own settings, with its grants and channel types."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

from infra.stream_emulator.channel_types import ChannelType
from infra.stream_emulator.clock import parsed_instant
from infra.stream_emulator.errors import bad_input, not_found
from infra.stream_emulator.permissions import (
    CHANNEL_TYPES,
    hardened_app,
    hardened_channel_type,
    stock_app,
    stock_channel_type,
)
from infra.stream_emulator.settings import Settings, merged_grants
from infra.stream_emulator.webhooks import refuse_unfit_hooks
from infra.stream_emulator.wire import Json

_LONGEST_LINK = 1_209_600  # seconds, a fortnight

# Settings that a new app has off, empty, and without configuration.
_OFF = (
    "disable_auth_checks", "disable_permissions_checks", "guest_user_creation_disabled",
    "multi_tenant_enabled", "async_url_enrich_enabled", "auto_translation_enabled",
    "channel_hide_members_only", "user_response_time_enabled", "image_moderation_enabled",
    "migrate_permissions_to_v2", "explicit_event_hooks_deletion", "enable_hook_payload_compression",
)  # fmt: skip
_EMPTY = (
    "video_provider", "webhook_url", "before_message_send_hook_url", "custom_action_handler_url",
    "sqs_url", "sqs_key", "sqs_secret", "sns_topic_arn", "sns_key", "sns_secret",
)  # fmt: skip
_UNCONFIGURED = (
    "file_upload_config", "image_upload_config", "async_moderation_config", "agora_options",
    "hms_options", "apn_config", "firebase_config", "huawei_config", "xiaomi_config",
)  # fmt: skip

# What PATCH /app may change. An effect here have only `disable_auth_checks`, `disable_permissions_checks`,
# `user_search_disallowed_roles`, `guest_user_creation_disabled`, `migrate_permissions_to_v2`, `event_hooks`
# and `enable_hook_payload_compression`.
_SETTINGS = Settings(
    defaults={
        **dict.fromkeys(_OFF, False),
        **dict.fromkeys(_EMPTY, ""),
        **{name: {} for name in _UNCONFIGURED},
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
        self.values = deepcopy(_SETTINGS.defaults) | {"guest_user_creation_disabled": hardened}
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
        checked = _SETTINGS.checked(own, unknown=unknown)
        if not 0 < checked.get("cdn_expiration_seconds", 1) <= _LONGEST_LINK:
            raise bad_input(f"cdn_expiration_seconds must be between 1 and {_LONGEST_LINK}")
        if "event_hooks" in checked:
            refuse_unfit_hooks(checked["event_hooks"])
        grants, revoked = self.grants, self.revoked_before
        if "grants" in changes:
            grants = merged_grants(grants, changes["grants"], stock_app())
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
    instant = parsed_instant(value)
    if instant is None:
        raise bad_input("revoke_tokens_issued_before must be RFC 3339 with an offset")
    return instant
