"""The message of a person to our support, its draft, its bodies and its problem (USE-10, ADR 100).

Texts and the mailbox are sealed. In clear are ids, states, times and pseudonyms of staff.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounts.challenges.numbers import Locale
from chalicelib.core.clock import Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, StaffId, SupportMessageId
from chalicelib.core.table_names import Table
from chalicelib.messages.model import LONGEST_ADDRESS
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_STAFF = (Recipient.BELGRADE_OFFICE,)
_MAILED = (Recipient.MAIL_PROVIDERS, Recipient.BELGRADE_OFFICE)
_INNER = NotPersonal(withheld="internal state of our work on the message; its result is in the other fields")
_COLLEAGUE = NotPersonal(withheld="it names a member of staff")

SupportText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
SupportStatus = Literal["open", "answered", "closed"]


class AnswerMail(StrEnum):
    """The mail with an answer. `in_doubt`: SES did not confirm it; `lost`: SES took it, and it came back."""

    UNSENT = "unsent"
    SENT = "sent"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    LOST = "lost"


class SupportDraft(
    Record,
    table=Table.CHALLENGES,
    kind="support_draft",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CHALLENGE, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A message that waits for the code of its mailbox, with the id that it will have."""

    support_message_id: Annotated[SupportMessageId, NOT_PERSONAL]
    text: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)]
    created_at: Annotated[Instant, NOT_PERSONAL]


class SupportMessage(
    Record,
    table=Table.ACCOUNTS,
    kind="support_message",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.SUPPORT_MESSAGE, since="received_at"),
    key_class=KeyClass.SHARED,
):
    """A message to our support and our answer. `account_id`: the account that had the mailbox then."""

    support_message_id: Annotated[SupportMessageId, NOT_PERSONAL]
    account_id: Annotated[AccountId | None, NOT_PERSONAL] = None
    # The fence: every write increments it, and requires the version that the writer read.
    version: Annotated[int, _INNER] = 1
    received_at: Annotated[Instant, NOT_PERSONAL]  # when the code came back
    email: Annotated[str, personal(Category.EMAIL, Source.PROVIDED, to=_MAILED)]
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED, to=_STAFF)] = None
    text: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.PROVIDED, to=_STAFF)]
    answer: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.GENERATED, to=_MAILED)] = None
    answered_by: Annotated[StaffId | None, _COLLEAGUE] = None
    answered_at: Annotated[Instant | None, NOT_PERSONAL] = None
    closed_at: Annotated[Instant | None, NOT_PERSONAL] = None
    mail: Annotated[AnswerMail | None, NOT_PERSONAL] = None
    tries: Annotated[int, _INNER] = (
        0  # of the mail; counted before each, uncounted if it was certainly not sent
    )

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.closed_at is None

    @property
    def status(self) -> SupportStatus:
        """Its state."""
        return "closed" if self.closed_at else "answered" if self.answered_at else "open"


class NewSupportMessage(Body):
    """A message to our support, and the mailbox that gets the code and the answer."""

    email: Annotated[str, Field(max_length=LONGEST_ADDRESS, examples=["mila@example.com"])]
    text: SupportText = Field(examples=["The app does not show my contacts."])
    locale: Locale | None = None


class ReceivedSupportMessage(View):
    """A message that we received. We delete it at `deleted_at`."""

    support_message_id: SupportMessageId
    received_at: Instant
    deleted_at: Instant


class SupportAnswer(Body):
    """The answer to a message, as it is mailed."""

    text: SupportText


class SupportMessageSettled(ConflictingRequest):
    """A message was answered or closed, so it gets no other answer."""

    title = "The message is answered or closed already"
