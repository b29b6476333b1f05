"""The account and its claims."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId, Pseudonym, RightsRequestId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_CARRIERS = (Recipient.SMS_CARRIERS,)


class AccountState(StrEnum):
    """The state of an account. If it is not ACTIVE, only privacy rights can be used (RGT-11).

    ERASING: its erasure is past the point of no return. The needs ACCOUNT and OPEN_ACCOUNT do not find it any
    more, so every route and job treats it like a deleted one.
    """

    ACTIVE = "active"
    FROZEN = "frozen"
    RESTRICTED = "restricted"
    ERASING = "erasing"


class Frozen(BaseModel):
    """The erasure for which an account is frozen.

    Attributes:
        request_id: the erasure.
        ends_at: when its grace period ends.
        idle: whether the account was unused for so long before the freeze that its number may have a new
            owner. Then a code to the number opens it only on a device that was known before `asked_at`.
        asked_at: when the erasure was requested.
        before: the state that a cancellation restores.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: RightsRequestId
    ends_at: Instant
    asked_at: Instant
    idle: bool
    before: AccountState


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
    frozen: Annotated[Frozen | None, NOT_PERSONAL] = None


class Claim(
    Record,
    table=Table.CLAIMS,
    kind="claim",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure(
        "until the account is deleted; then it names no account. The hash of a number or address stays for "
        "some days, and that of a user id without end, so that the id is never used again"
    ),
    key_class=KeyClass.NOTHING_SEALED,
):
    """Maps a number, email address or user id to its account.

    The key is a keyed hash of the value. An erasure moves the claim to quarantine: the same item, without its
    account, and with the instant of its release.
    """

    account_id: Annotated[AccountId | None, NOT_PERSONAL] = None
    released_at: Annotated[
        Instant | None, NotPersonal(withheld="only claims of deleted accounts have it")
    ] = None


class ClaimKind(StrEnum):
    """The kinds of values that only one account can own."""

    PHONE = "phone"
    EMAIL = "email"
    USER = "user"

    @property
    def is_reusable(self) -> bool:
        """Whether another account may claim a value that an erasure released."""
        return self is not ClaimKind.USER


@dataclass(frozen=True, repr=False)
class ClaimedValues:
    """An account and all values that it claims; `email` is the mailbox of its profile, if there is one."""

    account_id: AccountId
    phone: str
    user_id: UserId
    email: str | None

    @classmethod
    def of(cls, account: Account, email: str | None) -> Self:
        """Those of an opened account."""
        return cls(account.account_id, account.phone, account.user_id, email)

    def by_kind(self) -> dict[ClaimKind, str]:
        """The values by the kind of their claim."""
        own = {ClaimKind.PHONE: self.phone, ClaimKind.USER: self.user_id}
        return own | {ClaimKind.EMAIL: self.email} if self.email else own
