"""What a number (E.164) says of where it belongs to. The library is loaded when a code is sent."""

from chalicelib.core.settings import settings


def prefix_of(phone: str, digits: int) -> str:
    """The block of numbers that a number belongs to: its country's code and some national digits.

    Operators, and whoever rents out numbers to be called, hold blocks. Short numbers leave four digits
    open, so that a prefix never stands for fewer than ten thousand of them.
    """
    import phonenumbers  # most functions that can send a code start without

    number = phonenumbers.parse(phone)
    national: str = phonenumbers.national_significant_number(number)
    return f"+{number.country_code} {national[: max(0, min(digits, len(national) - 4))]}"


def country_of(phone: str) -> str:
    """The country of a number (ISO 3166-1 alpha-2), which its calling code alone does not tell."""
    import phonenumbers

    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or "ZZ"


def is_served(phone: str) -> bool:
    """Whether strangers may have codes sent to numbers of this country."""
    return country_of(phone) in settings().sms_countries
