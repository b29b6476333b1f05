"""Tests the budget of the account, as AWS Budgets stores it."""

from __future__ import annotations

from typing import Any

import pytest

from infra.deployment import spending
from infra.deployment.account import AwsAccount
from infra.deployment.receivers import AlarmReceivers
from infra.deployment.target import SettingRefused
from tests.infra.test_deploy import a_target

EMAILS = ("first@example.org", "second@example.org")


def notified(account: AwsAccount) -> dict[str, float]:
    found: list[dict[str, Any]] = account.client("budgets").describe_notifications_for_budget(
        AccountId=account.number, BudgetName="ru4m-staging"
    )["Notifications"]
    return {one["NotificationType"]: one["Threshold"] for one in found}


def limits(account: AwsAccount) -> dict[str, str]:
    found = account.client("budgets").describe_budgets(AccountId=account.number)["Budgets"]
    return {one["BudgetName"]: one["BudgetLimit"]["Amount"] for one in found}


def test_budget_reports_what_was_spent_and_what_is_forecast(account: AwsAccount) -> None:
    spending.set_budget(account, "staging", 300, EMAILS)
    assert limits(account) == {"ru4m-staging": "300"}
    assert notified(account) == {"ACTUAL": 80, "FORECASTED": 100}


def test_each_address_is_named_to_aws(account: AwsAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(account.client("budgets"), "create_budget", lambda **call: made.append(call))
    spending.set_budget(account, "staging", 300, EMAILS)
    subscribers = [one["Subscribers"] for one in made[0]["NotificationsWithSubscribers"]]
    assert subscribers == [[{"SubscriptionType": "EMAIL", "Address": email} for email in EMAILS]] * 2


def test_later_deployment_replaces_the_budget_of_its_stage_only(account: AwsAccount) -> None:
    spending.set_budget(account, "production", 900, EMAILS)
    spending.set_budget(account, "staging", 300, EMAILS)
    spending.set_budget(account, "staging", 400, EMAILS)
    assert limits(account) == {"ru4m-production": "900", "ru4m-staging": "400"}


@pytest.mark.parametrize("emails", [(), ("many@example.org",) * 11])
def test_budget_whose_mails_aws_would_refuse_is_refused(emails: tuple[str, ...]) -> None:
    with pytest.raises(
        SettingRefused, match=r"alarms\.budget_dollars is refused: its mails go to alarms\.emails"
    ):
        a_target(budget_dollars=300, alarms=AlarmReceivers(emails))
