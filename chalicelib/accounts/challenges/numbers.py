"""Phone numbers: as clients send them, and in E.164. The library is loaded when a code is sent."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from chalicelib.accounts.challenges.model import InvalidPhone
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.countries import country_of
from chalicelib.core.errors import InvalidRequest, fault
from chalicelib.core.settings import settings

Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
# BCP 47, or with underscores as phones write it (sr_RS).
Locale = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35),
    AfterValidator(lambda tag: tag.replace("_", "-")),
]
PhoneText = Annotated[
    str,
    Field(
        max_length=32,
        description="A mobile number in E.164, or in the national format of `region`",
        examples=["+381601234567"],
        json_schema_extra={"pattern": r"^[+0-9 ().\-/]+$"},
    ),
]
_DIALLED = re.compile(r"[+\d\s().\-/]+")


def check_one_contact(phone: str | None, email: str | None) -> None:
    """Refuse a body without exactly one of number and mailbox.

    Raises:
        InvalidRequest: both are given, or neither.
    """
    if (phone is None) == (email is None):
        message = "Either a number or an email address"
        raise InvalidRequest(errors=[fault("/phone", ErrorCode.ONE_CONTACT, message)])


def mobile_number(text: str, region: str | None) -> str:
    """A number in E.164.

    Raises:
        InvalidPhone: not a valid number, or of a kind that does not receive SMS.
    """
    if not _DIALLED.fullmatch(text):
        raise InvalidPhone  # the parser would accept a number inside a sentence
    import phonenumbers  # not at the top: most starts of these functions send no code

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise InvalidPhone from None
    if not phonenumbers.is_valid_number(number) or not _takes_sms(number):
        raise InvalidPhone
    formatted: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted


def _takes_sms(number: Any) -> bool:  # noqa: ANN401 - phonenumbers ships no types for it
    import phonenumbers

    mobile = {
        phonenumbers.PhoneNumberType.MOBILE,
        # In North America the two kinds cannot be distinguished.
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    # Country codes without a country belong to satellites and global services, which are expensive.
    region = phonenumbers.region_code_for_country_code(number.country_code)
    somewhere: bool = region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
    return somewhere and phonenumbers.number_type(number) in mobile


def prefix_of(phone: str, digits: int) -> str:
    """The block that a number belongs to: its country code and some national digits.

    Carriers, and companies that rent out numbers, own blocks. At least the last four digits are not part of
    the prefix, so a prefix never has fewer than ten thousand numbers.
    """
    import phonenumbers  # not at the top: most starts of these functions send no code

    number = phonenumbers.parse(phone)
    national: str = phonenumbers.national_significant_number(number)
    return f"+{number.country_code} {national[: max(0, min(digits, len(national) - 4))]}"


def is_served(phone: str) -> bool:
    """Return whether a client without a session may have codes sent to numbers of this country."""
    return country_of(phone) in settings().sms_countries


def is_route_off(phone: str) -> bool:
    """Return whether no sign-in code is texted to numbers of this country (ADR 78)."""
    return country_of(phone) in settings().sms_routes_off
