"""Holds and their problems, and the states of the purge and of idle accounts (RET-3, ADR 31, ADR 33).

When a problem of holds is raised, nothing was changed.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.core.clock import HOUR, Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import Body
from chalicelib.core.ids import (
    AccountId,
    DisclosureId,
    HoldId,
    RightsRequestId,
    StaffId,
    UserId,
)
from chalicelib.core.table_names import Table
from chalicelib.privacy.gates import BlockedReason
from chalicelib.privacy.periods import After, Period, Statutory
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

# How long a hold is in force before a second operator confirms it.
UNCONFIRMED = 72 * HOUR

_STAFF = (Recipient.BELGRADE_OFFICE,)
_LAW = "to establish or defend claims, Art. 6(1)(f) and 17(3)(e) GDPR, Art. 12(1)(6) and 30 ZZPL"
_INNER = NotPersonal(withheld="internal state of our work on the hold")
# A disclosure may become secret again after the hold was placed.
_OF_DISCLOSURE = NotPersonal(withheld="the disclosure itself is listed, unless an order forbids that")
_OF_STAFF = NotPersonal(withheld="it names a member of staff")


class HoldGround(StrEnum):
    """Why the right to erasure does not apply (Art. 17(3) GDPR)."""

    LAW = "legal_obligation"  # (b)
    CLAIMS = "legal_claims"  # (e)


class Hold(
    Record,
    table=Table.RIGHTS,
    kind="hold",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.HOLD, law=_LAW, since="ends_at"),
    key_class=KeyClass.RETAINED,
    undisclosed="a hold of which an order forbids us to inform you, until that order ends (Art. 23 GDPR, "
    "Art. 40 ZZPL)",
):
    """Keeps some kinds of a subject's records until an instant, although they would be deleted.

    Attributes:
        until: the end that was requested.
        ends_at: the end as things are: 72 hours after an unconfirmed hold was placed, and earlier than
            `until` if the hold was lifted.
        in_force_from: None until a hold that needs a second operator first is confirmed.
    """

    hold_id: Annotated[HoldId, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    kinds: Annotated[tuple[str, ...], NOT_PERSONAL]
    ground: Annotated[HoldGround, NOT_PERSONAL]
    law: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)]
    authority: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)]
    reason: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_STAFF)]
    disclosure_id: Annotated[DisclosureId | None, _OF_DISCLOSURE] = None
    until: Annotated[Instant, NOT_PERSONAL]
    secret_until: Annotated[Instant | None, NOT_PERSONAL] = None
    version: Annotated[int, _INNER] = 1
    placed_by: Annotated[StaffId, _OF_STAFF]
    placed_at: Annotated[Instant, NOT_PERSONAL]
    in_force_from: Annotated[Instant | None, NOT_PERSONAL] = None
    confirmed_by: Annotated[StaffId | None, _OF_STAFF] = None
    lift_proposed_by: Annotated[StaffId | None, _OF_STAFF] = None
    lifted_by: Annotated[StaffId | None, _OF_STAFF] = None
    ends_at: Annotated[Instant, NOT_PERSONAL]

    def is_in_force(self, at: datetime) -> bool:
        """Return whether the hold keeps records at an instant."""
        return self.in_force_from is not None and self.in_force_from <= at < self.ends_at

    @property
    def undisclosed_until(self) -> datetime | None:
        """The end of the secrecy; the subject's copy leaves the hold out before it."""
        return self.secret_until

    def is_secret(self, at: datetime) -> bool:
        """Return whether an order forbids to inform the subject at an instant."""
        return self.secret_until is not None and at < self.secret_until

    def awaits_confirmation(self, at: datetime) -> bool:
        """Return whether a second operator may still confirm the hold."""
        return self.confirmed_by is None and self.lifted_by is None and at < self.ends_at


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000)]
_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class NewHold(Body):
    """A hold as an operator places it."""

    user_id: UserId
    kinds: tuple[_Kind, ...] = Field(min_length=1, max_length=20, description="Kinds of records to keep")
    ground: HoldGround
    law: _Text = Field(description="The law that requires or permits it; disclosed to the subject")
    authority: _Text = Field(description="Who requires it, or the other party of a dispute")
    reason: _Text
    until: Instant = Field(description="The end, at most two years ahead")
    secret_until: Instant | None = Field(
        None, description="Until when an order forbids to inform the subject"
    )
    disclosure_id: DisclosureId | None = Field(None, description="The disclosure that the hold serves")


class HoldsVersion(
    Record,
    table=Table.RIGHTS,
    kind="holds_version",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.HOLD, since="kept_from"),
    undisclosed="the internal version of the holds on your data, which would disclose secret ones too",
):
    """The version of all holds of a subject.

    Each change by an operator increments it, until an erasure closes it at its point of no return. From then
    on no hold is placed or confirmed; one can still be lifted.
    """

    @property
    def undisclosed_until(self) -> datetime | None:
        """No copy contains the version: it would disclose that there is a secret hold."""
        return NEVER_DISCLOSED

    version: Annotated[int, _INNER]
    closed_by: Annotated[RightsRequestId | None, _INNER] = None
    kept_from: Annotated[Instant, _INNER]  # the latest end of a hold


class PurgeProgress(
    Record,
    table=Table.CHALLENGES,
    kind="purge_progress",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.JOB, since="touched_at"),
):
    """The progress of the purge in one index of one table, and the lease of the run that works on it.

    Attributes:
        lane: the physical name of the table, and the index. A restored table has another name, so the purge
            begins anew with it.
        clean_before: all parts of the index before this instant were seen empty.
        fence: grows with every lease, so a run with an older lease can no longer change this record.
    """

    lane: Annotated[str, NOT_PERSONAL]
    touched_at: Annotated[Instant, NOT_PERSONAL]
    clean_before: Annotated[Instant, NOT_PERSONAL]
    fence: Annotated[int, NOT_PERSONAL] = 0
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None


class PurgeBudget(
    Record,
    table=Table.CHALLENGES,
    kind="purge_budget",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.JOB, since="touched_at"),
):
    """The number of items that the purge deleted, or may be deleting, on one day (UTC)."""

    touched_at: Annotated[Instant, NOT_PERSONAL]
    deletes: Annotated[int, NOT_PERSONAL] = 0


class IdleState(
    Record,
    table=Table.RIGHTS,
    kind="idle_state",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CHECK, since="touched_at"),
):
    """The state of `close_idle_accounts`: its lease, the configuration that was tried, and what blocks it."""

    touched_at: Annotated[Instant, NOT_PERSONAL]
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None
    fence: Annotated[int, NOT_PERSONAL] = 0
    tables: Annotated[str, NOT_PERSONAL] = ""  # the physical name of the table of accounts
    # Warnings from before do not stand: the table was restored, and may lack later uses.
    warnings_from: Annotated[Instant | None, NOT_PERSONAL] = None
    tried: Annotated[str, NOT_PERSONAL] = ""  # a hash of the configuration that was tried
    blocked: Annotated[BlockedReason | None, NOT_PERSONAL] = None


class HoldsClosed(ConflictingRequest):
    """An erasure of the subject has passed its point of no return, so no hold can be placed or confirmed."""

    code = "too_late"
    title = "The deletion of this account has begun"


class HoldEnded(ConflictingRequest):
    """The hold has ended, was lifted, or was not confirmed within 72 hours."""

    title = "This hold has ended"


class NotDisclosed(ConflictingRequest):
    """The disclosure that the hold serves is not recorded and approved."""

    code = "not_approved"
    title = "The disclosure is not recorded and approved"
