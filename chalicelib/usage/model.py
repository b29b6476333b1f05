"""What the app may tell of its use, what is kept of it, and what the answer says.

The kinds are those that the policy lists and no others (USE-1): a name, a screen, a time, a duration,
the device's kind, a fault. Names and screens are words from an alphabet in which no number or id of a person
can be told; makers spell models and versions as they like, so of those only what looks like one is kept
(`spelling`). An address is not among them: no figure needs it, so the view never asks for one, and nothing
of it is stored.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.devices.model import Device, Platform
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Bundle, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.usage.spelling import is_model, is_version

# Words of letters, each with up to three digits at its end: room for `oauth2`, none for a phone number or
# an id, and no sign with which an address of any kind is written.
_WORDS = r"[A-Za-z]+[0-9]{0,3}([._/-][A-Za-z]+[0-9]{0,3})*"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)

EventName = Annotated[str, Field(pattern=f"^{_WORDS}$", max_length=64, examples=["meeting.joined"])]
Screen = Annotated[str, Field(pattern=f"^/?{_WORDS}$", max_length=64, examples=["settings/privacy"])]
Word = Annotated[str, Field(pattern=f"^{_WORDS}$", max_length=32)]
# The alphabet of makers and stores. What looks like a model or a version is judged where it is kept.
Spelling = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ().,+_/-]*$", max_length=64)]


def _written_out(value: object) -> object:
    """Read RFC 3339 and nothing else: pydantic takes a number in quotes too, as an epoch."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value.upper()):
        raise ValueError("not a time as in RFC 3339")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("not a time of this calendar") from None


When = Annotated[Instant, BeforeValidator(_written_out)]
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=24 * 3600 * 1000)]
Megabytes = Annotated[int, Field(strict=True, ge=0, le=1024 * 1024)]


class DiagnosticsFault(StrEnum):
    """What went wrong."""

    CRASH = "crash"
    HANG = "hang"
    OUT_OF_MEMORY = "out_of_memory"
    NETWORK = "network"
    ERROR = "error"


class Diagnostics(BaseModel):
    """A fault in bounded words and numbers. No message, no trace: both quote names, paths and texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DiagnosticsFault
    error: Annotated[Word | None, Field(description="The error's class", examples=["SIGSEGV"])] = None
    code: Annotated[
        int | None,
        Field(strict=True, ge=-(2**31), lt=2**31, description="Of the operating system", examples=[-1009]),
    ] = None
    memory_mb: Annotated[Megabytes | None, Field(description="That the app held")] = None
    free_memory_mb: Megabytes | None = None


class ToldEvent(BaseModel):
    """One event as the app tells it; with `diagnostics` it is about a fault, else about use."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[UUID, Field(description="Of the app's own, the same whenever it sends the event again")]
    name: EventName
    at: When
    screen: Screen | None = None
    duration_ms: Milliseconds | None = None
    diagnostics: Diagnostics | None = None

    @property
    def purpose(self) -> Purpose:
        """What it is told for; a fault is not counted as use."""
        return Purpose.DIAGNOSTICS if self.diagnostics else Purpose.ANALYTICS


class UsageDevice(Device):
    """The device as in signup, spelled so that it can be counted. Its id is not kept with events.

    A model or a version that does not look like one is taken, and not kept.
    """

    model: Spelling | None = None
    os_version: Spelling | None = None
    app_version: Spelling | None = None

    def kind(self) -> dict[str, Any]:
        """Its model and versions, those that look like such."""
        looks = {"model": is_model, "os_version": is_version, "app_version": is_version}
        told = self.model_dump(include=set(looks), exclude_none=True)
        return {name: text for name, text in told.items() if looks[name](text)}


class UsageBatch(Body):
    """What the app gathered since it last told."""

    max_bytes: ClassVar[int] = 128 * 1024  # a hundred events, every field as long as it may be

    events: Annotated[tuple[ToldEvent, ...], Field(strict=False, min_length=1, max_length=100)]
    device: UsageDevice


class Dropped(StrEnum):
    """Why an event was not kept. The first three are the words of the judge (privacy/purposes.Refusal)."""

    RESTRICTED = "restricted"
    OBJECTED = "objected"
    NO_CONSENT = "no_consent"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    DUPLICATE = "duplicate"
    OVER_DAILY_CAP = "over_daily_cap"


class UsageTaken(View):
    """How many events were kept, and how many were not for which reason; together, as many as were sent."""

    accepted: int
    dropped: dict[Dropped, int]


_WHY_CLEAR = (
    "Roll-ups count by fields of every event; sealed, each item would have to be opened with its subject's "
    "key before it could be counted. No field of an event asks for a name, a number or an id of a person, "
    "and after thirty days it is gone from every copy: the table has no backups."
)


class UsageEvent(
    Record,
    table=Table.USAGE,
    kind="usage_event",
    purpose=Purpose.ANALYTICS,
    basis=LegalBasis.CONSENT,
    retention=After(Period.USAGE, since="at"),
    key_class=KeyClass.CLEAR,
    why_clear=_WHY_CLEAR,
    bundle=Bundle(shared=("account_id", "platform"), distinct="event_id"),
):
    """Something that was done in the app (RET-2). Of the device it keeps what figures are made by."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    event_id: Annotated[UUID, NOT_PERSONAL]
    at: Annotated[Instant, NOT_PERSONAL]
    name: Annotated[str, personal(Category.BEHAVIOR, Source.OBSERVED)]
    screen: Annotated[str | None, personal(Category.BEHAVIOR, Source.OBSERVED)] = None
    duration_ms: Annotated[int | None, personal(Category.BEHAVIOR, Source.OBSERVED)] = None
    platform: Annotated[Platform, personal(Category.DEVICE, Source.OBSERVED)]


class DiagnosticsEvent(
    Record,
    table=Table.USAGE,
    kind="diagnostics_event",
    purpose=Purpose.DIAGNOSTICS,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.USAGE, since="at"),
    key_class=KeyClass.CLEAR,
    why_clear=_WHY_CLEAR,
    bundle=Bundle(
        shared=("account_id", "platform", "model", "os_version", "app_version"), distinct="event_id"
    ),
):
    """A fault (RET-2). No fault is mended without knowing the device's kind and the versions."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    event_id: Annotated[UUID, NOT_PERSONAL]
    at: Annotated[Instant, NOT_PERSONAL]
    name: Annotated[str, personal(Category.TELEMETRY, Source.OBSERVED)]
    screen: Annotated[str | None, personal(Category.TELEMETRY, Source.OBSERVED)] = None
    duration_ms: Annotated[int | None, personal(Category.TELEMETRY, Source.OBSERVED)] = None
    diagnostics: Annotated[Diagnostics, personal(Category.TELEMETRY, Source.OBSERVED)]
    platform: Annotated[Platform, personal(Category.DEVICE, Source.OBSERVED)]
    model: Annotated[str | None, personal(Category.DEVICE, Source.OBSERVED)] = None
    os_version: Annotated[str | None, personal(Category.DEVICE, Source.OBSERVED)] = None
    app_version: Annotated[str | None, personal(Category.DEVICE, Source.OBSERVED)] = None


class UsageCount(
    Record,
    table=Table.USAGE,
    kind="usage_count",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.USAGE_COUNT, since="began_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """How many events of an account were accepted on a UTC day, for the daily cap.

    `last_batch` is a hash of the batch that was counted last: sent again, it does not count again.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    began_at: Annotated[Instant, NOT_PERSONAL]
    events: Annotated[int, NOT_PERSONAL]
    last_batch: Annotated[str, NOT_PERSONAL]


class Count(BaseModel):
    """What a group of events comes to, in one shard or in all.

    Without a name it is the rest of its purpose: what did not fit into a shard's bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Purpose
    name: str | None = None
    screen: str | None = None
    fault: DiagnosticsFault | None = None
    app_version: str | None = None
    platform: Platform | None = None
    accounts: int
    events: int
    timed_accounts: int = 0  # those with a duration
    timed_events: int = 0
    duration_ms: int = 0


class UsagePartial(
    Record,
    table=Table.USAGE,
    kind="usage_partial",
    purpose=Purpose.ANALYTICS,
    basis=LegalBasis.CONSENT,
    retention=After(Period.USAGE, since="counted_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """The counts of one shard of accounts on one day, as far as they go, until the day is published.

    It names no account but the one at which counting stopped, by its id. Counts of single accounts may stand
    in it, so it is not kept without an end.
    """

    day: Annotated[str, NOT_PERSONAL]
    shard: Annotated[int, NOT_PERSONAL]
    counted_at: Annotated[Instant, NOT_PERSONAL]  # when counting began
    counts: Annotated[tuple[Count, ...], NOT_PERSONAL]
    after: Annotated[AccountId | None, NOT_PERSONAL] = None  # the last account that is counted
    complete: Annotated[bool, NOT_PERSONAL] = False
