"""Tests the monthly limit of spending on texts, as SNS stores it."""

from __future__ import annotations

from infra.deployment import texts
from infra.deployment.account import AwsAccount


def test_spending_limit_is_one_dollar_unless_the_account_sets_another(account: AwsAccount) -> None:
    assert texts.monthly_dollars(account) == 1


def test_spending_limit_that_was_set_is_shown(account: AwsAccount) -> None:
    texts.set_monthly_dollars(account, 500)
    assert texts.monthly_dollars(account) == 500
