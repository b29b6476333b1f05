"""What a signup is asked for, what is kept until it is verified, and what may stand in its way."""

import re
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import phonenumbers
from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.core.clock import Instant
from chalicelib.core.errors import Gone, InvalidRequest, Schemas, TooMany, Unavailable, Unprocessable
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, ChallengeId, SessionId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.table import Table
from chalicelib.notices.model import NoticeVersion
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.profiles.model import DisplayName
from chalicelib.sessions.model import Device, SessionView

Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
# BCP 47, or as phones spell it, with underscores (sr_RS).
Locale = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35),
    AfterValidator(lambda tag: tag.replace("_", "-")),
]
_CARRIERS = (Recipient.SMS_CARRIERS,)
_NUMBER = re.compile(r"[+\d\s().\-/]+")
Code = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(description="As it was sent", examples=["012345"])
]


class InvalidPhone(InvalidRequest):
    """No mobile number that could be reached."""

    code = "invalid_phone"
    title = "This is not a mobile number"

    def __init__(self) -> None:
        message = "Not a mobile number in E.164, or a national one of `region`"
        super().__init__(errors=[{"pointer": "/phone", "code": self.code, "message": message}])


class TooManyCodes(TooMany):
    """Too many codes were asked for."""

    code = "too_many_codes"
    title = "Too many codes were asked for"


class TooManyAttempts(TooMany):
    """Too many codes were tried from this address."""

    code = "too_many_attempts"
    title = "Too many codes were tried"


class SmsUnavailable(Unavailable):
    """The code could not be handed to the carrier; asking again uses up nothing of the number's limit."""

    code = "sms_unavailable"
    title = "The code could not be sent; try again"
    metric = Metric.CODE_NOT_SENT


class WrongCode(Unprocessable):
    """Not the code; `attempts_left` says how often it may be tried again."""

    code = "wrong_code"
    title = "This is not the code that was sent"
    metric = Metric.CODE_WRONG
    shows: ClassVar[Schemas] = {"attempts_left": {"type": "integer", "minimum": 0}}


class ChallengeExpired(Gone):
    """The code is used, too old, tried too often, or never was."""

    code = "challenge_expired"
    title = "This code can't be used any more; ask for a new one"


class NewSignup(Body):
    """A signup as the app asks for it: E.164, or a national number with its region."""

    phone: Annotated[
        str,
        Field(
            max_length=32,
            description="A mobile number in E.164, or as it is dialled in `region`",
            examples=["+381601234567"],
            json_schema_extra={"pattern": r"^[+0-9 ().\-/]+$"},
        ),
    ]
    region: Region | None = None
    device: Device
    locale: Locale | None = None

    def number(self) -> str:
        """The number in E.164.

        Raises:
            InvalidPhone: not a valid number, or of a kind that takes no SMS.
        """
        if not _NUMBER.fullmatch(self.phone):
            raise InvalidPhone  # the parser would find a number inside a sentence
        try:
            number = phonenumbers.parse(self.phone, self.region)
        except phonenumbers.NumberParseException:
            raise InvalidPhone from None
        if not phonenumbers.is_valid_number(number) or not _takes_sms(number):
            raise InvalidPhone
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _takes_sms(number: Any) -> bool:  # noqa: ANN401 - phonenumbers ships no types for it
    mobile = {
        phonenumbers.PhoneNumberType.MOBILE,
        # In North America nobody can tell the two apart.
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    # Codes without a country belong to satellites and global services, at their prices.
    region = phonenumbers.region_code_for_country_code(number.country_code)
    somewhere: bool = region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
    return somewhere and phonenumbers.number_type(number) in mobile


def _shown(kind: str) -> Any:  # noqa: ANN401 - as pydantic types it
    told = f"The version that was shown to the user: `version` of kind `{kind}` in GET /v1/notices/current"
    return Field(description=told, examples=[f"{kind}-2024-05-08"])


class Verification(Body):
    """The code, what was shown to the user, and the name they chose, if any.

    `device_id`, if given, has to be the device that asked for the code; another one counts as a wrong code.
    """

    code: Code
    terms_version: Annotated[NoticeVersion, _shown("terms")]
    privacy_version: Annotated[NoticeVersion, _shown("privacy")]
    display_name: DisplayName | None = None
    device_id: UUID | None = None


class ChallengeView(View):
    """What the app learns of a challenge; the same for a number that is known and one that is not."""

    challenge_id: ChallengeId
    channel: Literal["sms"] = "sms"
    digits: Literal[6] = 6
    expires_at: Instant
    resend_after: Instant


class Verified(View):
    """The end of a signup."""

    new_account: bool
    user_id: UserId
    session: SessionView


class Challenge(
    Record,
    table=Table.CHALLENGES,
    kind="challenge",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.UNVERIFIED_SIGNUP, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A code that is waited for (ACC-2). The code itself is derived, never stored.

    The personal fields go when the code is used: what remains for a day only answers repetitions.
    `key_version` is the version of the codes key under which the code and the device's digest were
    made; `code_until` is the end of whatever the code is good for, being repeated included.
    """

    challenge_id: Annotated[ChallengeId, NOT_PERSONAL]
    phone: Annotated[str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=_CARRIERS)] = None
    device: Annotated[Device | None, personal(Category.DEVICE_ID, Source.PROVIDED)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    fingerprint: Annotated[str | None, NOT_PERSONAL] = None
    key_version: Annotated[str, NOT_PERSONAL]
    # Keyed and over the challenge's id too: tells a repetition from another device, and nothing else.
    device_digest: Annotated[str, NOT_PERSONAL]
    created_at: Annotated[Instant, NOT_PERSONAL]
    code_until: Annotated[Instant, NOT_PERSONAL]
    resend_after: Annotated[Instant, NOT_PERSONAL]
    sent_at: Annotated[Instant | None, NOT_PERSONAL] = None
    resends: Annotated[int, NOT_PERSONAL] = 0
    attempts: Annotated[int, NOT_PERSONAL] = 0
    used_at: Annotated[Instant | None, NOT_PERSONAL] = None
    account_id: Annotated[AccountId | None, NOT_PERSONAL] = None
    session_id: Annotated[SessionId | None, NOT_PERSONAL] = None
    new_account: Annotated[bool | None, NOT_PERSONAL] = None

    @property
    def was_sent(self) -> bool:
        """Whether the carrier took the code; who used it had it, even if we crashed before noting that."""
        return self.sent_at is not None or self.used_at is not None

    def view(self) -> ChallengeView:
        """For the app. After the code's end there is nothing to send again."""
        return ChallengeView(
            challenge_id=self.challenge_id,
            expires_at=self.code_until,
            resend_after=min(self.resend_after, self.code_until),
        )
