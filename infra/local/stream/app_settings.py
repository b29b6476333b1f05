"""The app's settings and channel types, with their grants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.stream.clock import parsed_instant
from infra.local.stream.errors import bad_input, not_found
from infra.local.stream.permissions import (
    CHANNEL_TYPES,
    KNOWN,
    Grants,
    hardened_app,
    hardened_channel_type,
    stock_app,
    stock_channel_type,
)

if TYPE_CHECKING:
    from datetime import datetime

    from infra.local.stream.wire import Json

_FLAGS: Json = {
    "typing_events": True,
    "read_events": True,
    "connect_events": True,
    "custom_events": True,
    "search": True,
    "reactions": True,
    "replies": True,
    "quotes": True,
    "mutes": True,
    "uploads": True,
    "url_enrichment": False,
    "push_notifications": False,
    "reminders": False,
    "mark_messages_pending": False,
    "polls": False,
    "user_message_reminders": False,
    "shared_locations": False,
    "count_messages": False,
    "delivery_events": False,
    "skip_last_msg_update_for_system_msgs": False,
    "message_retention": "infinite",
    "max_message_length": 5000,
    "automod": "disabled",
    "automod_behavior": "flag",
    "partition_size": 0,
    "partition_ttl": None,
    "blocklists": [],
    "commands": [],
}


@dataclass
class ChannelType:
    """One channel type: its feature flags and its grants."""

    name: str
    grants: Grants
    created_at: datetime
    flags: Json = field(default_factory=lambda: dict(_FLAGS))

    def config(self) -> Json:
        """The type as a channel's `config` shows it."""
        times = {"created_at": self.created_at, "updated_at": self.created_at}
        return {"name": self.name, **self.flags, **times}

    def rendered(self) -> Json:
        """As GET /channeltypes/{name} shows it."""
        return {**self.config(), "grants": self.grants, "permissions": []}

    def update(self, changes: Json) -> None:
        """Change flags and grants; a listed role is replaced, null resets all to stock."""
        unknown = set(changes) - set(self.flags) - {"grants", "permissions"}
        if unknown:
            raise bad_input(f"unknown settings {sorted(unknown)}")
        if "grants" in changes:
            self.grants = _merged(self.grants, changes["grants"], stock_channel_type(self.name))
        self.flags |= {name: changes[name] for name in changes if name in self.flags}


class AppSettings:
    """The app's own settings and its channel types."""

    def __init__(self, at: datetime, *, hardened: bool) -> None:
        self.grants = hardened_app() if hardened else stock_app()
        self.revoked_before: datetime | None = None
        self.values: Json = {
            "name": "RU4M (emulated)",
            "organization": "RU4M",
            "placement": "dublin",
            "suspended": False,
            "suspended_explanation": "",
            "disable_auth_checks": False,
            "disable_permissions_checks": False,
            "permission_version": "v2",
            "user_search_disallowed_roles": [],
            "guest_user_creation_disabled": hardened,
            "multi_tenant_enabled": False,
            "enforce_unique_usernames": "no",
            "async_url_enrich_enabled": False,
            "auto_translation_enabled": False,
            "cdn_expiration_seconds": 1_209_600,
            "event_hooks": [],
            "webhook_url": "",
            "sqs_url": "",
            "sns_topic_arn": "",
            "reminders_interval": 60,
        }
        self.channel_types = {
            name: ChannelType(name, _initial(name, hardened=hardened), at) for name in CHANNEL_TYPES
        }

    def channel_type(self, name: str) -> ChannelType:
        """One channel type.

        Raises:
            StreamError: 404 with code 16.
        """
        if name not in self.channel_types:
            raise not_found(f"channel type {name} doesn't exist")
        return self.channel_types[name]

    def rendered(self) -> Json:
        """As GET /app shows it to the server."""
        return {
            **self.values,
            "grants": self.grants,
            "revoke_tokens_issued_before": self.revoked_before,
            "channel_configs": {name: one.rendered() for name, one in self.channel_types.items()},
            "policies": {},
        }

    def update(self, changes: Json) -> None:
        """Change the settings that PATCH /app names; `event_hooks` is replaced as a whole."""
        special = {"grants", "revoke_tokens_issued_before"}
        unknown = set(changes) - set(self.values) - special
        if unknown:
            raise bad_input(f"unknown settings {sorted(unknown)}")
        if "revoke_tokens_issued_before" in changes:
            self.revoked_before = revocation(changes["revoke_tokens_issued_before"])
        if "grants" in changes:
            self.grants = _merged(self.grants, changes["grants"], stock_app())
        self.values |= {name: changes[name] for name in changes if name not in special}


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


def _initial(name: str, *, hardened: bool) -> Grants:
    return hardened_channel_type(name) if hardened else stock_channel_type(name)


def _merged(now: Grants, changes: object, stock: Grants) -> Grants:
    if changes is None:
        return stock
    if not isinstance(changes, dict):
        raise bad_input("grants map roles to permissions")
    for granted in changes.values():
        unknown = set(granted or []) - KNOWN
        if unknown:
            raise bad_input(f"unknown permissions {sorted(unknown)}")
    return now | {role: list(granted or []) for role, granted in changes.items()}
