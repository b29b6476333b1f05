"""Channel types: their settings and their grants."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.permissions import Grants, stock_channel_type
from infra.stream_emulator.settings import Settings, merged_grants

if TYPE_CHECKING:
    from datetime import datetime

    from infra.stream_emulator.wire import Json

MAX_CHANNEL_TYPES = 50
_BEHAVIOURS = ("flag", "block", "shadow_block")

# Only `max_message_length` has an effect here; the others are stored and shown.
_SETTINGS = Settings(
    defaults={
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
        "url_enrichment": True,
        "push_notifications": True,
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
        "automod_thresholds": None,
        "blocklist": "",
        "blocklist_behavior": "",
        "blocklists": [],
        "allowed_flag_reasons": [],
        "push_level": "",
        "partition_size": 0,
        "partition_ttl": None,
        "commands": [],
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
