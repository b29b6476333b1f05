"""The account and its claims."""

from enum import StrEnum
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId, Pseudonym, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_CARRIERS = (Recipient.SMS_CARRIERS,)


class AccountState(StrEnum):
    """The state of an account. If it is not ACTIVE, only privacy rights can be used (RGT-11)."""

    ACTIVE = "active"
    FROZEN = "frozen"
    RESTRICTED = "restricted"


class Account(
    Record,
    table=Table.ACCOUNTS,
    kind="account",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
):
    """An account. It belongs to exactly one mobile number (ACC-1)."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    state: Annotated[AccountState, NOT_PERSONAL] = AccountState.ACTIVE
    phone: Annotated[str, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_CARRIERS)]
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    # Sealed: once the subject's key is erased, no history in the Ledger can be linked to its subject.
    pseudonym: Annotated[Pseudonym, personal(Category.PSEUDONYM, Source.GENERATED)]
    created_at: Annotated[Instant, NOT_PERSONAL]
    # Stream rejects chat tokens issued before this time. It only moves forwards (STR-3).
    revoked_before: Annotated[Instant | None, NOT_PERSONAL] = None


class Claim(
    Record,
    table=Table.CLAIMS,
    kind="claim",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.NOTHING_SEALED,
):
    """Maps a number, email address or user id to its account.

    The key is a keyed hash of the value.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
