"""SMS settings of a deployment: the served countries, their senders, and the monthly spending limit.

The spending limit is a setting of SNS for an account and region. It is not part of a stack, because all
stages of an account share it. The default is one US dollar, which pays a few dozen codes. AWS
raises its maximum on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import BaseModel

from chalicelib.core import clock, countries
from infra.deployment.account import AwsAccount
from infra.deployment.text_routes import FILE, FREE, ROUTES, SenderRule

BRAND = "RU4M"  # the id to countries that need no registration
DEFAULT_DOLLARS = 1
_NAME = "MonthlySpendLimit"


def check_countries(listed: str) -> None:
    """Refuse a malformed list of countries, and codes that are not countries.

    Raises:
        ValueError: the list is malformed, or has a code without phone numbers (use GB, not UK).
    """
    import phonenumbers  # metadata of all countries

    if unknown := sorted(countries.read(listed) - phonenumbers.SUPPORTED_REGIONS):
        raise ValueError(f"no number belongs to {', '.join(unknown)}")


class TextSender(BaseModel, extra="forbid", frozen=True, hide_input_in_errors=True):
    """The sender to a country: an id with the day of its registration, a number of ours, or none if empty."""

    id: str = ""
    registered_on: date | None = None
    number: str = ""


def packed_senders(served: Iterable[str], given: Mapping[str, TextSender]) -> str:
    """The senders to all countries with one, as functions read them.

    Raises:
        ValueError: a country has no price, or lacks the sender that it needs. The text names the remedy.
    """
    for country in sorted({*served, *given}):
        if country not in ROUTES:
            raise ValueError(f"sms.countries is refused: {country} has no price: add its row to {FILE.name}")
        rule, sender = ROUTES[country].rule, given.get(country)
        if unmet := _unmet(rule, sender) if sender else _NEEDS.get(rule):
            raise ValueError(f"sms.senders.{country} is refused: {unmet}")
    chosen = {country: sender.id or sender.number for country, sender in given.items()}
    named = dict.fromkeys(FREE, BRAND) | chosen
    return countries.packed_senders({country: sender for country, sender in named.items() if sender})


_NONE = "or {} for a sender that SNS chooses"
_NEEDS = {
    SenderRule.REGISTERED: f"its ids need a registration: name one, a number, {_NONE}",
    SenderRule.NUMBER: f"it shows no id: name a number, {_NONE}",
    SenderRule.UNVERIFIED: f"its rule is unverified: name an id, a number, {_NONE}",
}


def _unmet(rule: SenderRule, sender: TextSender) -> str:
    """What a sender lacks under the rule of its country, with the remedy; empty if nothing."""
    found = {
        "an id has 3 to 11 letters and digits": sender.id and not countries.SENDER_ID.fullmatch(sender.id),
        "a number has 4 to 15 digits": sender.number and not countries.OWN_NUMBER.fullmatch(sender.number),
        "it has an id and a number: remove one": sender.id and sender.number,
        "registered_on is in the future: use a number until then": (
            sender.registered_on and sender.registered_on > clock.now().date()
        ),
        _NEEDS[SenderRule.NUMBER]: sender.id and rule is SenderRule.NUMBER,
        "its ids need a registration: set registered_on to the day of yours": (
            sender.id and not sender.registered_on and rule is SenderRule.REGISTERED
        ),
    }
    return next((text for text, holds in found.items() if holds), "")


def monthly_dollars(account: AwsAccount) -> int:
    """Return the SMS spending limit per calendar month, in US dollars."""
    attributes = account.client("sns").get_sms_attributes(attributes=[_NAME])["attributes"]
    return int(attributes.get(_NAME, DEFAULT_DOLLARS))


def spent_alarm(account: AwsAccount, chosen: int | None) -> str:
    """The dollars of a month above which an alarm rings: 70 per cent of the limit of SNS."""
    limit = chosen or (DEFAULT_DOLLARS if account.endpoint else monthly_dollars(account))
    return str(limit * 7 / 10)


def set_monthly_dollars(account: AwsAccount, dollars: int) -> None:
    """Set the SMS spending limit per calendar month, in US dollars.

    Raises:
        ClientError: it exceeds the maximum that AWS allows this account.
    """
    account.client("sns").set_sms_attributes(attributes={_NAME: str(dollars)})
