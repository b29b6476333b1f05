"""The decision about reports: measures, record, views (SAF-1, ADR 115).

The record is that of the account about which it is made: their copy contains it once it is made. It names no
reporter. What else could point to one is in it only if the operators chose so, part by part.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chalicelib.accounts.limitations import Limitation
from chalicelib.core import clock
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.http import View
from chalicelib.core.ids import AbuseReportId, AccountId, SafetyDecisionId, StaffId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.personal import (
    NEVER_DISCLOSED,
    NOT_PERSONAL,
    KeyClass,
    NotPersonal,
    Record,
    personal,
)
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.safety.model import (
    APPEAL_WITHIN,
    COLLEAGUE,
    INNER,
    MAILED,
    SAFETY_LAW,
    Appeal,
    AppealView,
    SafetyListing,
    TermsRule,
    Work,
)
from chalicelib.safety.reports.model import ReportReason

_STAFF = (Recipient.BELGRADE_OFFICE,)
_GENERATED = personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)
_MAILED = personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=MAILED)

ALONE_AT_MOST = 7  # days of a suspension that one operator decides
LONGEST_SUSPENSION = 365


class SafetyMeasure(StrEnum):
    """What a decision does. Without any, the reports are dismissed."""

    REMOVE_MESSAGES = "remove_messages"
    REMOVE_AVATAR = "remove_avatar"
    WARN = "warn"
    SUSPEND = "suspend"
    PAUSE_REPORTS = "pause_reports"  # of a reporter who was warned before


BY_JOB = frozenset({SafetyMeasure.REMOVE_MESSAGES, SafetyMeasure.REMOVE_AVATAR})


class ReportPart(StrEnum):
    """A part of the reports that the person concerned may see unless it points to a reporter."""

    REASONS = "reasons"
    INSTANT = "instant"
    MESSAGES = "messages"


class DecisionState(StrEnum):
    """`made`: decided. `reversed`: an appeal was upheld. The account never sees the two other states.

    `proposed`: it needs the approval of a second operator.
    """

    PROPOSED = "proposed"
    MADE = "made"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"  # an appeal was upheld


class QuotedMessage(BaseModel, frozen=True, extra="forbid"):
    """A message of the person concerned, as we copied it."""

    message_id: str
    text: str
    sent_at: Instant | None = None


class SafetyDecision(
    Record,
    table=Table.RIGHTS,
    kind="safety_decision",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.ABUSE_REPORT, law=SAFETY_LAW, since="kept_since"),
    key_class=KeyClass.RETAINED,
    undisclosed="decisions that are only proposed, because they have no effect",
):
    """A decision about reports of abuse that concern an account.

    Attributes:
        reasons, reported_at, messages: parts of the reports, as far as they are not in `withheld`.
        withheld: the parts that would point to a reporter (Art. 15(4) GDPR), each chosen by the operators.
        work: what a job has to do: measures, the notice to the account, the end of a suspension.
    """

    safety_decision_id: Annotated[SafetyDecisionId, NOT_PERSONAL]
    version: Annotated[int, INNER] = 1
    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    state: Annotated[DecisionState, NOT_PERSONAL]
    rule: Annotated[TermsRule | None, _MAILED] = None
    measures: Annotated[tuple[SafetyMeasure, ...], _MAILED] = ()
    days: Annotated[int | None, _MAILED] = None  # of the suspension or the pause
    lasts_until: Annotated[Instant | None, _GENERATED] = None
    facts: Annotated[str | None, _GENERATED] = None
    reasons: Annotated[tuple[ReportReason, ...], _GENERATED] = ()
    reported_at: Annotated[Instant | None, _GENERATED] = None
    messages: Annotated[
        tuple[QuotedMessage, ...], personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)
    ] = ()
    withheld: Annotated[tuple[ReportPart, ...], NOT_PERSONAL] = ()
    report_ids: Annotated[
        tuple[AbuseReportId, ...],
        NotPersonal(withheld="they lead to the reporters (Art. 15(4) GDPR, Art. 26 ZZPL)"),
    ]
    removed: Annotated[tuple[str, ...], INNER] = ()  # ids of the messages that REMOVE_MESSAGES is about
    proposed_by: Annotated[StaffId, COLLEAGUE]
    proposed_at: Annotated[Instant, INNER]
    approved_by: Annotated[StaffId | None, COLLEAGUE] = None
    decided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    carried_out: Annotated[tuple[SafetyMeasure, ...], INNER] = ()  # of those that a job carries out
    resumed_at: Annotated[Instant | None, INNER] = None  # the first of two resumptions at Stream
    ended_at: Annotated[Instant | None, INNER] = None  # its suspension, at Stream too
    appeal: Annotated[Appeal | None, personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)] = None
    appeal_answered_by: Annotated[StaffId | None, COLLEAGUE] = None
    work: Annotated[Work, INNER] = Work()
    kept_since: Annotated[Instant, INNER]

    @property
    def undisclosed_until(self) -> datetime | None:
        """A proposal, and one that was withdrawn, is in no copy."""
        is_made = self.state in {DecisionState.MADE, DecisionState.REVERSED}
        return None if is_made else NEVER_DISCLOSED

    @property
    def suspends_for(self) -> int:
        """For how many days it suspends the account; 0: it does not."""
        return self.days or 0 if SafetyMeasure.SUSPEND in self.measures else 0

    @property
    def is_shown(self) -> bool:
        """Whether the account's owner is notified of it: it has an effect for them."""
        return self.undisclosed_until is None and bool(self.measures)

    @property
    def waits_until(self) -> datetime | None:
        """When an operator has to act at the latest; None: none has to."""
        if self.state is DecisionState.PROPOSED:
            return self.proposed_at + DAY
        return self.appeal.due_at if self.appeal and self.appeal.is_open else None

    @property
    def listing(self) -> SafetyListing:
        """How it is found."""
        found = SafetyListing.of(self.safety_decision_id, self.proposed_at, self.waits_until, self.work)
        return replace(found, owner=self.account_id)

    @property
    def decided_by(self) -> set[StaffId]:
        """The operators who decided."""
        return {self.proposed_by, *([self.approved_by] if self.approved_by else [])}

    @property
    def to_carry_out(self) -> tuple[SafetyMeasure, ...]:
        """The measures that a job still has to carry out. What an appeal reversed is left as it is."""
        if self.state is not DecisionState.MADE:
            return ()
        return tuple(one for one in self.measures if one in BY_JOB and one not in self.carried_out)

    @property
    def limitations(self) -> tuple[Limitation, ...]:
        """What it does to the account for a while."""
        return tuple(how for measure, how in _LIMITATIONS.items() if measure in self.measures)

    @property
    def lasts(self) -> bool:
        """Whether its limitation is in force, unless another decision has a longer one."""
        until = self.lasts_until
        return self.state is DecisionState.MADE and until is not None and clock.now() < until

    @property
    def suspension_ends_at(self) -> datetime | None:
        """When a job has to end its suspension; None: it did, or there is none."""
        if self.ended_at or self.lasts_until is None or SafetyMeasure.SUSPEND not in self.measures:
            return None
        if self.state is DecisionState.REVERSED and self.appeal:
            return self.appeal.answered_at
        return self.lasts_until

    def scheduled(self, work: Work) -> Self:
        """The decision with other work. What is not done is tried again as before."""
        now, ends_at, due = clock.now(), self.suspension_ends_at, list[datetime]()
        if work.notify and work.due_at:
            due.append(work.due_at)
        if self.to_carry_out or (ends_at and ends_at <= now):
            due.append(self.work.due_at or now)
        elif ends_at:
            due.append(ends_at)
        left = {"due_at": min(due)} if due else {"due_at": None, "tries": 0}
        return self.model_copy(update={"work": work.model_copy(update=left)})


_LIMITATIONS = {
    SafetyMeasure.SUSPEND: Limitation.SUSPENSION,
    SafetyMeasure.PAUSE_REPORTS: Limitation.PAUSE,
}


class SafetyDecisionView(View):
    """A decision as the person sees it whom it concerns. It names no reporter."""

    safety_decision_id: SafetyDecisionId
    state: DecisionState
    rule: TermsRule
    measures: tuple[SafetyMeasure, ...]
    suspension_ends_at: Instant | None = None
    facts: str
    messages: tuple[QuotedMessage, ...] = ()
    withheld: Annotated[
        tuple[ReportPart, ...],
        Field(description="What we withhold of the reports, since it would point to a reporter"),
    ]
    decided_at: Instant
    text: Annotated[str, Field(description="The decision and what can be done, to be shown")]
    appeal_ends_at: Annotated[Instant, Field(description="Until when an appeal is possible")]
    appeal: AppealView | None = None


class SafetyDecisionList(View):
    """The decisions about the caller, newest first."""

    items: tuple[SafetyDecisionView, ...]


def appeal_until(decided_at: datetime) -> datetime:
    """Until when a decision can be appealed."""
    return decided_at + APPEAL_WITHIN
