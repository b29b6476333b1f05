"""Prefix and country of a phone number (E.164). The library is loaded when a code is sent."""

from chalicelib.core.settings import settings


def prefix_of(phone: str, digits: int) -> str:
    """The block that a number belongs to: its country code and some national digits.

    Carriers, and companies that rent out numbers, own blocks. At least the last four digits are not part of
    the prefix, so a prefix never has fewer than ten thousand numbers.
    """
    import phonenumbers  # not at the top: most starts of these functions send no code

    number = phonenumbers.parse(phone)
    national: str = phonenumbers.national_significant_number(number)
    return f"+{number.country_code} {national[: max(0, min(digits, len(national) - 4))]}"


def country_of(phone: str) -> str:
    """The country of a number (ISO 3166-1 alpha-2), which its calling code alone does not give."""
    import phonenumbers

    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or "ZZ"


def is_served(phone: str) -> bool:
    """Return whether a client without a session may have codes sent to numbers of this country."""
    return country_of(phone) in settings().sms_countries
