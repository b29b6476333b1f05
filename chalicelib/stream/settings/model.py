"""Settings of an app at Stream: what we want, what Stream states, and how the two stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from chalicelib.core.durations import Duration
from chalicelib.stream.model import WEBHOOK_PATH

# A list is a sorted tuple: its order has no meaning.
SettingValue: TypeAlias = bool | int | str | tuple[str, ...]


@dataclass(frozen=True)
class BaselineChoices:
    """What a deployment chooses in the baseline.

    Attributes:
        messages_kept: how long messages stay at Stream.
        issuer: the https address of the API, which Stream sends events to.
        notifies: whether new messages are pushed, as the privacy policy in effect says (CALL-2).
    """

    messages_kept: Duration
    issuer: str
    notifies: bool

    @property
    def webhook_url(self) -> str:
        """The address of our webhook."""
        return self.issuer + WEBHOOK_PATH


class Area(StrEnum):
    """What a setting belongs to at Stream."""

    APP = "app"
    CHANNEL_TYPE = "channel type"
    RETENTION = "retention policy"
    SYSTEM_USER = "system user"


class SettingName(NamedTuple):
    """The name of a setting: its area, the channel type if it belongs to one, and Stream's name for it."""

    area: Area
    name: str
    channel_type: str = ""

    def __str__(self) -> str:
        """As operators and the Ledger see it: `app grants.user`, `channel type messaging automod`."""
        return " ".join(filter(None, (self.area, self.channel_type, self.name)))


class SettingStanding(StrEnum):
    """How a setting stands."""

    KEPT = "kept"
    DRIFTED = "drifted"  # Stream states another value, or none for one that it must state
    UNVERIFIED = "unverified"  # nothing shows that it is kept, and nothing that it is not


@dataclass(frozen=True)
class Setting:
    """A setting of the baseline.

    Attributes:
        wanted: the value; None for one that an operator has to confirm first.
        change: the JSON that sets it; None if only Stream's dashboard changes it.
        must_be_stated: whether a missing value counts as drift.
    """

    name: SettingName
    wanted: SettingValue | None
    change: Mapping[str, Any] | None = field(default=None, repr=False)
    must_be_stated: bool = True


@dataclass(frozen=True)
class CheckedSetting:
    """A setting, the value that Stream states (None: none), and how the two stand."""

    setting: Setting
    found: SettingValue | None
    standing: SettingStanding

    @property
    def name(self) -> str:
        """The name, as operators see it."""
        return str(self.setting.name)


@dataclass(frozen=True)
class FoundSettings:
    """What Stream states about the settings that the baseline names, and nothing else of its answers.

    Attributes:
        values: by name; a value that Stream does not state, or of another type, is missing.
        channel_types: the names of all channel types.
        roles: the roles with grants, in the app (empty text) and in each channel type.
    """

    values: Mapping[SettingName, SettingValue]
    channel_types: frozenset[str]
    roles: Mapping[str, frozenset[str]]
