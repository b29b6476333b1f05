"""Channel types: their settings and their grants."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.permissions import Grants, stock_channel_type
from infra.stream_emulator.settings import Settings, merged_grants
from infra.stream_emulator.wire import Json

MAX_CHANNEL_TYPES = 50
_BEHAVIOURS = ("flag", "block", "shadow_block")

# Settings that a new type has on, and off.
_ON = (
    "typing_events", "read_events", "connect_events", "custom_events", "search", "reactions", "replies",
    "quotes", "mutes", "uploads", "url_enrichment", "push_notifications",
)  # fmt: skip
_OFF = (
    "reminders", "mark_messages_pending", "polls", "user_message_reminders", "shared_locations",
    "count_messages", "delivery_events", "skip_last_msg_update_for_system_msgs",
)  # fmt: skip

# Only `max_message_length` has an effect here; the others are stored and shown.
_SETTINGS = Settings(
    defaults=dict.fromkeys(_ON, True)
    | dict.fromkeys(_OFF, False)
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
    values: Json = field(default_factory=lambda: deepcopy(_SETTINGS.defaults))

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
        checked = _SETTINGS.checked(own, unknown=unknown)
        length = checked.get("max_message_length", 1)
        if length < 1:
            raise bad_input("max_message_length must be positive")
        if "grants" in changes:
            self.grants = merged_grants(self.grants, changes["grants"], stock_channel_type(self.name))
        self.values |= checked
