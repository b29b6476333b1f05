"""What a deployment checks and sets of texts: the served countries, and what texts may cost in a month.

The latter is SNS's own ceiling for the whole account in a region. It is no part of a stack: all stages of an
account share it. SNS's default is one dollar, with which a launch stops after a few dozen codes; AWS raises
what it may be set to on request.
"""

from __future__ import annotations

from chalicelib.core import countries
from infra.deployment.account import AwsAccount

DEFAULT_DOLLARS = 1
_NAME = "MonthlySpendLimit"


def check_countries(listed: str) -> None:
    """Refuse a list of countries with which somebody would wait for codes in vain.

    Raises:
        ValueError: it is no such list, or no number belongs to a country on it (UK is GB).
    """
    import phonenumbers  # metadata of all countries

    if unknown := sorted(countries.read(listed) - phonenumbers.SUPPORTED_REGIONS):
        raise ValueError(f"no number belongs to {', '.join(unknown)}")


def monthly_dollars(account: AwsAccount) -> int:
    """What texts may cost in a calendar month, in US dollars."""
    attributes = account.client("sns").get_sms_attributes(attributes=[_NAME])["attributes"]
    return int(attributes.get(_NAME, DEFAULT_DOLLARS))


def set_monthly_dollars(account: AwsAccount, dollars: int) -> None:
    """Set it.

    Raises:
        ClientError: it is over what AWS allows this account.
    """
    account.client("sns").set_sms_attributes(attributes={_NAME: str(dollars)})
