"""Tests that the preflight stops a production that is not ready, and warns other stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deployment import preflight
from infra.deployment.findings import DeploymentFinding, Severity
from infra.deployment.preflight import account_checks, examine, may_deploy, stage_checks
from infra.deployment.setting_keys import ACCEPTABLE
from tests.infra.fakes import REGION
from tests.infra.test_deploy import a_target
from tests.infra.test_deploy_command import ACCOUNT, answering

REASON = "a closed test of 20 people"


def listing(*subscriptions: str) -> SimpleNamespace:
    page = {"Subscriptions": [{"SubscriptionArn": one} for one in subscriptions]}
    return SimpleNamespace(paginate=lambda **_: [page])


# An account that is not ready, by check.
NOT_READY: dict[str, tuple[Callable[..., Iterator[DeploymentFinding]], dict[str, Any]]] = {
    "alarms": (stage_checks.alarms, {"get_paginator": listing("arn:confirmed", "PendingConfirmation")}),
    "concurrency": (
        account_checks.concurrency_of_account,
        {"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 10}}},
    ),
    "mail": (
        account_checks.mail,
        {"get_account": {"ProductionAccessEnabled": False, "SendingEnabled": True}},
    ),
    "sms_limit": (account_checks.sms_limit, {"get_sms_attributes": {"attributes": {}}}),
    "sms_sandbox": (account_checks.sms_sandbox, {"get_sms_sandbox_account_status": {"IsInSandbox": True}}),
}


def test_every_check_that_settings_may_accept_is_tried_here() -> None:
    assert sorted(NOT_READY) == sorted(ACCEPTABLE)


@pytest.mark.parametrize("key", ACCEPTABLE)
def test_account_that_is_not_ready_stops_production_and_warns_staging(key: str) -> None:
    check, answers = NOT_READY[key]
    (stops,) = check(answering(**answers), a_target(stage="production"))
    assert (stops.severity, f"accept.{key}." in stops.remedy) == (Severity.REFUSED, True)
    (warns,) = check(answering(**answers), a_target())
    assert (warns.severity, warns.text) == (Severity.WARNING, stops.text.replace("production", "staging"))


@pytest.mark.parametrize("key", ACCEPTABLE)
def test_accepted_check_is_a_warning_with_the_reason(key: str) -> None:
    check, answers = NOT_READY[key]
    accepting = a_target(stage="production", accepted={key: REASON})
    (warns,) = check(answering(**answers), accepting)
    assert (warns.severity, warns.text.endswith(f"accepted: {REASON}")) == (Severity.WARNING, True)
    others = a_target(stage="production", accepted=dict.fromkeys({*ACCEPTABLE} - {key}, REASON))
    assert not may_deploy(check(answering(**answers), others))


def test_limit_that_settings_leave_at_one_dollar_stops_production() -> None:
    rich = answering(get_sms_attributes={"attributes": {"MonthlySpendLimit": "500"}})
    production = [a_target(stage="production", sms_monthly_dollars=dollars) for dollars in (None, 2, 1)]
    assert [may_deploy(account_checks.sms_limit(rich, one)) for one in production] == [True, True, False]


def test_receivers_that_all_confirmed_or_are_still_to_be_subscribed_are_accepted() -> None:
    for found in (listing("arn:confirmed"), listing("Deleted"), listing()):
        assert may_deploy(stage_checks.alarms(answering(get_paginator=found), a_target(stage="production")))


@pytest.mark.parametrize(("accepted", "severity"), [({}, "refused"), ({"sms_sandbox": REASON}, "warning")])
def test_check_without_an_answer_stops_production_unless_it_is_accepted(
    monkeypatch: pytest.MonkeyPatch, accepted: dict[str, str], severity: str
) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "GetSMSSandboxAccountStatus")
    account = answering(
        get_caller_identity=ACCOUNT["get_caller_identity"], get_sms_sandbox_account_status=denied
    )
    monkeypatch.setattr(preflight, "AwsAccount", lambda *_: account)
    sandbox, rate = "SMS sandbox", "request rate"
    monkeypatch.setattr(preflight, "_CHECKS", {name: preflight._CHECKS[name] for name in (sandbox, rate)})
    found = {
        stage: {
            one.check: one.severity
            for one in examine(REGION, None, a_target(stage=stage, accepted=accepted), {})
        }
        for stage in ("staging", "production")
    }
    assert (found["staging"][sandbox], found["production"][sandbox]) == ("unknown", severity)
    assert found["production"][rate] == "unknown"
