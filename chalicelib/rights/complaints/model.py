"""The record of a complaint about the answer to a rights request, its body and its problems (ADR 94).

Texts are sealed. In clear are ids, states, times and pseudonyms of staff. When a problem is raised, nothing
was changed.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chalicelib.core.clock import Instant
from chalicelib.core.errors import ConflictingRequest, Forbidden
from chalicelib.core.http import Body
from chalicelib.core.ids import PathText, RightsRequestId, StaffId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.intake.body import Text
from chalicelib.rights.request.terms import EVIDENCE_LAW

_STAFF = (Recipient.BELGRADE_OFFICE,)
_INNER = NotPersonal(
    withheld="internal state of our work on the complaint; its result is in the other fields"
)
_COLLEAGUE = NotPersonal(withheld="it names a member of staff")
_PROVIDED = personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)
_GENERATED = personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)
_PROPOSED = personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF, withheld="it is not approved yet")

ComplaintStatus = Literal["open", "proposed", "decided", "closed"]


class Complainant(StrEnum):
    """The party that complains."""

    PERSON = "person"
    AUTHORITY = "authority"


class ComplaintOutcome(StrEnum):
    """The decision about a complaint."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class ComplaintId(PathText):
    """The id of the contested request, and who complains: `r_....person`."""

    __slots__ = ()
    pattern = re.compile(rf"{RightsRequestId.pattern.pattern}\.({'|'.join(Complainant)})")


class AuthorityLetter(BaseModel, frozen=True, extra="forbid"):
    """The letter by which an authority complains, and the deadline that it sets."""

    authority_name: Text
    letter_number: Text
    due_at: Instant


class ComplaintAnswer(BaseModel, frozen=True, extra="forbid"):
    """A decision about a complaint. Text of an upheld one: what follows; of a rejected one: why."""

    outcome: ComplaintOutcome
    text: Text


class Complaint(
    Record,
    table=Table.RIGHTS,
    kind="complaint",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.RIGHTS_EVIDENCE, law=EVIDENCE_LAW, since="kept_since"),
    key_class=KeyClass.RETAINED,
):
    """A complaint of a person or an authority about how we answered a request, and its decision."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    complainant: Annotated[Complainant, NOT_PERSONAL]
    # The fence: every write increments it, and requires the version that the writer read.
    version: Annotated[int, _INNER] = 1
    complained_at: Annotated[Instant, NOT_PERSONAL]  # the day of receipt
    due_at: Annotated[Instant, NOT_PERSONAL]
    letter: Annotated[AuthorityLetter | None, _GENERATED] = None
    text: Annotated[str, _PROVIDED]  # what is contested, and why
    involved: Annotated[tuple[StaffId, ...], _COLLEAGUE] = ()  # in the request; they outlast its history
    proposal: Annotated[ComplaintAnswer | None, _PROPOSED] = None
    proposed_by: Annotated[StaffId | None, _COLLEAGUE] = None
    decision: Annotated[ComplaintAnswer | None, _GENERATED] = None
    approved_by: Annotated[StaffId | None, _COLLEAGUE] = None
    decided_at: Annotated[Instant | None, NOT_PERSONAL] = None
    closed_at: Annotated[Instant | None, NOT_PERSONAL] = None
    kept_since: Annotated[Instant | None, _INNER] = None  # the closing of its request

    @property
    def complaint_id(self) -> ComplaintId:
        """Its id."""
        return ComplaintId(f"{self.request_id}.{self.complainant}")

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.closed_at is None

    @property
    def status(self) -> ComplaintStatus:
        """Its state."""
        if self.decided_at:
            return "closed" if self.closed_at else "decided"
        return "proposed" if self.proposal else "open"


class NewComplaint(Body):
    """A complaint as an operator enters it."""

    rights_request_id: RightsRequestId = Field(description="The request whose answer is contested")
    received_on: date
    text: Text = Field(description="What is contested, and why")
    letter: AuthorityLetter | None = Field(None, description="Of an authority that complains")


class ComplainedAlready(ConflictingRequest):
    """The same party complained about the request before."""

    title = "This party has complained about the request before; its complaint is on record"


class TookPart(Forbidden):
    """An operator acted on the contested request."""

    title = "You, or the operator who proposed this, acted on the contested request"
