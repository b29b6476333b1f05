"""Contacts, their codes and invitations: records, views and problems.

A row that names another user has a reverse row under that user's account. Its ids are in clear and random.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.core.clock import Instant
from chalicelib.core.errors import Gone, NotFound, Unprocessable
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, ContactCodeId, InvitationId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period, UntilErasure
from chalicelib.privacy.personal import (
    NEVER_DISCLOSED,
    NOT_PERSONAL,
    KeyClass,
    NotPersonal,
    Record,
    personal,
)
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source

_INTERNAL = NotPersonal(withheld="an internal id of another user's account")
_DERIVES = "your code is derived from it and from a key of ours; anyone with the code can become your contact"
# Crockford's base32, as in ids: 26 characters are 130 random bits.
_CODE_LENGTH = 26


class Contact(
    Record,
    table=Table.ACCOUNTS,
    kind="contact",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure("until one of the two ends the contact, blocks the other or deletes the account"),
    key_class=KeyClass.SUBJECT,
):
    """Another user whom the account's owner may write to. The key has that user's id too."""

    user_id: Annotated[UserId, personal(Category.CONTACTS, Source.PROVIDED, Correction.SELF_SERVICE)]
    account_id: Annotated[AccountId, _INTERNAL]
    since: Annotated[Instant, NOT_PERSONAL]


class ContactCount(
    Record,
    table=Table.ACCOUNTS,
    kind="contact_count",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
):
    """How many contacts the account has, changed together with them."""

    contacts: Annotated[int, NOT_PERSONAL]


class ContactCode(
    Record,
    table=Table.ACCOUNTS,
    kind="contact_code",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CONTACT_CODE, since="made_at"),
):
    """The current code of an account: the id from which it is derived."""

    code_id: Annotated[ContactCodeId, NotPersonal(withheld=_DERIVES)]
    key_version: Annotated[str, NotPersonal(withheld=_DERIVES)]  # of the vault's key for codes
    # The key of the code's `CodeOwner`, so that an erasure finds it without the vault's key.
    owner_key: Annotated[str, NotPersonal(withheld="a keyed hash of your code")]
    made_at: Annotated[Instant, NOT_PERSONAL]

    @property
    def expires_at(self) -> datetime:
        """When the code stops being valid."""
        return Period.CONTACT_CODE.ends(self.made_at)


class CodeOwner(
    Record,
    table=Table.CHALLENGES,
    kind="contact_code_owner",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CONTACT_CODE, since="made_at"),
):
    """Whose code it is; the key is a keyed hash of the code. Without an account it is not valid any more."""

    account_id: Annotated[AccountId | None, NOT_PERSONAL] = None
    made_at: Annotated[Instant, NOT_PERSONAL]


class ContactRequest(
    Record,
    table=Table.CHALLENGES,
    kind="contact_request",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CHALLENGE, since="sent_at"),
):
    """The keyed digest of a request with an Idempotency-Key, by which another body is recognised."""

    fingerprint: Annotated[str, NOT_PERSONAL]
    sent_at: Annotated[Instant, NOT_PERSONAL]


class InvitationState(StrEnum):
    """The recipient's decision. A decided invitation is kept until its end, but not listed."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Invitation(
    Record,
    table=Table.ACCOUNTS,
    kind="invitation",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.INVITATION, since="sent_at"),
    key_class=KeyClass.SUBJECT,
):
    """An invitation that the account received. It has no message."""

    invitation_id: Annotated[InvitationId, NOT_PERSONAL]
    user_id: Annotated[UserId, personal(Category.CONTACTS, Source.OBSERVED)]  # the sender
    account_id: Annotated[AccountId, _INTERNAL]
    state: Annotated[InvitationState, NOT_PERSONAL] = InvitationState.PENDING
    sent_at: Annotated[Instant, NOT_PERSONAL]


class SentInvitation(
    Record,
    table=Table.ACCOUNTS,
    kind="sent_invitation",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.INVITATION, since="sent_at"),
    undisclosed=(
        "invitations that you sent and that were delivered: it would disclose whether another user has an "
        "account and blocks you (Art. 15(4) GDPR, Art. 26 ZZPL)"
    ),
):
    """The reverse row of an invitation, under its sender."""

    account_id: Annotated[AccountId, _INTERNAL]
    sent_at: Annotated[Instant, NOT_PERSONAL]

    @property
    def undisclosed_until(self) -> datetime | None:
        """No copy contains it."""
        return NEVER_DISCLOSED


class ContactLink(View):
    """A contact code. Anyone who has it can become a contact of its owner until it expires."""

    code: str
    link: str
    expires_at: Instant


class GivenCode(Body):
    """A contact code that another user gave to the caller."""

    code: Annotated[str, Field(min_length=1, max_length=64, examples=["0a1b2c3d4e5f6g7h8j9kmnpqrs"])]

    def normalized(self) -> str | None:
        """The code in lower case, or None if no code looks like this."""
        text = self.code.strip().lower()
        return text if len(text) == _CODE_LENGTH and text.isascii() and text.isalnum() else None


class NewInvitation(Body):
    """The user to invite."""

    user_id: UserId


class ContactList(View):
    """A page of contacts whose profile can be seen."""

    items: tuple[PublicProfile, ...]
    next_cursor: str | None = None


class InvitationView(View):
    """An invitation, as its recipient sees it."""

    invitation_id: InvitationId
    sender: PublicProfile
    sent_at: Instant
    expires_at: Instant


class InvitationList(View):
    """A page of received invitations, newest first."""

    items: tuple[InvitationView, ...]
    next_cursor: str | None = None


class InvitationAnswer(View):
    """The response to every invitation. It discloses nothing about the invited user."""

    status: Literal["received"] = "received"


class WrongContactCode(NotFound):
    """No user can be met by this code: it is not current, or its owner may not be met.

    All reasons have this one response.
    """

    title = "This contact code is wrong or no longer valid"


class ContactLimitReached(Unprocessable):
    """The account has as many contacts as it may."""

    title = "This account has as many contacts as it may; remove one first"


class ContactCodeReplaced(Gone):
    """The code of this Idempotency-Key was replaced or withdrawn."""

    title = "The contact code of this request was replaced or withdrawn"
