"""The budget of the account: AWS mails the receivers of alarms when a month costs most of it, or will.

CloudFormation has the type in few regions, so the deployment sets it by a call. It counts the whole account,
with all stages. A budget reports and stops nothing.
"""

from __future__ import annotations

from typing import Any

from infra.deployment.account import AwsAccount, existing

MOST_ADDRESSES = 10  # of a notification of AWS Budgets
_MOSTLY_SPENT, _FORECAST = 80, 100  # per cent


def set_budget(account: AwsAccount, stage: str, dollars: int, emails: tuple[str, ...]) -> None:
    """Make the budget of a stage's settings, in place of the one of its last deployment.

    A deployment that is killed between the two calls leaves none, and the next one makes it.

    Raises:
        ClientError: AWS refuses it.
    """
    budgets, name = account.client("budgets"), f"ru4m-{stage}"
    existing(lambda: budgets.delete_budget(AccountId=account.number, BudgetName=name))
    budgets.create_budget(
        AccountId=account.number,
        Budget={
            "BudgetName": name,
            "BudgetLimit": {"Amount": str(dollars), "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
        NotificationsWithSubscribers=[
            _notification("ACTUAL", _MOSTLY_SPENT, emails),
            _notification("FORECASTED", _FORECAST, emails),
        ],
    )


def _notification(kind: str, percent: int, emails: tuple[str, ...]) -> dict[str, Any]:
    return {
        "Notification": {
            "NotificationType": kind,
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": percent,
            "ThresholdType": "PERCENTAGE",
        },
        "Subscribers": [{"SubscriptionType": "EMAIL", "Address": email} for email in emails],
    }
