"""The objection to the bar of a number: record, bodies, problem (ADR 116)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from chalicelib.accounts.challenges.body import Code
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import Body, View
from chalicelib.core.ids import NumberObjectionId, StaffId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.safety.model import COLLEAGUE, INNER, SAFETY_LAW, SafetyListing, SafetyText, Work

_STAFF = (Recipient.BELGRADE_OFFICE,)
_TEXTED = (Recipient.SMS_CARRIERS, Recipient.BELGRADE_OFFICE)


class ObjectionGround(StrEnum):
    """Why a person says that the bar should not be theirs."""

    NEW_NUMBER = "new_number"  # the number was another person's before
    INTERESTS = "interests"  # their interests override ours (Art. 21(1) GDPR)


class LiftedBecause(StrEnum):
    """What makes an operator lift a bar."""

    UNUSED_LINE = "unused_line"  # the operator of the network had it unassigned for 90 days
    CONTRACT = "contract"  # a contract for the number, by its reference; no copy of it is kept
    INTERESTS = "interests"


class NumberObjection(
    Record,
    table=Table.RIGHTS,
    kind="number_objection",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.ABUSE_REPORT, law=SAFETY_LAW, since="kept_since"),
    key_class=KeyClass.RETAINED,
):
    """An objection by a person whose code proved the number. No account is behind it.

    `kept_since`: when it is answered at the latest, and then when it was.
    """

    number_objection_id: Annotated[NumberObjectionId, NOT_PERSONAL]
    version: Annotated[int, INNER] = 1
    phone: Annotated[str, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_TEXTED)]
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED, to=_STAFF)] = None
    ground: Annotated[ObjectionGround, personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)]
    text: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)] = None
    received_at: Annotated[Instant, NOT_PERSONAL]
    decide_by: Annotated[Instant, NOT_PERSONAL]
    lifted: Annotated[bool | None, NOT_PERSONAL] = None
    lifted_until: Annotated[Instant | None, INNER] = None  # the end of the bar that was lifted
    because: Annotated[
        LiftedBecause | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)
    ] = None
    reason: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)] = None
    decided_by: Annotated[StaffId | None, COLLEAGUE] = None
    decided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    work: Annotated[Work, INNER] = Work()
    kept_since: Annotated[Instant, NotPersonal(withheld="it follows from the other instants")]

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.decided_at is None

    @property
    def listing(self) -> SafetyListing:
        """How it is found: by no account."""
        until = self.decide_by if self.is_open else None
        return SafetyListing.of(self.number_objection_id, self.received_at, until, self.work)

    def scheduled(self, work: Work) -> Self:
        """The objection with other work, which is due only if there is something to do."""
        due = work.due_at if work.notify else None
        return self.model_copy(update={"work": work.model_copy(update={"due_at": due})})


class NewNumberObjection(Body):
    """The code that proves the number once more, and why its bar should not be the sender's."""

    code: Code
    device_id: UUID
    ground: ObjectionGround
    text: SafetyText | None = None


class ReceivedNumberObjection(View):
    """An objection that we received. The answer is a text message to the number."""

    number_objection_id: NumberObjectionId
    received_at: Instant
    due_at: Annotated[Instant, Field(description="When a person has answered at the latest")]


class BarAnswer(Body):
    """The answer of an operator: `because` and its reference lift the bar; a reason keeps it."""

    because: LiftedBecause | None = Field(None, description="Absent: the bar stays")
    reason: SafetyText = Field(description="Reference of the contract or of the network's statement; or why")


class NumberIsFree(ConflictingRequest):
    """An account can be opened with the number."""

    title = "An account can be opened with this number: sign up"


def two_working_days_after(at: datetime) -> datetime:
    """The same time of day, two days of the office later; holidays count as days, so it is never later."""
    left = 2
    while left:
        at += DAY
        left -= at.weekday() < _SATURDAY
    return at


_SATURDAY = 5
