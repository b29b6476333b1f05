"""What waits for an operator, in one form for all kinds of cases (ADR 91).

An entry has ids, instants and our own words, and no text about a person.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel

from chalicelib.core.clock import DAY, Instant
from chalicelib.core.ids import StaffId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import ExplainedEnum, LegalBasis, Purpose

# Our rule for what has no period of its own, such as the proposal of a colleague (ADR 91).
WITHIN = 7 * DAY


class DueBy(StrEnum):
    """What sets the day on which something is due."""

    LAW = "law"
    OUR_RULE = "our_rule"


class InboxSource(StrEnum):
    """A list that the inbox reads, and the kind of its entries. That of a readable request is its right."""

    REQUEST = "request"
    HOLD = "hold"
    DISCLOSURE = "disclosure"
    COMPLAINT = "complaint"
    BREACH = "breach"
    STREAM_CASE = "stream_case"
    TABLE_REMOVAL = "table_removal"
    SUPPORT = "support_message"
    ABUSE_REPORT = "abuse_report"
    SAFETY_DECISION = "safety_decision"
    NUMBER_OBJECTION = "number_objection"
    REVIEW = "review"


class Needed(ExplainedEnum):
    """What is needed, for the program and for an operator."""

    DECISION = ("decision", "a decision")
    WEIGHING = ("weighing", "a weighing")
    SIGNATURE = ("signature", "a second operator's signature")
    YOUR_SIGNATURE = ("your_signature", "your second signature")
    ANOTHER_OPERATOR = ("another_operator", "another operator's signature: the first one is yours")
    IDENTITY_CHECK = ("identity_check", "a check of the subject's identity")
    CHANNEL = ("channel", "a channel to warn the subject: none is known")
    RETRY = ("retry", "a retry of the step that stopped")
    LOOK = ("look", "a look: it has no certificate a day after its point of no return")
    NOTICE = ("notice", "a notice to an authority that received the data")
    HANDOVER = ("handover", "the data handed over, and the record of that")
    ANSWER = ("answer", "an answer")
    CLOSING = ("closing", "a closing: its answer may not have arrived")
    REPLY = ("reply", "the decision sent to the complainant, and the closing")
    WITHDRAWAL = ("withdrawal", "a withdrawal: the proposal is too old to be approved")
    AUTHORITY = ("authority", "a notification of the authority")
    DUTIES = ("duties", "the open duties that `show` lists, or its closing")
    SETTLEMENT = ("settlement", "a settlement")
    REVIEW = ("review", "a review")
    RESTORE = ("restore", "its item restored: it was altered and cannot be read")


@dataclass(frozen=True)
class Waiting:
    """An entry.

    Attributes:
        kind: of the case: a right, or an `InboxSource`.
        id: of the case; of a review, what is reviewed.
        command: the words after `ops`. A signature is given for a version that was seen, so its command shows
            the case.
    """

    kind: str
    id: str
    due_at: datetime
    by: DueBy
    needed: Needed
    command: str


def signature(first: StaffId, by: StaffId | None) -> Needed:
    """The second signature that is needed, as an operator sees it; `by` None: whatever operator sees it."""
    if by is None:
        return Needed.SIGNATURE
    return Needed.ANOTHER_OPERATOR if first == by else Needed.YOUR_SIGNATURE


class SeenEntry(BaseModel, frozen=True):
    """An entry that a run of `report_inbox` has seen.

    Attributes:
        entry: a hash of what it is about and what is needed.
        since: when a run first saw it.
        is_urgent: a mail said that a third of its time is left.
    """

    entry: str
    since: Instant
    is_urgent: bool = False


class InboxState(
    Record,
    table=Table.RIGHTS,
    kind="inbox_state",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.JOB, since="touched_at"),
):
    """The state of `report_inbox`: its lease, what its last run saw, and the day of its last morning mail."""

    touched_at: Annotated[Instant, NOT_PERSONAL]
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None
    fence: Annotated[int, NOT_PERSONAL] = 0
    morning: Annotated[date | None, NOT_PERSONAL] = None
    seen: Annotated[tuple[SeenEntry, ...], NOT_PERSONAL] = ()
