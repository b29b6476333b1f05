"""The register of staff: maps the pseudonyms in evidence to people."""

from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import StaffId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, DataSubject, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient


class StaffMember(
    Record,
    table=Table.RIGHTS,
    kind="staff_member",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.STAFF_REGISTER, law="Art. 5(2) and 32(4) GDPR", since="acted_at"),
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
