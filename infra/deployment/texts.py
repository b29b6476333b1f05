"""SNS's own ceiling of what texts may cost in a month, of the whole account in a region.

It is no part of a stack: all stages of an account share it. SNS's default is one dollar, with which a launch
stops after a few dozen codes; AWS raises what it may be set to on request.
"""

from __future__ import annotations

from infra.deployment.account import Account

DEFAULT_DOLLARS = 1
_NAME = "MonthlySpendLimit"


def monthly_dollars(account: Account) -> int:
    """What texts may cost in a calendar month, in US dollars."""
    attributes = account.client("sns").get_sms_attributes(attributes=[_NAME])["attributes"]
    return int(attributes.get(_NAME, DEFAULT_DOLLARS))


def set_monthly_dollars(account: Account, dollars: int) -> None:
    """Set it.

    Raises:
        ClientError: it is over what AWS allows this account.
    """
    account.client("sns").set_sms_attributes(attributes={_NAME: str(dollars)})
