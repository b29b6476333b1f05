"""The profile: what its owner sees and edits, and what others see.

The owner's view and the public view are different types: others see a field only if `PublicProfile` has
it (ACC-6).
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from chalicelib.accounts.avatars.model import Avatar, AvatarView, address_of
from chalicelib.accounts.challenges.numbers import Locale, PhoneText, Region, mobile_number
from chalicelib.accounts.model import Account
from chalicelib.accounts.secrets.model import ChosenSecret
from chalicelib.core import clock
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, RightsRequestId, SessionId, UserId
from chalicelib.core.table_names import Table
from chalicelib.messages.model import LONGEST_ADDRESS, mailbox
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_SELF = Correction.SELF_SERVICE
_STREAM = (Recipient.STREAM,)
_MAIL = (Recipient.MAIL_PROVIDERS,)

# How long an account has a mailbox before that proves anything.
MAILBOX_SETTLES = 7 * DAY


# Letters, symbols and marks by category, but blank when displayed: fillers, the empty Braille cell.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Zero-width (non-)joiners inside a word: Persian, Indic scripts and many emoji need them.
_JOINED = re.compile(r"(?<=[^ \u200c\u200d])[\u200c\u200d](?=[^ \u200c\u200d])")


def _legible(text: str) -> str:
    """Refuse invisible characters, which can fake names, and text without visible content."""
    seen = _JOINED.sub("", text)
    if not (seen.isprintable() and _BLANK.isdisjoint(seen)):
        raise ValueError("not printable")
    if not any(unicodedata.category(c)[0] in "LNS" for c in seen):
        raise ValueError("nothing to read")
    return text


def _written_out(day: object) -> object:
    """Accept only a full date: pydantic would also accept a number in quotes, as an epoch."""
    if not isinstance(day, str):
        return day
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise ValueError("not a date as YYYY-MM-DD")
    return date.fromisoformat(day)


def _plausible_birth(day: date) -> date:
    if not date(1900, 1, 1) <= day <= clock.now().date():
        raise ValueError("not a date of birth")
    return day


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_legible),
]
DisplayName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50),
    AfterValidator(_legible),
]


def _polite(text: str) -> str:
    from chalicelib.core import insults  # not at the top: most functions take no name

    return insults.refuse(text)


# As users choose what others see; stored names are not checked again (ADR 120).
ChosenName = Annotated[DisplayName, AfterValidator(_polite)]
ChosenLine = Annotated[Line, AfterValidator(_polite)]
Birthday = Annotated[date, BeforeValidator(_written_out), AfterValidator(_plausible_birth)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]


_SPOKEN = Field(description="The language and region of the user (BCP 47), in which messages are written")
_FOUND = Field(description="Whether anyone who has the user's number sees their name and picture (ACC-7)")
_SEEN = Field(
    description="Whether all who share a conversation with the user see when they are online (STR-10)"
)


def _without_avatar_url(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first shape had an attribute that nothing ever set; an avatar has a record of its own (ADR 103)."""
    return {name: value for name, value in values.items() if name != "avatar_url"}


def _hiding_status(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Before the third shape, nothing followed from `online_visible`, so no user chose it (ADR 111)."""
    return {name: value for name, value in values.items() if name != "online_visible"}


def _not_found(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Before the fourth shape, nothing followed from `discoverable`, so no user chose it (ADR 118)."""
    return {name: value for name, value in values.items() if name != "discoverable"}


class Profile(
    Record,
    table=Table.ACCOUNTS,
    kind="profile",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
    upcasts=(_without_avatar_url, _hiding_status, _not_found),
):
    """What a user entered about themselves. Stream gets the display name and the status (STR-1, STR-10)."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    display_name: Annotated[DisplayName, personal(Category.NAME, Source.PROVIDED, _SELF, _STREAM)]
    name: Annotated[Line | None, personal(Category.NAME, Source.PROVIDED, _SELF)] = None
    date_of_birth: Annotated[Birthday | None, personal(Category.DATE_OF_BIRTH, Source.PROVIDED, _SELF)] = None
    job_title: Annotated[Line | None, personal(Category.JOB_TITLE, Source.PROVIDED, _SELF)] = None
    employer: Annotated[Line | None, personal(Category.WORKPLACE, Source.PROVIDED, _SELF)] = None
    country: Annotated[Country | None, personal(Category.COUNTRY, Source.PROVIDED, _SELF)] = None
    # Normalised by `mailbox`. Set only after the user verified it, together with its claim.
    email: Annotated[str | None, personal(Category.EMAIL, Source.PROVIDED, _SELF, _MAIL)] = None
    # As it was typed. Set together with its claim and the password; not public (ADR 106).
    username: Annotated[str | None, personal(Category.USERNAME, Source.PROVIDED, _SELF)] = None
    # When, and in a session of which origin. None without an address, and for one older than these fields.
    email_verified_at: Annotated[Instant | None, NOT_PERSONAL] = None
    email_session: Annotated[SessionId | None, NOT_PERSONAL] = None
    # Off by default (Art. 25(2) GDPR): users decide whether they can be found by number (ACC-7), and seen.
    discoverable: Annotated[bool, personal(Category.ACCOUNT_SETTINGS, Source.PROVIDED, _SELF), _FOUND] = False
    online_visible: Annotated[
        bool, personal(Category.ACCOUNT_SETTINGS, Source.PROVIDED, _SELF, _STREAM), _SEEN
    ] = False
    version: Annotated[int, NOT_PERSONAL] = 1

    @property
    def proving_email(self) -> str | None:
        """The mailbox, if it proves that its reader is the account's owner (ADR 49, ADR 68).

        A thief with the unlocked phone can add one: its owner, who was notified, has time to object.
        """
        since = self.email_verified_at
        return self.email if since is None or since <= clock.now() - MAILBOX_SETTLES else None

    @property
    def etag(self) -> str:
        """The ETag of this version."""
        return f'"{self.version}"'


class SubjectStatement(BaseModel, frozen=True, extra="forbid"):
    """What a subject stated about their data, as it completes or corrects our records (Art. 16 GDPR).

    `about` and `value`: the field that it corrects and the correct value, if it corrects one.
    """

    request_id: RightsRequestId
    made_at: Instant
    text: str
    about: str | None = None
    value: str | None = None


class Statements(
    Record,
    table=Table.ACCOUNTS,
    kind="statements",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
):
    """All statements of one subject, at most `MAX_STATEMENTS`; they stand beside the records (ADR 50)."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    statements: Annotated[
        tuple[SubjectStatement, ...], personal(Category.CONTENT_PRIVATE, Source.PROVIDED)
    ] = ()
    version: Annotated[int, NOT_PERSONAL] = 1


# An item holds them all: each is at most 4,000 characters long, so they stay far below 400 KB.
MAX_STATEMENTS = 20


class ProfileValues(Body):
    """The values that a user edits, or has corrected; null removes one.

    `locale` is stored with the account, all others with the profile.
    """

    display_name: ChosenName | None = None
    name: Line | None = None
    date_of_birth: Birthday | None = None
    job_title: Line | None = None
    employer: Line | None = None
    country: Country | None = None
    locale: Annotated[Locale | None, _SPOKEN] = None
    discoverable: Annotated[bool | None, _FOUND] = None
    online_visible: Annotated[bool | None, _SEEN] = None


class ProfileChanges(ProfileValues):
    """A JSON merge patch (RFC 7396): it sets its fields; null removes a field."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    media_type: ClassVar[str] = "application/merge-patch+json"

    email: Annotated[
        None, Field(description="null removes the address. To set one, use POST /v1/profile/email")
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing to change")
        return self

    @property
    def names_email(self) -> bool:
        """Whether the patch removes the address."""
        return "email" in self.model_fields_set

    def changes(self) -> dict[str, Any]:
        """The members of the patch that the profile has; null for those to remove."""
        return self.model_dump(include=self.model_fields_set - {"locale"})


class NewEmail(Body):
    """The email address to verify."""

    email: Annotated[str, Field(max_length=LONGEST_ADDRESS, examples=["mila@example.com"])]

    def mailbox(self) -> str:
        """Return the normalised address.

        Raises:
            InvalidEmail: it is not an address to which mail can be sent.
        """
        return mailbox(self.email)


class EmailTaken(ConflictingRequest):
    """The address belongs to another account.

    Only a caller that read the code in its mailbox learns this.
    """

    title = "Another account has this email address"


class NewNumber(Body):
    """The new mobile number, in E.164 or as a national number with its region."""

    phone: PhoneText
    region: Region | None = None

    def number(self) -> str:
        """Return the number in E.164.

        Raises:
            InvalidPhone: not a valid number, or of a kind that does not receive SMS.
        """
        return mobile_number(self.phone, self.region)


class NumberTaken(ConflictingRequest):
    """The number belongs to another account.

    Only a caller that read the code on this number learns this. Nothing changes for either account.
    """

    title = "Another account has this number"


class OwnProfile(View):
    """A profile as its owner sees it."""

    user_id: UserId
    phone: str | None = None
    display_name: str
    name: str | None = None
    date_of_birth: date | None = None
    email: str | None = None
    email_verified: bool = False
    job_title: str | None = None
    employer: str | None = None
    country: str | None = None
    username: str | None = None
    avatar_url: str | None = None
    avatar: AvatarView | None = None
    locale: Annotated[str | None, _SPOKEN] = None
    discoverable: Annotated[bool, _FOUND]
    online_visible: Annotated[bool, _SEEN]
    pin_set: Annotated[bool, Field(description="Whether a new device has to show a PIN")] = False
    created_at: Instant

    @classmethod
    def of(cls, account: Account, profile: Profile, pin: ChosenSecret | None, avatar: Avatar | None) -> Self:
        """Build the owner's view."""
        return cls.showing(
            profile,
            user_id=account.user_id,
            phone=account.phone,
            locale=account.locale,
            created_at=account.created_at,
            email_verified=profile.email is not None,
            pin_set=pin is not None,
            avatar_url=address_of(account.user_id, avatar),
            avatar=AvatarView.of(avatar),
        )


class PublicProfile(View):
    """A profile as other users see it."""

    user_id: UserId
    display_name: str
    avatar_url: str | None = None

    @classmethod
    def of(cls, account: Account, profile: Profile, avatar: Avatar | None) -> Self:
        """Build the view for others."""
        return cls(
            user_id=account.user_id,
            display_name=profile.display_name,
            avatar_url=address_of(account.user_id, avatar),
        )
