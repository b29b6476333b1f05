"""Request and response bodies of signup."""

import re
from typing import Annotated, Any
from uuid import UUID

import phonenumbers
from pydantic import AfterValidator, Field

from chalicelib.challenges.model import Code, InvalidPhone
from chalicelib.core.http import Body, View
from chalicelib.core.ids import UserId
from chalicelib.devices.model import Device
from chalicelib.notices.model import NoticeVersion
from chalicelib.profiles.model import DisplayName
from chalicelib.sessions.model import SessionView

Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
# BCP 47, or with underscores as phones write it (sr_RS).
Locale = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35),
    AfterValidator(lambda tag: tag.replace("_", "-")),
]
_NUMBER = re.compile(r"[+\d\s().\-/]+")


class NewSignup(Body):
    """A mobile number in E.164, or a national number with its region; and the device."""

    phone: Annotated[
        str,
        Field(
            max_length=32,
            description="A mobile number in E.164, or in the national format of `region`",
            examples=["+381601234567"],
            json_schema_extra={"pattern": r"^[+0-9 ().\-/]+$"},
        ),
    ]
    region: Region | None = None
    device: Device
    locale: Locale | None = None

    def number(self) -> str:
        """Return the number in E.164.

        Raises:
            InvalidPhone: not a valid number, or of a kind that does not receive SMS.
        """
        if not _NUMBER.fullmatch(self.phone):
            raise InvalidPhone  # the parser would accept a number inside a sentence
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
        # In North America the two kinds cannot be distinguished.
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    # Country codes without a country belong to satellites and global services, which are expensive.
    region = phonenumbers.region_code_for_country_code(number.country_code)
    somewhere: bool = region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
    return somewhere and phonenumbers.number_type(number) in mobile


def _shown(kind: str) -> Any:  # noqa: ANN401 - as pydantic types it
    source = f"The version shown to the user: `version` of kind `{kind}` in GET /v1/notices/current"
    return Field(description=source, examples=[f"{kind}-2024-05-08"])


class Verification(Body):
    """The code, the notice versions shown to the user, and optionally a display name.

    If given, `device_id` must be the device that requested the code; any other counts as a wrong code.
    """

    code: Code
    terms_version: Annotated[NoticeVersion, _shown("terms")]
    privacy_version: Annotated[NoticeVersion, _shown("privacy")]
    display_name: DisplayName | None = None
    device_id: UUID | None = None


class Verified(View):
    """The account and its new session."""

    new_account: bool
    user_id: UserId
    session: SessionView
