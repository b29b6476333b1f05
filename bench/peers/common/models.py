"""The bodies of requests and responses, for the peers that use pydantic.

Fields and rules repeat ours, since peers must not import the project (see the package).
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_serializers import PlainSerializer
from pydantic.functional_validators import AfterValidator, BeforeValidator, model_validator
from pydantic.types import UUID4, AwareDatetime, StringConstraints

from bench.peers.common.usage import Submitted

WORDS = r"[A-Za-z]+[0-9]{0,3}([._/-][A-Za-z]+[0-9]{0,3})*"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
JOINED = re.compile(r"(?<=[^ \u200c\u200d])[\u200c\u200d](?=[^ \u200c\u200d])")


def legible(text: str) -> str:
    """Refuse invisible characters, and text without visible content."""
    seen = JOINED.sub("", text)
    if not all(c.isprintable() and c not in BLANK for c in seen):
        raise ValueError("not printable")
    if not any(unicodedata.category(c)[0] in "LNS" for c in seen):
        raise ValueError("nothing to read")
    return text


def instant(value: object) -> datetime:
    """Accept only RFC 3339; in UTC and whole seconds."""
    if not isinstance(value, str) or not RFC_3339.fullmatch(value.upper()):
        raise ValueError("not a time as in RFC 3339")
    return datetime.fromisoformat(value.upper()).astimezone(UTC).replace(microsecond=0)


def day(value: object) -> object:
    """Accept only a full date."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("not a date")
    return value


def birthday(value: date) -> date:
    """Refuse implausible dates of birth."""
    if not date(1900, 1, 1) <= value <= datetime.now(UTC).date():
        raise ValueError("not a date of birth")
    return value


def text_of(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


Instant = Annotated[AwareDatetime, PlainSerializer(text_of, when_used="json")]
When = Annotated[Instant, BeforeValidator(instant)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(legible)
]
DisplayName = Annotated[Line, Field(max_length=50)]
Birthday = Annotated[date, BeforeValidator(day), AfterValidator(birthday)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
EventName = Annotated[str, Field(pattern=f"^{WORDS}$", max_length=64)]
Screen = Annotated[str, Field(pattern=f"^/?{WORDS}$", max_length=64)]
Word = Annotated[str, Field(pattern=f"^{WORDS}$", max_length=32)]
Spelling = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ().,+_/-]*$", max_length=64)]
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=24 * 3600 * 1000)]
Megabytes = Annotated[int, Field(strict=True, ge=0, le=1024 * 1024)]


class Strict(BaseModel):
    """A body that has no other fields than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ChatToken(BaseModel):
    """A token of the chat service."""

    api_key: str
    user_id: str
    token: str
    expires_at: Instant
    base_url: str


class OwnProfile(BaseModel):
    """A profile as its owner sees it."""

    user_id: str
    phone: str
    display_name: str
    name: str | None = None
    date_of_birth: date | None = None
    email: str | None = None
    email_verified: bool = False
    job_title: str | None = None
    employer: str | None = None
    country: str | None = None
    avatar_url: str | None = None
    discoverable: bool
    online_visible: bool
    pin_set: bool
    created_at: Instant


class ProfileChanges(Strict):
    """A JSON merge patch of a profile."""

    display_name: DisplayName | None = None
    name: Line | None = None
    date_of_birth: Birthday | None = None
    job_title: Line | None = None
    employer: Line | None = None
    country: Country | None = None
    email: None = None
    discoverable: Annotated[bool | None, Field(strict=True)] = None
    online_visible: Annotated[bool | None, Field(strict=True)] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing to change")
        return self

    def changes(self) -> dict[str, Any]:
        """The members of the patch, as they are stored."""
        return self.model_dump(mode="json", exclude_unset=True)


class Diagnostics(Strict):
    """A fault, as bounded words and numbers."""

    kind: Literal["crash", "hang", "out_of_memory", "network", "error"]
    error: Word | None = None
    code: Annotated[int | None, Field(strict=True, ge=-(2**31), lt=2**31)] = None
    memory_mb: Megabytes | None = None
    free_memory_mb: Megabytes | None = None


class Event(Strict):
    """One event of a batch."""

    event_id: UUID
    occurred_at: Annotated[When, Field(serialization_alias="at")]
    name: EventName
    screen: Screen | None = None
    duration_ms: Milliseconds | None = None
    diagnostics: Diagnostics | None = None


class Device(Strict):
    """The device that sent a batch."""

    device_id: UUID4
    platform: Literal["ios", "android"]
    model: Spelling | None = None
    os_version: Spelling | None = None
    app_version: Spelling | None = None


class UsageBatch(Strict):
    """The events of a batch."""

    events: Annotated[list[Event], Field(min_length=1, max_length=100)]
    device: Device

    def submitted(self) -> list[Submitted]:
        """The events, as the rules of usage take them."""
        return [
            Submitted(
                event.occurred_at,
                str(event.event_id),
                event.diagnostics is not None,
                event.model_dump_json(by_alias=True, exclude_none=True),
            )
            for event in self.events
        ]


class UsageAccepted(BaseModel):
    """How many events were accepted, and dropped by reason."""

    accepted: int
    dropped: dict[str, int]
