"""The countries to whose numbers codes are sent: ISO 3166-1 alpha-2, as phonenumbers names regions.

A calling code does not determine a country: +1 is shared by 25 countries, +44 includes islands whose numbers
are rented out. XK is Kosovo. Standard library only, like `settings`, which reads the list at the start.
"""

import re

# Means the default list: neither a stack's parameter nor a function's variable can be empty.
DEFAULTS = "defaults"

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_EEA = "IS LI NO"
_OTHERS = "CH GB"
_WESTERN_BALKANS = "AL BA ME MK RS XK"

# The member states of the EU and of the EEA, in which regulations of the EU with EEA relevance are law.
EEA = frozenset(f"{_EU} {_EEA}".split())
SERVED = frozenset(f"{_EU} {_EEA} {_OTHERS} {_WESTERN_BALKANS}".split())

_CODE = re.compile(r"[A-Z]{2}")


def read(text: str) -> frozenset[str]:
    """The countries of a comma-separated list, or the default ones.

    Raises:
        ValueError: the list is malformed. The text does not quote it.
    """
    if text in {"", DEFAULTS}:
        return SERVED
    listed = [part.strip() for part in text.split(",")]
    if not all(_CODE.fullmatch(code) for code in listed):
        raise ValueError("it has to be a list of countries such as RS,DE,AT")
    return frozenset(listed)
