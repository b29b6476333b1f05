"""What an account is."""

from enum import StrEnum
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId, Pseudonym, UserId
from chalicelib.core.table import Table
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_CARRIERS = (Recipient.SMS_CARRIERS,)


class AccountState(StrEnum):
    """Whether an account may be used; outside ACTIVE only the rights stay reachable (RGT-11)."""

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
    """The holder of one mobile number (ACC-1)."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    user_id: Annotated[UserId, NOT_PERSONAL]
    state: Annotated[AccountState, NOT_PERSONAL] = AccountState.ACTIVE
    phone: Annotated[str, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_CARRIERS)]
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    # Sealed, so that nobody can tell whose history in the Ledger is whose once the key is gone.
    pseudonym: Annotated[Pseudonym, personal(Category.PSEUDONYM, Source.GENERATED)]
    created_at: Annotated[Instant, NOT_PERSONAL]
    # Chat tokens issued before are dead at Stream; moves forwards only (STR-3).
    revoked_before: Annotated[Instant | None, NOT_PERSONAL] = None
    # Which shard of the index of live accounts it stands in; who walks over all accounts walks over these.
    live: Annotated[str | None, NOT_PERSONAL] = None


class Claim(
    Record,
    table=Table.CLAIMS,
    kind="claim",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.NOTHING_SEALED,
):
    """Who owns a number, an email address or a user id. The value stands in the key as a keyed hash only."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
