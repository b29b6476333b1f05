"""What a notice and an acceptance are."""

import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import model_validator

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.settings import Settings
from chalicelib.core.table import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class NoticeKind(StrEnum):
    """What a notice is about."""

    TERMS = "terms"
    PRIVACY = "privacy"


class NoticeVersion(str):
    """The name of one version of one notice: `<kind>-<date>`, so it says what was accepted."""

    __slots__ = ()

    @property
    def kind(self) -> NoticeKind:
        """What it is a version of."""
        return NoticeKind(self.partition("-")[0])

    pattern = re.compile(r"(terms|privacy)-\d{4}-\d{2}-\d{2}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version that a text spells, or None."""
        return cls(text) if cls.pattern.fullmatch(text) else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(max_length=64))


class Notice(View):
    """One version, as published."""

    kind: NoticeKind
    version: NoticeVersion
    published_at: Instant
    effective_at: Instant
    url: str
    changes: str

    is_first: ClassVar[bool] = False

    @model_validator(mode="after")
    def _announced(self) -> Self:
        """In a shorter time nobody could be told, and think about it, before it takes effect (NOT-1)."""
        period = self.effective_at - self.published_at
        if period < Settings.notice_period and not (self.is_first and not period):
            days = Settings.notice_period.days
            raise ValueError(f"a notice has to be published {days} days before it takes effect")
        return self

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.version.kind is not self.kind:
            raise ValueError("a version is named after its kind")
        return self


class FirstNotice(Notice):
    """The first version of its kind: it changes nothing, so it may take effect when it is published."""

    is_first: ClassVar[bool] = True


class NoticeList(View):
    """Versions, newest first."""

    items: tuple[Notice, ...]
    next: str | None = None


class Acceptance(
    Record,
    table=Table.ACCOUNTS,
    kind="acceptance",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.NOTHING_SEALED,
):
    """An account accepted a version (STR-4, NOT-1). Never a consent to anything."""

    version: Annotated[NoticeVersion, NOT_PERSONAL]
    accepted_at: Annotated[Instant, NOT_PERSONAL]


class NoticeChannel(StrEnum):
    """How an account is told of a version."""

    EMAIL = "email"
    IN_APP = "in_app"


class Telling(StrEnum):
    """How far the telling has come."""

    WAITING = "waiting"  # the mail was certainly not taken; it may be tried again
    SENDING = "sending"  # a mail is on its way to SES, or was when we stopped: nobody knows
    TOLD = "told"  # SES took the mail, or the notice stands in the app


class Announcement(
    Record,
    table=Table.ACCOUNTS,
    kind="announcement",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.NOTHING_SEALED,
):
    """An account is told of a version before that applies to it (NOT-1)."""

    version: Annotated[NoticeVersion, NOT_PERSONAL]
    telling: Annotated[Telling, NOT_PERSONAL]
    channel: Annotated[NoticeChannel, NOT_PERSONAL]
    told_at: Annotated[Instant | None, NOT_PERSONAL] = None
    mail_id: Annotated[MailId | None, NOT_PERSONAL] = None


class Delivery(
    Record,
    table=Table.CHALLENGES,
    kind="delivery",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.MAIL_RETURN, since="sent_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """Whose announcement a mail carries: SES knows the mail's id only, which says nothing about anybody."""

    mail_id: Annotated[MailId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    version: Annotated[NoticeVersion, NOT_PERSONAL]
    sent_at: Annotated[Instant, NOT_PERSONAL]


class Walk(
    Record,
    table=Table.CHALLENGES,
    kind="walk",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.ANNOUNCING, since="touched_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """How far a version has been announced to the accounts of one shard.

    `fence` grows with every lease: whoever holds an older one can't move the walk any more.
    """

    version: Annotated[NoticeVersion, NOT_PERSONAL]
    shard: Annotated[str, NOT_PERSONAL]
    touched_at: Annotated[Instant, NOT_PERSONAL]
    fence: Annotated[int, NOT_PERSONAL] = 0
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None
    after: Annotated[AccountId | None, NOT_PERSONAL] = None  # the last account that was seen to
    left_out: Annotated[bool, NOT_PERSONAL] = False  # in this round somebody waits for mail to go again
    stuck_since: Annotated[Instant | None, NOT_PERSONAL] = None  # when a round first left some out
    rounds: Annotated[int, NOT_PERSONAL] = 0  # how often everybody was seen to
    round_ended_at: Annotated[Instant | None, NOT_PERSONAL] = None


class AnnouncementView(View):
    """A version that the caller was told of, and from when on it applies to them."""

    kind: NoticeKind
    version: NoticeVersion
    told_at: Instant
    applies_from: Instant
    url: str
    changes: str
    accepted: bool


class AnnouncementList(View):
    """Announcements, the latest version first."""

    items: tuple[AnnouncementView, ...]
    next: str | None = None
