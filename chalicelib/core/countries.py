"""The countries whose numbers are sent codes: ISO 3166-1 alpha-2, as phonenumbers names regions.

Calling codes are no countries: +1 is 25 of them, +44 has islands with numbers that are rented out, and XK
is Kosovo. Standard library only, like `settings`, which reads the list at the start.
"""

import re

# Said where the list is the default one: a stack's parameter and a function's variable can't be empty.
DEFAULTS = "defaults"

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_EEA = "IS LI NO"
_OTHERS = "CH GB"
_WESTERN_BALKANS = "AL BA ME MK RS XK"

SERVED = frozenset(f"{_EU} {_EEA} {_OTHERS} {_WESTERN_BALKANS}".split())

_CODE = re.compile(r"[A-Z]{2}")


def read(text: str) -> frozenset[str]:
    """The countries of a list with commas between them, or the default ones.

    Raises:
        ValueError: it is no such list. The text repeats no value.
    """
    if text in {"", DEFAULTS}:
        return SERVED
    listed = [part.strip() for part in text.split(",")]
    if not all(_CODE.fullmatch(code) for code in listed):
        raise ValueError("it is a list of countries, as RS,DE,AT")
    return frozenset(listed)
