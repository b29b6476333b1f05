"""What a person without a session asks for, as it is sent, and until the code proves a number or mailbox."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, create_model

from chalicelib.accounts.challenges.body import CodeBody
from chalicelib.accounts.challenges.numbers import Locale, PhoneText, Region, check_one_contact, mobile_number
from chalicelib.accounts.model import DeviceId
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.messages.model import LONGEST_ADDRESS, mailbox
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.rights.intake.body import WITHOUT_SESSION, NewRequest
from chalicelib.rights.request.model import GuestContact


class GuestDraft(
    Record,
    table=Table.CHALLENGES,
    kind="guest_draft",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.CHALLENGE, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A request that waits for its code. `request_id` is the id that the request will have.

    The table has no backups, and neither the draft nor its code is kept for longer than a challenge.
    """

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    asked: Annotated[str, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)]  # the body, as JSON
    device_id: Annotated[UUID | None, personal(Category.DEVICE_ID, Source.PROVIDED)] = None
    created_at: Annotated[Instant, NOT_PERSONAL]


class GivenContact(Body):
    """A mobile number or an email address, not both."""

    phone: PhoneText | None = None
    region: Region | None = None
    email: Annotated[str, Field(max_length=LONGEST_ADDRESS, examples=["mila@example.com"])] | None = None
    locale: Locale | None = None

    def contact(self) -> GuestContact:
        """The number in E.164, or the normalised address.

        Raises:
            InvalidPhone, InvalidEmail: nothing can be sent there.
            InvalidRequest: both are given, or neither.
        """
        check_one_contact(self.phone, self.email)
        if self.email is not None:
            return GuestContact(email=mailbox(self.email), locale=self.locale)
        return GuestContact(phone=mobile_number(self.phone or "", self.region), locale=self.locale)


class GuestRequest(NewRequest, GivenContact):
    """A rights request of a person who has no session: what they want, and where they get the code.

    `device_id` is the id of this installation of the app. If it had a session of the account, that is a
    second proof that the request comes from the account's owner.
    """

    device_id: DeviceId | None = None


GuestRequest.forms = tuple(
    create_model(
        f"Guest{form.__name__}", __base__=(form, GuestRequest), __doc__=form.__doc__, __module__=__name__
    )
    for form in WITHOUT_SESSION
)


class Proving(CodeBody):
    """The code of a further proof. `release_key`: from our staff, for an account that gets another number."""

    release_key: Annotated[str, Field(max_length=256)] | None = None
