"""The records of an erasure that outlive the account: the inputs of its steps, and its certificate."""

from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import Pseudonym, RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.model import EVIDENCE_LAW


class ErasureInputs(
    Record,
    table=Table.CHALLENGES,
    kind="erasure_inputs",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.ERASURE_INPUTS, since="extended_at"),
    key_class=KeyClass.TRANSIENT,
):
    """The inputs of an erasure, which its steps need without the account. The table has no backups."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    phone: Annotated[str, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=(Recipient.SMS_CARRIERS,))]
    email: Annotated[
        str | None, personal(Category.EMAIL, Source.PROVIDED, to=(Recipient.MAIL_PROVIDERS,))
    ] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    pseudonym: Annotated[Pseudonym, personal(Category.PSEUDONYM, Source.GENERATED)]
    extended_at: Annotated[Instant, NOT_PERSONAL]


class IssuedCertificate(
    Record,
    table=Table.RIGHTS,
    kind="certificate",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.RIGHTS_EVIDENCE, law=EVIDENCE_LAW, since="issued_at"),
    key_class=KeyClass.RETAINED,
):
    """The signed certificate of an erasure, for its subject and the holder of the receipt.

    It is issued in the transaction that closes the request, so both are kept for the same time.
    """

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    issued_at: Annotated[Instant, NOT_PERSONAL]
    # Sealed: the table shows no link between the request's account id and the pseudonym of its evidence.
    document: Annotated[str, personal(Category.PSEUDONYM, Source.GENERATED)]
