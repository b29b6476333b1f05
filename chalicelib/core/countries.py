"""The countries to whose numbers codes are sent (ISO 3166-1 alpha-2, as in phonenumbers), and their senders.

A calling code does not determine a country: +1 is shared by 25 countries, +44 includes islands whose numbers
are rented out. XK is Kosovo. Imports the standard library only, like `settings`, which reads both lists.
"""

import re
from collections.abc import Mapping

# Means an empty list: neither a stack's parameter nor a function's variable can be empty.
DEFAULTS = "defaults"

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_EEA = "IS LI NO"
_OTHERS = "CH GB"
_WESTERN_BALKANS = "AL BA ME MK RS XK"

# Parts of member states with codes of their own, where the law of the EU applies (Art. 355(1), (4) TFEU).
PARTS_OF_STATES = {**dict.fromkeys(("GP", "GF", "MF", "MQ", "RE", "YT"), "FR"), "AX": "FI"}
# Where regulations of the EU with EEA relevance are law.
EEA = frozenset((*f"{_EU} {_EEA}".split(), *PARTS_OF_STATES))
# All countries whose codes have prices and rules. What a stage serves is a setting (infra/deployment/target).
SERVED = frozenset(f"{_EU} {_EEA} {_OTHERS} {_WESTERN_BALKANS}".split())

_CODE = re.compile(r"[A-Z]{2}")
# A sender id of 3 to 11 characters with a letter, or a number of ours: a short code, or one in E.164.
SENDER_ID = re.compile(r"(?=[0-9]*[A-Za-z])[A-Za-z0-9]{3,11}")
OWN_NUMBER = re.compile(r"\+?[0-9]{4,15}")
_SENDER = re.compile(rf"({SENDER_ID.pattern}|{OWN_NUMBER.pattern}):((?:[A-Z]{{2}})+)")


def read(text: str) -> frozenset[str]:
    """The countries of a comma-separated list; none if it is empty, as for functions that send no codes.

    Raises:
        ValueError: the list is malformed. The text does not quote it.
    """
    if not text:
        return frozenset()
    listed = [part.strip() for part in text.split(",")]
    if not all(_CODE.fullmatch(code) for code in listed):
        raise ValueError("it has to be a list of countries such as RS,DE,AT")
    return frozenset(listed)


def read_routes_off(text: str) -> frozenset[str]:
    """The countries of a comma-separated list; none by default.

    Raises:
        ValueError: the list is malformed. The text does not quote it.
    """
    return frozenset() if text in {"", DEFAULTS} else read(text)


def read_senders(text: str) -> Mapping[str, str]:
    """The sender of each country that has one, of a list such as `RU4M:RSDE,+34600000000:ES`.

    Raises:
        ValueError: the list is malformed. The text does not quote it.
    """
    found: dict[str, str] = {}
    for part in text.split(",") if text not in {"", DEFAULTS} else ():
        if not (listed := _SENDER.fullmatch(part)):
            raise ValueError("it has to be a list of senders such as RU4M:RSDE")
        found |= dict.fromkeys(re.findall("..", listed[2]), listed[1])
    return found


def packed_senders(senders: Mapping[str, str]) -> str:
    """The text that `read_senders` reads; each sender is named once, since an environment has 4 KB."""
    countries: dict[str, str] = {}
    for country, sender in sorted(senders.items()):
        countries[sender] = countries.get(sender, "") + country
    return ",".join(f"{sender}:{codes}" for sender, codes in countries.items()) or DEFAULTS


def country_of(phone: str) -> str:
    """The country of a number in E.164, which its calling code alone does not give; ZZ if it has none."""
    import phonenumbers  # not at the top: most starts of the functions that import this send no text

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or "ZZ"
    except phonenumbers.NumberParseException:
        return "ZZ"


def calling_code(country: str) -> str:
    """The calling code of a country, as +381."""
    import phonenumbers  # as above

    return f"+{phonenumbers.country_code_for_region(country)}"
