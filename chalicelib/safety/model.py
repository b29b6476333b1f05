"""What reports and decisions have in common: rules, appeals, periods and problems. Pure (SAF-1, ADR 114)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.core import clock
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.durations import Duration
from chalicelib.core.errors import ConflictingRequest, Forbidden
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, MailId, StaffId
from chalicelib.privacy.periods import Period
from chalicelib.privacy.personal import NotPersonal
from chalicelib.privacy.purposes import ExplainedEnum
from chalicelib.privacy.recipients import Recipient
from chalicelib.stream.model import MESSAGE_ID

# Art. 17(3)(e) GDPR, and Art. 30(5) ZZPL: what is kept of an erased account.
SAFETY_LAW = (
    "to answer reports and appeals, and to prove how we decided, Art. 16 and 17 of Regulation (EU) "
    "2022/2065, Art. 17(3)(e) GDPR, Art. 30 ZZPL"
)
INNER = NotPersonal(withheld="internal state of our work; its result is in the other fields")
COLLEAGUE = NotPersonal(
    withheld="a member of our staff, who acts on our instructions (Art. 15(4) and 29 GDPR, Art. 26 and 46 "
    "ZZPL)"
)

MAILED = (Recipient.BELGRADE_OFFICE, Recipient.MAIL_PROVIDERS)  # a letter has it

APPEAL_WITHIN = Duration.parse("P6M")
APPEAL_ANSWERED_WITHIN = 14 * DAY
MOST_KEPT = Duration.parse("P15M")

# As Stream or the client that sent it made it; safe in a path of Stream's API.
NamedMessage = Annotated[str, StringConstraints(pattern=f"^{MESSAGE_ID.pattern}$")]
SafetyText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class TermsRule(ExplainedEnum):
    """The rules of our terms that a decision can rest on."""

    CHILD_SAFETY = ("child_safety", "children must not be sexually exploited")
    VIOLENCE = ("violence", "no violence, and no threats of it")
    HARASSMENT = ("harassment", "no harassment")
    HATE = ("hate", "no hatred against people because of who they are")
    SEXUAL_CONTENT = ("sexual_content", "no sexual content without consent")
    IMPERSONATION = ("impersonation", "no false identities")
    FRAUD = ("fraud", "no fraud")
    SPAM = ("spam", "no unwanted mass messages")
    ILLEGAL_GOODS = ("illegal_goods", "no trade in what the law forbids")
    OTHER_LAW = ("other_law", "nothing that the law forbids")
    ABUSIVE_REPORTS = ("abusive_reports", "no reports that are manifestly unfounded")


class AppealOutcome(StrEnum):
    """The answer to an appeal."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class Appeal(BaseModel, frozen=True):
    """The only appeal of a party, and its answer by a person who took no part in the decision."""

    text: str
    appealed_at: Instant
    due_at: Instant
    outcome: AppealOutcome | None = None
    answer: str | None = None
    answered_at: Instant | None = None

    @classmethod
    def new(cls, text: str, now: datetime) -> Self:
        """An appeal that waits for its answer."""
        return cls(text=text, appealed_at=now, due_at=now + APPEAL_ANSWERED_WITHIN)

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.outcome is None


class NoticeWay(StrEnum):
    """How a party was notified. `unreachable`: every channel refused for good; an app still shows it."""

    APP = "app"
    MAIL = "mail"
    TEXT = "text"
    UNREACHABLE = "unreachable"


class Work(BaseModel, frozen=True):
    """What a job still has to do for a report or a decision.

    Attributes:
        due_at: when the next run takes it; None: nothing is to do.
        tries: the runs that began since the last one that made progress; counted before the work.
        notify: whether the party has to be notified of the newest state.
        mail_id: the mail that was sent to the party, until SES reports its delivery or its loss.
        notified_at: when the party was notified of the newest state, and `notified_by`: how.
    """

    due_at: Instant | None = None
    tries: int = 0
    notify: bool = False
    mail_id: MailId | None = None
    notified_at: Instant | None = None
    notified_by: NoticeWay | None = None


class Rank(StrEnum):
    """The parts of a list of operators. It is read in descending order of these words."""

    URGENT = "waits_urgently"
    WAITS = "waits"
    SETTLED = "settled"


@dataclass(frozen=True)
class SafetyListing:
    """How a report, a decision or an objection is found.

    Attributes:
        case_id: its id.
        at: its instant.
        rank: its part of the list of operators, and `by`: its place there.
        work: what a job has to do for it.
        owner: the account of the party whose record it is; None: no account.
        about: the account that a report is about; None: no user is named, or it is no report.
    """

    case_id: str
    at: datetime
    rank: Rank
    by: datetime
    work: Work
    owner: AccountId | None = None
    about: AccountId | None = None

    @classmethod
    def of(cls, case_id: str, at: datetime, until: datetime | None, work: Work) -> Self:
        """The listing of a case that waits for an operator until an instant; None: it is settled."""
        return cls(case_id, at, Rank.WAITS if until else Rank.SETTLED, until or at, work)


class NewAppeal(Body):
    """An appeal: why the decision is wrong."""

    text: SafetyText


class AppealView(View):
    """An appeal of the caller. One is possible; a person answers it who took no part in the decision."""

    appealed_at: Instant
    due_at: Annotated[Instant, Field(description="When it is answered at the latest")]
    text: str
    outcome: AppealOutcome | None = None
    answer: str | None = None
    answered_at: Instant | None = None


class AppealedAlready(ConflictingRequest):
    """A party appealed before: there is one appeal."""

    title = "You have appealed already; there is one appeal"


class AppealTooLate(ConflictingRequest):
    """The six months are over, the decision is open, or nothing was decided against the caller."""

    title = "An appeal is not possible, or not any more"


class DecidedBefore(ConflictingRequest):
    """The report or decision is not in a state that admits this."""

    title = "It was decided before, or waits for another step"


class TookPartBefore(Forbidden):
    """The operator took part in the decision that the appeal is about."""

    title = "You took part in the decision; another person answers the appeal"


def kept_from(reported_at: datetime, *ends: datetime) -> datetime:
    """When the 90 days of a report and its decision begin.

    At the last of `ends`, but early enough that they end 15 months after the report.
    """
    latest = (reported_at + MOST_KEPT) - (Period.ABUSE_REPORT.ends(reported_at) - reported_at)
    return min(latest, max(ends)) if ends else latest


def check_appealable(appeal: Appeal | None, decided_at: datetime | None, now: datetime) -> None:
    """Refuse a second appeal, and one that is too early or too late.

    Raises:
        AppealedAlready, AppealTooLate: see there.
    """
    if appeal:
        raise AppealedAlready
    if decided_at is None or now > decided_at + APPEAL_WITHIN:
        raise AppealTooLate


def answered(
    appeal: Appeal | None, decided_by: set[StaffId], by: StaffId, outcome: AppealOutcome, answer: str
) -> Appeal:
    """An appeal with its answer.

    Raises:
        DecidedBefore: there is no appeal, or it is answered.
        TookPartBefore: the operator is one of those who decided.
    """
    if appeal is None or not appeal.is_open:
        raise DecidedBefore
    if by in decided_by:
        raise TookPartBefore
    return appeal.model_copy(update={"outcome": outcome, "answer": answer, "answered_at": clock.now()})
