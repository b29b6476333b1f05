"""The report of abuse: reasons, record, bodies, views and problems (SAF-1, ADR 114).

A report is about two people. The record is the reporter's: their copy contains it, without what another
person wrote. What the reported person may see of it is in the record of the decision (safety/decisions).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from chalicelib.accounts.challenges.numbers import Locale
from chalicelib.accounts.model import Account
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, Instant
from chalicelib.core.errors import Forbidden, NotFound
from chalicelib.core.http import Body, View
from chalicelib.core.ids import (
    AbuseReportId,
    AccountId,
    ConversationId,
    SafetyDecisionId,
    StaffId,
    UserId,
)
from chalicelib.core.table_names import Table
from chalicelib.messages.model import LONGEST_ADDRESS
from chalicelib.privacy.periods import After, Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.safety.model import (
    COLLEAGUE,
    INNER,
    MAILED,
    SAFETY_LAW,
    Appeal,
    AppealOutcome,
    AppealView,
    NamedMessage,
    Rank,
    SafetyListing,
    SafetyText,
    TermsRule,
    Work,
)
from chalicelib.safety.reports.reported_files import MOST_FILES, FileCopy, ReportedFile

_STAFF = (Recipient.BELGRADE_OFFICE,)
_PROVIDED = personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)

_OF_OTHERS = personal(
    Category.CONTENT_PRIVATE,
    Source.OBSERVED,
    to=_STAFF,
    withheld="another person wrote the messages that you reported (Art. 15(4) GDPR, Art. 26 ZZPL)",
)

_NAMED = NotPersonal(withheld="it shows whose a number or name is (Art. 15(4) GDPR, Art. 26 ZZPL)")

MOST_MESSAGES = 20


class ReportReason(StrEnum):
    """What a reporter says is wrong."""

    CHILD_SAFETY = "child_safety"
    THREAT_TO_LIFE = "threat_to_life"
    VIOLENCE = "violence"
    HARASSMENT = "harassment"
    HATE = "hate"
    SEXUAL_CONTENT = "sexual_content"
    IMPERSONATION = "impersonation"
    FRAUD = "fraud"
    SPAM = "spam"
    ILLEGAL_GOODS = "illegal_goods"
    OTHER = "other"

    @property
    def is_urgent(self) -> bool:
        """Whether a child or a life may be in danger."""
        return self in {ReportReason.CHILD_SAFETY, ReportReason.THREAT_TO_LIFE}

    @property
    def decided_within(self) -> timedelta:
        """How soon a person decides."""
        return HOUR if self.is_urgent else DAY


class MessageCopy(StrEnum):
    """What we have of a reported message."""

    WAITING = "waiting"  # Stream did not answer yet
    COPIED = "copied"
    NOT_AVAILABLE = "not_available"  # gone, of another author, or not in this conversation


class ReportedMessage(BaseModel, frozen=True, extra="forbid"):
    """A message that a report names, and our copy of it.

    The text is that of Stream and never the reporter's. `files`: how many files it had.
    """

    message_id: NamedMessage
    state: MessageCopy = MessageCopy.WAITING
    text: str | None = None
    sent_at: Instant | None = None
    files: int = 0


class AbuseReport(
    Record,
    table=Table.RIGHTS,
    kind="abuse_report",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.ABUSE_REPORT, law=SAFETY_LAW, since="kept_since"),
    key_class=KeyClass.RETAINED,
):
    """A report of abuse, what was copied of what it names, and how far it is.

    `reporter`: the account; None once it is erased, and for a person without one, whose mailbox it has
    instead, or none. `described`: whom a person on the site means. `named`: the user whom an operator took
    for that one, which the reporter never learns. `decided_by`: who decided, also before an appeal.
    """

    abuse_report_id: Annotated[AbuseReportId, NOT_PERSONAL]
    # The fence: every write increments it, and requires the version that the writer read.
    version: Annotated[int, INNER] = 1
    reported_at: Annotated[Instant, NOT_PERSONAL]
    decide_by: Annotated[Instant, NOT_PERSONAL]
    reporter: Annotated[AccountId | None, NOT_PERSONAL] = None
    mailbox: Annotated[str | None, personal(Category.EMAIL, Source.PROVIDED, to=MAILED)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    described: Annotated[str | None, _PROVIDED] = None
    user_id: Annotated[UserId | None, personal(Category.CONTACTS, Source.PROVIDED, to=_STAFF)] = None
    named: Annotated[UserId | None, _NAMED] = None
    account_id: Annotated[AccountId | None, INNER] = None
    reason: Annotated[ReportReason, _PROVIDED]
    text: Annotated[str | None, _PROVIDED] = None
    avatar: Annotated[bool, _PROVIDED] = False
    conversation_id: Annotated[ConversationId | None, NOT_PERSONAL] = None
    messages: Annotated[tuple[ReportedMessage, ...], _OF_OTHERS] = ()
    files: Annotated[tuple[ReportedFile, ...], _OF_OTHERS] = ()
    # Since a decision by the rule of child safety was made or proposed, for good.
    is_closed: Annotated[bool, INNER] = False
    decision_id: Annotated[SafetyDecisionId | None, NOT_PERSONAL] = None
    acted: Annotated[bool | None, NOT_PERSONAL] = None
    rule: Annotated[TermsRule | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=MAILED)] = None
    decided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    decided_by: Annotated[tuple[StaffId, ...], COLLEAGUE] = ()
    appeal: Annotated[Appeal | None, _PROVIDED] = None
    appeal_answered_by: Annotated[StaffId | None, COLLEAGUE] = None
    work: Annotated[Work, INNER] = Work()
    kept_since: Annotated[Instant, INNER]

    @property
    def concerned(self) -> UserId | None:
        """The user whom it is about; None: none is known."""
        return self.named or self.user_id

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision, or for the answer to an appeal."""
        return self.decided_at is None or self.awaits_answer

    @property
    def listing(self) -> SafetyListing:
        """How it is found. Dangers to children and life come first, however many reports are late."""
        until = self.open_until if self.is_open else None
        found = SafetyListing.of(self.abuse_report_id, self.reported_at, until, self.work)
        if self.awaits_urgently:
            found = replace(found, rank=Rank.URGENT, by=self.decide_by)
        return replace(found, owner=self.reporter, about=self.account_id)

    @property
    def awaits_urgently(self) -> bool:
        """Whether a child or a life may be in danger, and no person decided yet."""
        return self.decided_at is None and self.reason.is_urgent

    @property
    def awaits_answer(self) -> bool:
        """Whether its reporter appealed, and waits for the answer."""
        return self.appeal is not None and self.appeal.is_open

    @property
    def open_until(self) -> datetime:
        """When the decision or the answer to the appeal is due."""
        return self.appeal.due_at if self.appeal and self.appeal.is_open else self.decide_by

    @property
    def is_decided_again(self) -> bool:
        """Whether another person decided it after an appeal that was upheld."""
        upheld = self.appeal is not None and self.appeal.outcome is AppealOutcome.UPHELD
        return upheld and self.decided_at is not None

    def work_after_decision(self, now: datetime) -> Work:
        """What a job has to do once it is decided: notify its sender, if there is one to notify."""
        return Work(due_at=now, notify=True) if self.reporter or self.mailbox else self.work

    @property
    def uncopied(self) -> list[str]:
        """The ids of the messages that wait for their copy."""
        return [one.message_id for one in self.messages if one.state is MessageCopy.WAITING]

    @property
    def is_copied(self) -> bool:
        """Whether no message waits for its copy."""
        return not self.uncopied

    @property
    def waiting_files(self) -> list[int]:
        """The numbers of the files that wait for their copy."""
        return [n for n, one in enumerate(self.files, 1) if one.state is FileCopy.WAITING]

    @property
    def is_kept(self) -> bool:
        """Whether nothing that it names waits for its copy."""
        return self.is_copied and not self.waiting_files

    @property
    def is_of_a_child(self) -> bool:
        """Whether it is about the sexual abuse of a child, or an operator decided or proposed that."""
        return self.reason is ReportReason.CHILD_SAFETY or self.is_closed

    def closes(self, message_id: str | None) -> bool:
        """Whether the files of a message may show the sexual abuse of a child; None: the picture.

        An open report without particulars may mean any of them.
        """
        if not self.is_of_a_child:
            return False
        if not self.messages and not self.avatar:
            return self.decided_at is None or self.is_closed
        return any(one.message_id == message_id for one in self.messages) if message_id else self.avatar

    def scheduled(self, work: Work) -> Self:
        """The report with other work, which is due only if there is something to do."""
        due = work.due_at if work.notify or not self.is_kept else None
        return self.model_copy(update={"work": work.model_copy(update={"due_at": due})})

    def with_copies(self, copies: Mapping[str, ReportedMessage], files: Iterable[ReportedFile]) -> Self:
        """The report with the copies of some of its messages; their files wait."""
        messages = tuple(copies.get(one.message_id, one) for one in self.messages)
        those_at_stream_first = sorted(files, key=lambda one: one.state is not FileCopy.WAITING)
        all_files = (*self.files, *those_at_stream_first)[:MOST_FILES]
        return self.model_copy(update={"messages": messages, "files": all_files})

    def with_files(self, settled: Mapping[int, ReportedFile]) -> Self:
        """The report with another state of some of its files, by their numbers."""
        files = tuple(settled.get(n, one) for n, one in enumerate(self.files, 1))
        return self.model_copy(update={"files": files})


class ReportDraft(
    Record,
    table=Table.CHALLENGES,
    kind="report_draft",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.CHALLENGE, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A report, or an appeal, of a person without an account that waits for the code of their mailbox."""

    abuse_report_id: Annotated[AbuseReportId, NOT_PERSONAL]
    appeals: Annotated[bool, NOT_PERSONAL]
    reason: Annotated[ReportReason, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)]
    described: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)]
    text: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)]
    created_at: Annotated[Instant, NOT_PERSONAL]


class GuestReport(Body):
    """A report of a person without an account, or their appeal against the decision about one.

    Sexual abuse of children can be reported without an address (Art. 16(2)(c) of Regulation (EU) 2022/2065).
    """

    email: Annotated[str | None, Field(max_length=LONGEST_ADDRESS)] = None
    reason: ReportReason
    described: SafetyText
    text: SafetyText
    appealed: AbuseReportId | None = None
    locale: Locale | None = None

    @property
    def needs_no_address(self) -> bool:
        """Whether it is taken without a code."""
        return self.reason is ReportReason.CHILD_SAFETY and not self.appealed


class NewAbuseReport(Body):
    """What a reporter reports about a user: messages of a conversation, their picture, or both or neither."""

    user_id: UserId
    reason: ReportReason
    text: SafetyText | None = None
    avatar: Annotated[bool, Field(description="Whether the picture of the user is reported")] = False
    conversation_id: ConversationId | None = None
    message_ids: Annotated[
        tuple[NamedMessage, ...],
        Field(max_length=MOST_MESSAGES, description="Of the user, in the conversation"),
    ] = ()


class ReportedMessageView(View):
    """A message that was reported. `not_available`: it was gone, or the user did not write it there."""

    message_id: str
    state: MessageCopy


ReportStatus = Literal["received", "decided", "appealed"]


class AbuseReportView(View):
    """A report as its reporter sees it. It says nothing of what follows for the other person."""

    abuse_report_id: AbuseReportId
    user_id: Annotated[UserId | None, Field(description="Absent for one that came by the site")] = None
    reason: ReportReason
    status: ReportStatus
    reported_at: Instant
    due_at: Annotated[Instant, Field(description="When a person has decided at the latest")]
    messages: tuple[ReportedMessageView, ...]
    acted: Annotated[bool | None, Field(description="Whether we acted on it; absent until decided")] = None
    decided_at: Instant | None = None
    text: Annotated[str | None, Field(description="The decision and what can be done, to be shown")] = None
    appeal_ends_at: Annotated[Instant | None, Field(description="Until when an appeal is possible")] = None
    appeal: AppealView | None = None


class AbuseReportList(View):
    """The reports of the caller, newest first."""

    items: tuple[AbuseReportView, ...]


class ReportingPaused(Forbidden):
    """A person paused the reports of this account; dangers to children and life can be reported."""

    title = "Your reports are paused, except those about children or a threat to life"


class NoSuchReport(NotFound):
    """No report of a mailbox has the number that was given."""

    title = "No report of this mailbox has this number"


def check_not_paused(reporter: Account, reason: ReportReason) -> None:
    """Refuse a report of an account whose reports a person paused, unless it is about a danger.

    Raises:
        ReportingPaused: see there.
    """
    paused = reporter.reports_paused_until
    if paused and clock.now() < paused and not reason.is_urgent:
        raise ReportingPaused
