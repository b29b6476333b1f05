"""Tests which permissions the baseline gives to clients of Stream."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.core.durations import Duration
from chalicelib.stream.model import MESSAGE_NEW, HookType
from chalicelib.stream.settings.baseline import settings_for, webhook
from chalicelib.stream.settings.model import BaselineChoices, FoundSettings

ROLES = frozenset({"user", "guest", "anonymous", "channel_member", "helper"})  # the last one is not ours
FOUND = FoundSettings(
    values={},
    channel_types=frozenset({"messaging", "livestream"}),
    roles=dict.fromkeys(("", "messaging", "livestream"), ROLES),
)
CHOICES = BaselineChoices(Duration.parse("P30D"), "https://api.example", notifies=False)
# A custom field of a user or a channel may hold anything about a person.
WRITES_FIELDS = ("update-user", "create-channel", "update-channel")


def granted() -> Iterator[tuple[str, str]]:
    """Yield each role and permission that is sent to Stream, in the app and in both channel types."""
    for setting in settings_for(FOUND, CHOICES, None):
        for role, permissions in (setting.change or {}).get("grants", {}).items():
            yield from ((role, permission) for permission in permissions)


@pytest.mark.promise("STR-2")
def test_no_role_of_clients_may_write_fields_of_a_user_or_a_channel() -> None:
    assert ("user", "flag-user") in granted()
    assert [one for one in granted() if one[1].startswith(WRITES_FIELDS)] == []


@pytest.mark.parametrize("notifies", [True, False])
def test_new_messages_are_reported_only_while_they_are_pushed(*, notifies: bool) -> None:
    hook = webhook(replace(CHOICES, notifies=notifies))
    assert (MESSAGE_NEW in hook["event_types"]) is notifies
    assert set(HookType) <= set(hook["event_types"])


def test_no_client_mutes_at_stream() -> None:
    assert [one for one in granted() if one[1].startswith("mute")] == []
