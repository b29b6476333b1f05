"""Notices, their announcement to accounts, and their acceptance."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chalicelib.core.clock import Instant
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.http import View
from chalicelib.core.ids import PathText
from chalicelib.core.settings import Settings
from chalicelib.core.table_names import Table
from chalicelib.messages.campaigns.model import PartProgress
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import CONSENTS_USED, LegalBasis, Practice, Purpose


class NoticeKind(StrEnum):
    """The kind of a notice."""

    TERMS = "terms"
    PRIVACY = "privacy"


class NoticeVersion(PathText):
    """The name of a version of a notice: `<kind>-<date>`."""

    __slots__ = ()

    @property
    def kind(self) -> NoticeKind:
        """The kind of the notice."""
        return NoticeKind(self.partition("-")[0])

    @property
    def day(self) -> date | None:
        """The day of its name, on which it takes effect; None if the calendar has no such day."""
        try:
            return date.fromisoformat(self.partition("-")[2])
        except ValueError:
            return None

    pattern = re.compile(r"(terms|privacy)-\d{4}-\d{2}-\d{2}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(max_length=64))


def _parsed(length: object) -> object:
    return Duration.parse(length) if isinstance(length, str) else length


def _in_days_or_hours(length: Duration) -> Duration:
    if length.unit not in {Unit.DAY, Unit.HOUR}:
        raise ValueError("the period of messages has to be in days or hours")
    return length


# The published policies say that messages are stored temporarily. We read that as 30 days (ADR 38).
TEMPORARILY = Duration(30, Unit.DAY)


class Notice(View):
    """A published version of the terms or the privacy policy."""

    kind: NoticeKind
    version: NoticeVersion
    published_at: Instant
    effective_at: Instant
    url: str
    changes: str
    # The following are not part of the API: the digest of the frozen pages, which replace link and changes
    # (`frozen`); practices that the text describes, and how long it lets messages stay at Stream (STR-11),
    # both of a privacy policy only.
    digest: Annotated[str, Field(exclude=True)] = ""
    practices: Annotated[frozenset[Practice], Field(exclude=True)] = frozenset()
    messages_kept: Annotated[
        Duration, BeforeValidator(_parsed), AfterValidator(_in_days_or_hours), Field(exclude=True)
    ] = TEMPORARILY

    is_first: ClassVar[bool] = False

    @property
    def offers(self) -> frozenset[Purpose]:
        """The purposes whose consents its practices use; no other consent can be given or used under it."""
        return frozenset().union(*(CONSENTS_USED[practice] for practice in self.practices))

    def __hash__(self) -> int:
        """The hash of its name: requests look up all versions, and hashing each text takes longer."""
        return hash(self.version)

    @model_validator(mode="after")
    def _require_notice_period(self) -> Self:
        """Require the notice period: accounts need time to be notified and to decide (NOT-1)."""
        period = self.effective_at - self.published_at
        if period < Settings.notice_period and not (self.is_first and not period):
            days = Settings.notice_period.days
            raise ValueError(f"a notice has to be published {days} days before it takes effect")
        return self

    @model_validator(mode="after")
    def _require_a_text(self) -> Self:
        if not self.digest and not (self.url and self.changes):
            raise ValueError("a version has frozen pages, or a link and its changes")
        return self

    @model_validator(mode="after")
    def _require_kind_in_version(self) -> Self:
        if self.version.kind is not self.kind:
            raise ValueError("the name of a version starts with its kind")
        return self


class FirstNotice(Notice):
    """The first version of its kind: it changes nothing, so it may take effect on publication."""

    is_first: ClassVar[bool] = True


class NoticeList(View):
    """Versions, newest first."""

    items: tuple[Notice, ...]


class Acceptance(
    Record,
    table=Table.ACCOUNTS,
    kind="acceptance",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
):
    """The acceptance of a version by an account (STR-4, NOT-1). Acceptance is never consent."""

    version: Annotated[NoticeVersion, NOT_PERSONAL]
    accepted_at: Annotated[Instant, NOT_PERSONAL]


class AnnouncementProgress(
    PartProgress,
    Record,
    table=Table.CHALLENGES,
    kind="announcement_progress",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.ANNOUNCING, since="touched_at"),
):
    """The progress of announcing a version to the accounts of one shard."""

    version: Annotated[NoticeVersion, NOT_PERSONAL]


class AnnouncementView(View):
    """A version announced to the caller, and from when it applies to them."""

    kind: NoticeKind
    version: NoticeVersion
    announced_at: Instant
    applies_at: Instant
    url: str
    changes: str
    accepted: bool


class AnnouncementList(View):
    """Announcements, newest version first."""

    items: tuple[AnnouncementView, ...]
