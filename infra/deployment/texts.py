"""SMS settings of a deployment: the served countries and the monthly spending limit.

The spending limit is a setting of SNS for an account and region. It is not part of a stack, because all
stages of an account share it. The default is one US dollar, which pays a few dozen codes. AWS
raises its maximum on request.
"""

from __future__ import annotations

from chalicelib.core import countries
from infra.deployment.account import AwsAccount

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


def monthly_dollars(account: AwsAccount) -> int:
    """Return the SMS spending limit per calendar month, in US dollars."""
    attributes = account.client("sns").get_sms_attributes(attributes=[_NAME])["attributes"]
    return int(attributes.get(_NAME, DEFAULT_DOLLARS))


def set_monthly_dollars(account: AwsAccount, dollars: int) -> None:
    """Set the SMS spending limit per calendar month, in US dollars.

    Raises:
        ClientError: it exceeds the maximum that AWS allows this account.
    """
    account.client("sns").set_sms_attributes(attributes={_NAME: str(dollars)})
