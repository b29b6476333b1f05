"""The register of staff, the accounts that they looked at, and the problems of their proposals."""

from datetime import datetime
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.errors import ConflictingRequest, Forbidden
from chalicelib.core.ids import StaffId, StaffLookId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period, Statutory
from chalicelib.privacy.personal import (
    NEVER_DISCLOSED,
    NOT_PERSONAL,
    DataSubject,
    KeyClass,
    NotPersonal,
    Record,
    personal,
)
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient


class StaffMember(
    Record,
    table=Table.RIGHTS,
    kind="staff_member",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(
        Period.STAFF_REGISTER, law="Art. 5(2) and 32(4) GDPR, Art. 5 and 50 ZZPL", since="acted_at"
    ),
    key_class=KeyClass.RETAINED,
    subject=DataSubject.STAFF,
):
    """Maps a pseudonym in evidence to a member of staff; only operators can resolve it.

    `acted_at` is within a day of the last call. The entry is kept longer than all evidence with the
    pseudonym.
    """

    staff_id: Annotated[StaffId, NOT_PERSONAL]
    arn: Annotated[str, personal(Category.NAME, Source.OBSERVED, to=(Recipient.BELGRADE_OFFICE,))]
    acted_at: Annotated[Instant, NOT_PERSONAL]


_INNER = NotPersonal(withheld="it names a member of staff, or an entry of the history of one")


class StaffLook(
    Record,
    table=Table.ACCOUNTS,
    kind="staff_look",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.AUDIT, since="looked_at"),
    undisclosed="which staff looked at your account: it could disclose an investigation that is secret",
):
    """Maps a look in the history of a member of staff to the account (ADR 52).

    The Ledger has the look under its random id, so that an erasure of the account ends the link.
    """

    look_id: Annotated[StaffLookId, _INNER]
    by: Annotated[StaffId, _INNER]
    looked_at: Annotated[Instant, _INNER]

    @property
    def undisclosed_until(self) -> datetime | None:
        """No copy contains it."""
        return NEVER_DISCLOSED


class ProposedAlready(ConflictingRequest):
    """The request already has a proposal; only one is allowed at a time."""

    title = "A decision is already proposed; it must be approved or withdrawn first"


class NothingProposed(ConflictingRequest):
    """There is no proposal to approve."""

    title = "No decision is proposed"


class OwnProposal(Forbidden):
    """An operator tried to approve their own proposal: a decision needs two people."""

    title = "Another operator must approve this"
