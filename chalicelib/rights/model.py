"""What a request is: what was asked, where it stands, what was decided, and how all of it is shown.

One item holds a whole request, its steps included, so one condition guards everything that can race.
Personal fields are sealed under the key of their retention class from intake on: a request outlives its
subject's own key, because claims about it may be raised later (Art. 17(3)(e) GDPR).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.core.clock import DAY, Instant
from chalicelib.core.errors import ConflictingRequest, Gone, Schemas, Unprocessable
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId, UserId
from chalicelib.core.table import Table
from chalicelib.privacy.periods import After, Period, Statutory, UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights import clock as deadlines
from chalicelib.rights.clock import Clock, ExtensionReason

_STAFF = (Recipient.BELGRADE_OFFICE,)
# No law asks for it: it is kept for those who may have to show how the request was answered.
_LAW = "to establish or defend claims, Art. 6(1)(f) and 17(3)(e) GDPR"
_INNER = NotPersonal(withheld="how we work on it; what it came to stands beside it")


class Right(StrEnum):
    """What may be asked for (Art. 7(3) and 15 to 21 GDPR)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    MARKETING_OBJECTION = "marketing_objection"
    CONSENT_WITHDRAWAL = "consent_withdrawal"


class Status(StrEnum):
    """Where a request stands; `states` says what may follow what."""

    RECEIVED = "received"
    AWAITING_VERIFICATION = "awaiting_verification"
    IN_PROGRESS = "in_progress"
    AWAITING_PROCESSOR = "awaiting_processor"
    AWAITING_REVIEW = "awaiting_review"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ReceivedBy(StrEnum):
    """The channel that a request came by; any will do (RGT-11)."""

    APP = "app"
    LETTER = "letter"
    EMAIL = "email"
    TELEPHONE = "telephone"
    IN_PERSON = "in_person"
    SUPPORT = "support"


class RefusalReason(StrEnum):
    """Why a request is refused, wholly or in part: a closed list, in the terms of DPV."""

    IDENTITY_FAILURE = "JustificationA12IdentityFailure"
    MANIFESTLY_UNFOUNDED = "JustificationA12ManifestlyUnfounded"
    MANIFESTLY_EXCESSIVE = "JustificationA12ManifestlyExcessive"
    LEGALLY_REQUIRED = "JustificationA17LegallyRequired"
    LEGAL_CLAIMS = "JustificationA17LegalClaims"
    FREEDOM_OF_EXPRESSION = "JustificationA17FreedomOfExpression"
    PUBLIC_INTEREST = "JustificationA17PublicInterest"
    PUBLIC_HEALTH = "JustificationA17PublicHealth"
    ARCHIVING = "JustificationA17Archiving"


class StepStatus(StrEnum):
    """Where a step stands, in the words of the API."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    STOPPED = "stopped"  # it failed too often; a person looks at it, and the clock runs on


class AlreadyOpen(ConflictingRequest):
    """The same right is being exercised already; `open_request_id` says by which request."""

    code = "already_open"
    title = "A request for this right is open already"
    shows: ClassVar[Schemas] = {
        "open_request_id": {
            "type": "string",
            "pattern": f"^{RightsRequestId.pattern.pattern}$",
            "description": "The request by which the right is being exercised",
        }
    }


class TooLate(ConflictingRequest):
    """The request is decided already, or its copy is on its way to another controller."""

    code = "too_late"
    title = "It is too late to change this request"


class NotReady(ConflictingRequest):
    """There is no copy yet."""

    code = "not_ready"
    title = "The copy is not ready yet"


class ExportGone(Gone):
    """The copy was kept for some days and is deleted; another request makes a new one."""

    code = "gone"
    title = "The copy is deleted; ask for a new one"


class NotOfferedHere(Unprocessable):
    """A right that the app can't carry out by itself yet. It can be exercised by writing to the contact."""

    code = "not_offered_here"
    title = "This right can't be exercised in the app yet"
    shows: ClassVar[Schemas] = {
        "contact_email": {"type": "string", "format": "email", "description": "Where to send the request"}
    }


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Extension(_Part):
    """More time that was taken."""

    days: int
    reason: ExtensionReason
    decided_at: Instant


class Pause(_Part):
    """The clock stands still, or stood, while data that proves who asks is outstanding."""

    asked_at: Instant
    answered_at: Instant | None = None


class StepState(_Part):
    """One step of a request's plan. `at`: when it came to this status."""

    name: str
    status: StepStatus = StepStatus.WAITING
    at: Instant | None = None


class OwedEntry(_Part):
    """An entry that the request's history could not take, because its newest one was altered."""

    event: str
    at: Instant
    said: Mapping[str, Any]


class Proposal(_Part):
    """What one operator proposes, and another has to approve."""

    status: Status
    reason: RefusalReason | None = None
    by: StaffId
    at: Instant
    approved_by: StaffId | None = None  # once it is the decision


Notes = Mapping[str, str | int]


class RightsRequest(
    Record,
    table=Table.RIGHTS,
    kind="rights_request",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.RIGHTS_EVIDENCE, law=_LAW, since="closed_at"),
    key_class=KeyClass.RETAINED,
):
    """A request of a subject, with everything that has to be known to answer it."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    right: Annotated[Right, NOT_PERSONAL]
    received_by: Annotated[ReceivedBy, NOT_PERSONAL] = ReceivedBy.APP
    received_at: Annotated[Instant, NOT_PERSONAL]
    status: Annotated[Status, NOT_PERSONAL] = Status.RECEIVED
    # Counts every write. Who read a version may write the next one, and nobody may twice: the fence.
    version: Annotated[int, _INNER] = 1
    fingerprint: Annotated[str | None, _INNER] = None  # of the body that asked, for the Idempotency-Key

    country: Annotated[str | None, personal(Category.COUNTRY, Source.PROVIDED, to=_STAFF)] = (
        None  # as declared when it was received: whose authority is named
    )
    transfer_to: Annotated[str | None, personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED, to=_STAFF)] = (
        None
    )

    extension: Annotated[Extension | None, NOT_PERSONAL] = None
    pause: Annotated[Pause | None, NOT_PERSONAL] = None

    steps: Annotated[tuple[StepState, ...], NOT_PERSONAL] = ()
    notes: Annotated[Notes, _INNER] = Field(default_factory=dict)  # what steps leave for each other
    missing: Annotated[tuple[str, ...], NOT_PERSONAL] = ()  # parts that could not be had, in words of ours
    tries: Annotated[int, _INNER] = 0  # runs of the next step since its last outcome, one under way included
    run_at: Annotated[Instant | None, _INNER] = None  # when it is due; None: no worker runs it
    unreachable_since: Annotated[Instant | None, _INNER] = None  # a service that the step needs is silent
    leased_until: Annotated[Instant | None, _INNER] = None  # a worker is at the request
    duty_tries: Annotated[int, _INNER] = 0  # runs of duties since the last that succeeded
    duties_at: Annotated[Instant | None, _INNER] = None  # a duty failed: none is done before
    owed: Annotated[tuple[OwedEntry, ...], _INNER] = ()  # evidence that its history could not take
    owed_at: Annotated[Instant | None, _INNER] = None  # when to try to append it
    pinned_until: Annotated[Instant | None, _INNER] = None  # what lapses meanwhile is kept until then
    reminded: Annotated[int, _INNER] = 0  # how many reminders were given

    proposal: Annotated[Proposal | None, _INNER] = None
    decided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    refusal: Annotated[RefusalReason | None, NOT_PERSONAL] = None
    decision_text: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)] = (
        None
    )
    closed_at: Annotated[Instant | None, NOT_PERSONAL] = None

    # Where it stands in the indexes; the store sets them.
    owner: Annotated[str | None, _INNER] = None
    due: Annotated[str | None, _INNER] = None
    due_at: Annotated[Instant | None, _INNER] = None
    open: Annotated[str | None, _INNER] = None
    answer_by: Annotated[Instant | None, _INNER] = None

    @property
    def clock(self) -> Clock:
        """The time that it has."""
        taken, stood = self.extension, self.pause
        extension = (
            deadlines.ClockExtension(timedelta(days=taken.days), taken.reason, taken.decided_at)
            if taken
            else None
        )
        pause = deadlines.ClockPause(stood.asked_at, stood.answered_at) if stood else None
        return Clock(self.received_at, extension, pause)

    @property
    def is_open(self) -> bool:
        """Whether an answer is outstanding. Steps may follow it: telling, and deleting the copy."""
        return self.closed_at is None

    @property
    def next_step(self) -> StepState | None:
        """The first that is not done."""
        return next((step for step in self.steps if step.status is not StepStatus.DONE), None)

    def with_clock(self, clock: Clock) -> "RightsRequest":
        """The same with another clock."""
        extension, pause = clock.extension, clock.pause
        return self.model_copy(
            update={
                "extension": extension
                and Extension(
                    days=extension.by // DAY, reason=extension.reason, decided_at=extension.decided_at
                ),
                "pause": pause and Pause(asked_at=pause.asked_at, answered_at=pause.answered_at),
            }
        )

    def with_step(self, name: str, status: StepStatus, at: datetime) -> "RightsRequest":
        """The same with a step that came to a status."""
        steps = tuple(
            StepState(name=s.name, status=status, at=at) if s.name == name else s for s in self.steps
        )
        return self.model_copy(update={"steps": steps})


class OpenRequest(
    Record,
    table=Table.RIGHTS,
    kind="open_request",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UntilErasure("until the request is answered"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """That a request is open, so that a right is exercised by one request at a time."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]


class ExportFile(
    Record,
    table=Table.RIGHTS,
    kind="export_file",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.EXPORT, since="made_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """The copy that a subject asked for, as it waits in S3; nobody finds it there once this has expired."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    key: Annotated[str, _INNER]
    sha256: Annotated[str, NOT_PERSONAL]
    size: Annotated[int, NOT_PERSONAL]  # bytes
    made_at: Annotated[Instant, NOT_PERSONAL]
