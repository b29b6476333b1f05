"""What a signup is asked for and what it answers."""

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
# BCP 47, or as phones spell it, with underscores (sr_RS).
Locale = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35),
    AfterValidator(lambda tag: tag.replace("_", "-")),
]
_NUMBER = re.compile(r"[+\d\s().\-/]+")


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


class Verified(View):
    """The end of a signup."""

    new_account: bool
    user_id: UserId
    session: SessionView
