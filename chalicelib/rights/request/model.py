"""The rights request: what was requested, its state, and the decision.

One item holds a whole request including its steps, so one version condition covers all concurrent writes.
Personal fields are sealed under the key of their retention class from the start: a request is kept longer
than its subject's own key, because claims about it may be raised later (Art. 17(3)(e) GDPR).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationInfo,
    field_serializer,
    field_validator,
)

from chalicelib.core.clock import DAY, Instant
from chalicelib.core.ids import AccountId, HoldId, RightsRequestId, StaffId, UserId
from chalicelib.core.languages import Language
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period, Statutory, UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.retention.model import HoldGround
from chalicelib.rights.request import declaration
from chalicelib.rights.request import notes as notes_of_requests
from chalicelib.rights.request.deadline import Clock, Extension, Pause
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.terms import EVIDENCE_LAW, ReceivedBy, RefusalReason, Right, Status, StepStatus
from chalicelib.rights.request.waits import WaitReason

# Two different proofs release a copy or start an erasure (`proofs`). One proof may have been stolen, or may
# belong to another person by now: numbers and mailboxes get new owners.
PROOFS_NEEDED = 2
NUMBER = "phone"  # the field with the account's number, in corrections
# Its guard is not that of rectifications: one of the thief must not keep that of the owner out.
NEW_NUMBER = "new_number"
GUARDS: tuple[str, ...] = (*Right, NEW_NUMBER)

# How long proof of identity is awaited, and when the subject is notified of that: at once, and twice later.
PROOF_AWAITED = 30 * DAY
PROOF_REMINDERS = (0 * DAY, 7 * DAY, 21 * DAY)
# The least time that the subject gets if proof was requested shortly before the answer is due.
PROOF_AWAITED_LEAST = 7 * DAY


class IdentityProof(StrEnum):
    """A proof that a request comes from the owner of an account."""

    NUMBER = "number"  # a code that was sent to it
    MAILBOX = "mailbox"  # the same
    DEVICE = "device"  # the id of a device that had a session of the account
    STAFF = "staff"  # two operators checked the identity


class OnBehalf(StrEnum):
    """The person who makes a request for the subject."""

    AGENT = "agent"
    PARENT = "parent"
    HEIR = "heir"


class AuthoritySeen(StrEnum):
    """What shows that a representative may act for the subject: a document in the files of the office."""

    POWER_OF_ATTORNEY = "power_of_attorney"
    PARENTAL_RESPONSIBILITY = "parental_responsibility"
    COURT_DECISION = "court_decision"
    INHERITANCE_DECISION = "inheritance_decision"


# The number of a file of the office, such as 117/2026. It has no letters, so it names no person.
FileNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}/20[0-9]{2}$")]


class SeenAuthority(BaseModel, frozen=True, extra="forbid"):
    """Which proof of authority an operator read, in which file of the office, and on which day.

    `reference`: None for one that was seen before files were recorded.
    """

    kind: AuthoritySeen
    seen_on: date
    seen_by: StaffId
    reference: FileNumber | None = None


@dataclass(frozen=True, repr=False)
class GuestContact:
    """Where a person without an account gets the answer: a number in E.164, or a mailbox."""

    phone: str | None = None
    email: str | None = None
    locale: str | None = None

    @property
    def proof(self) -> IdentityProof:
        """The proof that a code to this contact gives."""
        return IdentityProof.NUMBER if self.phone else IdentityProof.MAILBOX


class OwedEntry(BaseModel, frozen=True):
    """An entry that could not be appended to the history, because its newest entry was altered."""

    event: str
    at: Instant
    said: Mapping[str, Any]


class KeptData(BaseModel, frozen=True):
    """What is kept of an erased account: records of one kind, with one reason and its end.

    A record that is kept for several reasons counts in each of them. `hold`: None for a statutory period.
    `secret_until`: until when an order forbids to disclose this to the subject.
    """

    kind: str
    count: int
    law: str
    ground: HoldGround
    hold: HoldId | None = None
    until: Instant
    secret_until: Instant | None = None

    def is_secret(self, at: datetime) -> bool:
        """Return whether this must not be disclosed at an instant."""
        return self.secret_until is not None and at < self.secret_until


class AskedCorrection(BaseModel, frozen=True, extra="forbid"):
    """What a subject wants corrected.

    Attributes:
        changes: the new values by field, as sent; None removes a value.
        applied: the fields that were corrected in the transaction of the request.
        deferred: the fields that are corrected with the answer, since no session made the request (ADR 49).
        proposed: the values that operators propose, or decided, for fields under review.
    """

    changes: dict[str, str | bool | None] = {}
    applied: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    proposed: dict[str, str] | None = None

    @property
    def reviewed(self) -> dict[str, str]:
        """The values that need a decision by operators."""
        without_review = {*self.applied, *self.deferred}
        return {name: str(value or "") for name, value in self.changes.items() if name not in without_review}


_STAFF = (Recipient.BELGRADE_OFFICE,)
_INNER = NotPersonal(withheld="internal state of our work on the request; its result is in the other fields")


class _Part(BaseModel, frozen=True):
    """A part of a request."""


class StepState(_Part):
    """One step of a request's procedure.

    `at`: when it reached this status. `why`: a fixed word, if it is stopped.
    """

    name: str
    status: StepStatus = StepStatus.WAITING
    at: Instant | None = None
    why: str | None = None

    @property
    def changed_at(self) -> datetime | None:
        """When it reached this status, by the name that responses have for it."""
        return self.at


class Proposal(_Part):
    """A decision that one operator proposed and another must approve."""

    status: Status
    reason: RefusalReason | None = None
    by: StaffId
    at: Instant
    approved_by: StaffId | None = None  # set when it becomes the decision


class RightsRequest(
    Record,
    table=Table.RIGHTS,
    kind="rights_request",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.RIGHTS_EVIDENCE, law=EVIDENCE_LAW, since="kept_since"),
    key_class=KeyClass.RETAINED,
):
    """A request of a subject, with everything needed to answer it."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    right: Annotated[Right, NOT_PERSONAL]
    received_by: Annotated[ReceivedBy, NOT_PERSONAL] = ReceivedBy.APP
    received_at: Annotated[Instant, NOT_PERSONAL]
    status: Annotated[Status, NOT_PERSONAL] = Status.RECEIVED
    # The fence: every write increments it, and requires the version that the writer read.
    version: Annotated[int, _INNER] = 1
    fingerprint: Annotated[str | None, _INNER] = None  # of the request body, for the Idempotency-Key

    # As declared on receipt; it selects the supervisory authority, which answers by mail name.
    country: Annotated[
        str | None, personal(Category.COUNTRY, Source.PROVIDED, to=(Recipient.MAIL_PROVIDERS, *_STAFF))
    ] = None
    # Not the locale: three languages identify nobody.
    language: Annotated[Language, personal(Category.LANGUAGE, Source.PROVIDED, to=_STAFF)] = Language.ENGLISH
    transfer_to: Annotated[str | None, personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED, to=_STAFF)] = (
        None
    )
    correction: Annotated[
        AskedCorrection | None, personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)
    ] = None

    reason: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)] = None

    # No account belongs to this request: its ids are random and name nothing. The answer goes to the contact,
    # which is deleted from the request after that.
    without_account: Annotated[bool, NOT_PERSONAL] = False
    contact_phone: Annotated[
        str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=(Recipient.SMS_CARRIERS, *_STAFF))
    ] = None
    contact_email: Annotated[
        str | None, personal(Category.EMAIL, Source.PROVIDED, to=(Recipient.MAIL_PROVIDERS, *_STAFF))
    ] = None
    contact_locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    proofs: Annotated[tuple[IdentityProof, ...], NOT_PERSONAL] = ()  # of a request without a session
    on_behalf: Annotated[OnBehalf | None, NOT_PERSONAL] = None
    authority: Annotated[SeenAuthority | None, _INNER] = None

    extension: Annotated[Extension | None, NOT_PERSONAL] = None
    pause: Annotated[Pause | None, NOT_PERSONAL] = None

    steps: Annotated[tuple[StepState, ...], NOT_PERSONAL] = ()
    # What steps pass on to later steps; the right decides which notes there are.
    notes: Annotated[RequestNotes, _INNER] = Field(default_factory=lambda given: new_notes(given["right"]))
    missing: Annotated[tuple[str, ...], NOT_PERSONAL] = ()  # parts that could not be included, in our words
    tries: Annotated[int, _INNER] = 0  # tries of the next step since its last outcome, a running one included
    run_at: Annotated[Instant | None, _INNER] = None  # when the next step is due; None: no worker runs it
    unreachable_since: Annotated[Instant | None, _INNER] = None  # a service the step needs does not respond
    waits_for: Annotated[str | None, _INNER] = None  # why the next step did not go on (`wait_reason`)
    leased_until: Annotated[Instant | None, _INNER] = None  # a worker holds the lease
    duty_tries: Annotated[int, _INNER] = 0  # tries of duties since the last success
    duties_at: Annotated[Instant | None, _INNER] = None  # a duty failed; no duty is tried before this time
    owed: Annotated[tuple[OwedEntry, ...], _INNER] = ()  # owed evidence, which could not be appended yet
    owed_at: Annotated[Instant | None, _INNER] = None  # when to try to append it again
    pinned_until: Annotated[Instant | None, _INNER] = None  # records that expire earlier are kept until then
    reminded: Annotated[int, _INNER] = 0  # number of reminders sent

    proposal: Annotated[Proposal | None, _INNER] = None
    decided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    refusal: Annotated[RefusalReason | None, NOT_PERSONAL] = None
    decision_text: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)] = (
        None
    )
    # Why operators end a restriction, for the subject (Art. 18(3)).
    lifting_text: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)] = (
        None
    )
    kept: Annotated[
        tuple[KeptData, ...], personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)
    ] = ()
    closed_at: Annotated[Instant | None, NOT_PERSONAL] = None
    # Two operators voided their entry, which should not exist: it counts nowhere.
    voided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    # From when its period counts: its answer, or later while its restriction or objection lasts (`evidence`).
    kept_since: Annotated[Instant | None, _INNER] = None

    @field_validator("notes", mode="wrap")
    @classmethod
    def _of_the_right(cls, stored: Any, _: Any, given: ValidationInfo) -> RequestNotes:  # noqa: ANN401 - pydantic's hook
        kind = type(new_notes(given.data["right"])) if "right" in given.data else RequestNotes
        return stored if isinstance(stored, kind) else notes_of_requests.read(kind, stored)

    @field_serializer("notes")
    def _without_defaults(self, notes: RequestNotes) -> dict[str, Any]:
        return notes.stored()

    @property
    def clock(self) -> Clock:
        """The deadline with its extension and pause."""
        return Clock(self.received_at, self.extension, self.pause)

    @property
    def contact(self) -> GuestContact | None:
        """The contact of a request without an account, until it is deleted."""
        if self.contact_phone or self.contact_email:
            return GuestContact(self.contact_phone, self.contact_email, self.contact_locale)
        return None

    @property
    def is_open(self) -> bool:
        """Return whether the answer is outstanding; steps may follow it (notify, delete the copy)."""
        return self.closed_at is None

    @property
    def gives_number(self) -> bool:
        """Return whether the account's owner gets another number, which two operators decide (ADR 68)."""
        return self.correction is not None and NUMBER in self.correction.deferred

    @property
    def guard(self) -> str:
        """What only one open request of an account may do: exercise the right, or give a number."""
        return NEW_NUMBER if self.gives_number else self.right

    @property
    def next_step(self) -> StepState | None:
        """The first step that is not done."""
        return next((step for step in self.steps if step.status is not StepStatus.DONE), None)

    @property
    def wait_reason(self) -> WaitReason | None:
        """Why the next step waits; None before it has run, and while the request waits for a person.

        A word of a later release has no reason here: a request must stay readable after a rollback.
        """
        return next((one for one in WaitReason if self.run_at and one == self.waits_for), None)

    def kept_openly(self, at: datetime) -> tuple[KeptData, ...]:
        """What is kept and may be disclosed to the subject at an instant."""
        return tuple(one for one in self.kept if not one.is_secret(at))

    def status_openly(self, at: datetime) -> Status:
        """The status that may be disclosed to the subject at an instant.

        While only secret holds keep something, the subject sees the answer without them.
        """
        if self.right is Right.ERASURE and self.status is Status.PARTIALLY_COMPLETED:
            by_hold = any(line.hold for line in self.kept_openly(at))
            return self.status if by_hold else Status.COMPLETED
        return self.status

    def with_clock(self, clock: Clock) -> "RightsRequest":
        """Return the request with another clock."""
        return self.model_copy(update={"extension": clock.extension, "pause": clock.pause})

    def with_step(
        self, name: str, status: StepStatus, at: datetime, why: str | None = None
    ) -> "RightsRequest":
        """Return the request with a new status of one step, and why it stopped."""
        steps = tuple(
            StepState(name=s.name, status=status, at=at, why=why) if s.name == name else s for s in self.steps
        )
        return self.model_copy(update={"steps": steps})


def new_notes(right: Right) -> RequestNotes:
    """The notes of a new request."""
    return declaration.of(right).notes()


class OpenRequest(
    Record,
    table=Table.RIGHTS,
    kind="open_request",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UntilErasure("until the request is answered"),
):
    """Marks a right, or the return of a number, as having an open request: there is one at a time."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]


class ExportFile(
    Record,
    table=Table.RIGHTS,
    kind="export_file",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.EXPORT, since="made_at"),
):
    """The copy of a subject's data in S3; it cannot be downloaded after this record expires."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    key: Annotated[str, _INNER]
    sha256: Annotated[str, NOT_PERSONAL]
    size: Annotated[int, NOT_PERSONAL]  # bytes
    made_at: Annotated[Instant, NOT_PERSONAL]
    # When the subject first got a link to it, which works for fifteen minutes.
    linked_at: Annotated[Instant | None, NOT_PERSONAL] = None
