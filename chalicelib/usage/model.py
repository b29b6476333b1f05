"""Events of use and faults: what the app may submit, what is kept of it, and the response.

The fields are exactly those that the policy lists (USE-1): a name, a screen, a time, a duration, the kind of
device, a fault. The pattern of names and screens excludes phone numbers and ids. No figure needs the
client's address, so the view does not take it and nothing of it is stored.

Manufacturers choose the format of models and versions, and no pattern covers all of them. A value is kept
only if it looks like a model or a version, in forms that exclude numbers and names of persons. Otherwise it
is left out and its event is kept: an unusual phone is no reason to drop its events. ADR 15 describes what
can still pass.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import ErrorDetails

from chalicelib.accounts.model import Device, Platform
from chalicelib.core.clock import Instant, WholeInstant
from chalicelib.core.http import Body, View
from chalicelib.core.http.parameters import RequestError, details_of
from chalicelib.core.ids import AccountId
from chalicelib.core.instants import When
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Bundle, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source

# National numbers have eight digits or more. The longest models that are mostly digits, Xiaomi's, have
# eight.
_MAX_DIGITS = 8
_LONGEST = 40

# "SM-G991B", "moto g(30)", "iPhone17,1", "Nokia 3.4", "Redmi Note 13 Pro+ 5G": up to six short words.
# A period or a comma has a digit on both sides, so no host, mailbox or dotted name matches.
_WORD = r"\(?[A-Za-z0-9]{1,14}(?:(?<=[0-9])[.,][0-9]{1,3})?\+?\)?"
_MODEL = re.compile(rf"{_WORD}(?:(?:[ _/-]|(?=\()){_WORD}){{0,5}}", re.ASCII)
# A model without a digit is one word or begins with a known family; other pairs of words may be a person's
# name.
_FAMILIES = re.compile(
    r"(iPhone|iPad|iPod|Mac|Pixel|Nexus|Galaxy|moto|Redmi|Mi|Surface|Windows|Android)\b", re.IGNORECASE
)
# "18.1.1", "12L", "4.4W.2", "10_15_7", "2.4.0-beta+117", "2.4.0 (117)", "1.0.0-rc.1".
_STAGE = "alpha|beta|rc|build|canary|debug|dev|internal|nightly|preview|release|snapshot"
_VERSION = re.compile(
    rf"v?[0-9]{{1,5}}(?:[._][0-9]{{1,5}}){{0,3}}[A-Z]?(?:[ .+_-]\(?(?:{_STAGE})?\.?[0-9]{{0,5}}\)?){{0,2}}",
    re.ASCII | re.IGNORECASE,
)


def is_model(text: str) -> bool:
    """Return whether it looks like the model of a device."""
    if len(text) > _LONGEST or not _MODEL.fullmatch(text) or _digits(text) > _MAX_DIGITS:
        return False
    return bool(_digits(text) or " " not in text or _FAMILIES.match(text))


def is_version(text: str) -> bool:
    """Return whether it looks like the version of an operating system or of an app."""
    return bool(_VERSION.fullmatch(text)) and _digits(text) <= _MAX_DIGITS


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


# Words of letters, each with up to three trailing digits: this allows `oauth2`, but no phone number, id or
# address.
_WORDS = r"[A-Za-z]+[0-9]{0,3}([._/-][A-Za-z]+[0-9]{0,3})*"

EventName = Annotated[str, Field(pattern=f"^{_WORDS}$", max_length=64, examples=["meeting.joined"])]
Screen = Annotated[str, Field(pattern=f"^/?{_WORDS}$", max_length=64, examples=["settings/privacy"])]
Word = Annotated[str, Field(pattern=f"^{_WORDS}$", max_length=32)]
# The characters that manufacturers and stores use. Whether a value looks like a model is checked on storing.
Spelling = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ().,+_/-]*$", max_length=64)]


Milliseconds = Annotated[int, Field(strict=True, ge=0, le=24 * 3600 * 1000)]
Megabytes = Annotated[int, Field(strict=True, ge=0, le=1024 * 1024)]


class DiagnosticsFault(StrEnum):
    """The kind of a fault."""

    CRASH = "crash"
    HANG = "hang"
    OUT_OF_MEMORY = "out_of_memory"
    NETWORK = "network"
    ERROR = "error"


class Diagnostics(BaseModel, frozen=True, extra="forbid"):
    """A fault, as bounded words and numbers.

    Messages and traces are not accepted: they quote user data.
    """

    kind: DiagnosticsFault
    error: Annotated[Word | None, Field(description="The error's class", examples=["SIGSEGV"])] = None
    code: Annotated[
        int | None,
        Field(
            strict=True,
            ge=-(2**31),
            lt=2**31,
            description="Error code of the operating system",
            examples=[-1009],
        ),
    ] = None
    memory_mb: Annotated[Megabytes | None, Field(description="Memory that the app used")] = None
    free_memory_mb: Megabytes | None = None


class SubmittedEvent(BaseModel, frozen=True, extra="forbid", strict=True):
    """One event. With `diagnostics` it is about a fault, otherwise about use."""

    event_id: Annotated[UUID, Field(description="Generated by the app; the same if it sends the event again")]
    name: EventName
    occurred_at: When
    screen: Screen | None = None
    duration_ms: Milliseconds | None = None
    diagnostics: Diagnostics | None = None

    @property
    def purpose(self) -> Purpose:
        """The purpose of the event; a fault does not count as use."""
        return Purpose.DIAGNOSTICS if self.diagnostics else Purpose.ANALYTICS


_MOST_ERRORS = 3  # of an event, so that the response is bounded: 300 errors


@dataclass(frozen=True)
class InvalidEvent:
    """What is wrong with an event that breaks a rule; nothing of the event itself is kept."""

    details: tuple[ErrorDetails, ...]


def _event_or_its_errors(sent: object, read: ValidatorFunctionWrapHandler) -> SubmittedEvent | InvalidEvent:
    try:
        event: SubmittedEvent = read(sent)
    except ValidationError as error:
        return InvalidEvent(tuple(details_of(error)[:_MOST_ERRORS]))
    return event


class UsageDevice(Device):
    """The device, as in signup. Its id is not kept with events.

    A model or version that does not look like one is accepted but not kept.
    """

    model: Spelling | None = None
    os_version: Spelling | None = None
    app_version: Spelling | None = None

    def kind(self) -> dict[str, Any]:
        """Return the model and versions that look like such."""
        looks = {"model": is_model, "os_version": is_version, "app_version": is_version}
        given = self.model_dump(include=set(looks), exclude_none=True)
        return {name: text for name, text in given.items() if looks[name](text)}


class UsageBatch(Body):
    """The events that the app collected since its last batch.

    An event that breaks a rule is dropped alone. Anything else that is wrong refuses the batch.
    """

    max_bytes: ClassVar[int] = 128 * 1024  # a hundred events with every field at its maximum length

    events: Annotated[
        tuple[Annotated[SubmittedEvent, WrapValidator(_event_or_its_errors)], ...],
        Field(strict=False, min_length=1, max_length=100),
    ]
    device: UsageDevice

    @property
    def sent(self) -> Sequence[SubmittedEvent | InvalidEvent]:
        """The events, with the errors of each one that breaks a rule in its place."""
        return self.events


class Dropped(StrEnum):
    """Why an event was not kept."""

    RESTRICTED = "restricted"
    OBJECTED = "objected"
    NO_CONSENT = "no_consent"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    DUPLICATE = "duplicate"
    OVER_DAILY_CAP = "over_daily_cap"
    INVALID = "invalid"


class UsageAccepted(View):
    """The number of events accepted, and the number dropped, by reason.

    The sum is the batch's size. `invalid` has up to three errors of each event that breaks a rule; a retry of
    such an event would fail again.
    """

    accepted: int
    dropped: dict[Dropped, int]
    invalid: Annotated[tuple[RequestError, ...] | None, Field(description="Absent if no event is")] = None


_WHY_CLEAR = (
    "Roll-ups count events by their fields. If events were sealed, each one would have to be opened with its "
    "subject's key before it could be counted. No field of an event takes a name, a number or an id of a "
    "person, and after thirty days no copy of an event is left: the table has no backups."
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
    """An action in the app (RET-2). Of the device it keeps only what the figures are grouped by."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    event_id: Annotated[UUID, NOT_PERSONAL]
    at: Annotated[WholeInstant, NOT_PERSONAL]
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
    """A fault in the app (RET-2). Fixing it requires the kind of device and the versions."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    event_id: Annotated[UUID, NOT_PERSONAL]
    at: Annotated[WholeInstant, NOT_PERSONAL]
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
):
    """How many events of an account were accepted on a UTC day, for the daily cap.

    `last_batch` is a hash of the batch counted last: if that batch is repeated, it does not count again.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    began_at: Annotated[Instant, NOT_PERSONAL]
    events: Annotated[int, NOT_PERSONAL]
    last_batch: Annotated[str, NOT_PERSONAL]


class Count(BaseModel, frozen=True, extra="forbid"):
    """The counts of a group of events, in one shard or in all.

    Without a name it is the rest of its purpose: the groups beyond the maximum number per shard.
    """

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
):
    """The counts of one shard and day so far, kept until the day is published.

    The only account it names is the one at which counting stopped, by id. It may contain counts of a single
    account, so its retention is limited.
    """

    day: Annotated[str, NOT_PERSONAL]
    shard: Annotated[str, NOT_PERSONAL]
    counted_at: Annotated[Instant, NOT_PERSONAL]  # when counting began
    counts: Annotated[tuple[Count, ...], NOT_PERSONAL]
    after: Annotated[AccountId | None, NOT_PERSONAL] = None  # the last account counted
    complete: Annotated[bool, NOT_PERSONAL] = False
