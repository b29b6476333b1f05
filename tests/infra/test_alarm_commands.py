"""Tests `ops alarms` and the receivers of alarms, on an emulated AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from infra.deployment import receivers
from infra.deployment.account import AwsAccount
from infra.deployment.receivers import AlarmReceiverRefused, AlarmReceivers
from infra.deployment.stacks import Stacks
from infra.ops.__main__ import app
from tests.infra.fakes import REGION, FakeAccount
from tests.support.patches import fail_at

TOPIC = f"arn:aws:sns:{REGION}:123456789012:ru4m-staging-alarms"


@pytest.fixture
def other_topic(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The parameters of the stack, which moto cannot deploy."""
    parameters = {"OtherAlarmTopic": ""}
    monkeypatch.setattr(Stacks, "parameters", lambda *_: parameters)
    return parameters


def ops(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["alarms", *words, "--stage", "staging", "--region", REGION], input=answer)


def an_alarm(account: AwsAccount, name: str) -> None:
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="RU4M",
        MetricName="Any",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )


def set_state(account: AwsAccount, name: str, state: str) -> None:
    account.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def state(account: AwsAccount, name: str) -> tuple[str, str]:
    (found,) = account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found["StateValue"], found["StateReason"]


# --- the commands


def with_alarms(account: AwsAccount, states: dict[str, str]) -> None:
    for name, state_ in states.items():
        an_alarm(account, f"ru4m-staging-{name}")
        set_state(account, f"ru4m-staging-{name}", state_)


def listed() -> list[dict[str, str]]:
    done = CliRunner().invoke(app, ["--json", "alarms", "list", "--stage", "staging", "--region", REGION])
    items: list[dict[str, str]] = json.loads(done.stdout)["items"]
    return items


def test_list_ends_with_status_three_if_an_alarm_of_the_stage_fires(account: AwsAccount) -> None:
    with_alarms(account, dict.fromkeys(("api-latency", "rights-overdue", "no-purge"), "OK"))
    an_alarm(account, "ru4m-production-rights-overdue")
    assert ops("list").exit_code == 0
    set_state(account, "ru4m-staging-rights-overdue", "ALARM")
    done = ops("list")
    assert done.exit_code == 3
    assert "1 of 3 in ALARM" in done.output


def test_list_is_ordered_by_state_then_severity_then_promise(account: AwsAccount) -> None:
    firing = ("review-due", "api-errors", "sync-lag", "no-purge", "rights-overdue", "expired-data-present")
    with_alarms(account, {**dict.fromkeys(firing, "ALARM"), "code-not-sent": "OK"})
    assert [(one["severity"], one["promise"], one["name"]) for one in listed()] == [
        ("now", "STR-3", "sync-lag"),
        ("now", "", "api-errors"),
        ("today", "RET-1", "expired-data-present"),
        ("today", "RGT-10", "rights-overdue"),
        ("today", "", "no-purge"),
        ("this week", "", "review-due"),
        ("now", "", "code-not-sent"),
    ]


def test_list_says_in_a_sentence_what_an_alarm_means_and_which_roles_it_needs(account: AwsAccount) -> None:
    with_alarms(account, {"rights-overdue": "ALARM", "texts-undelivered-rs": "OK"})
    first, second = listed()
    assert first["meaning"] == "The deadline of a rights request has passed without an answer"
    assert first["needs"] == "two operators"
    assert second["meaning"].startswith("Carriers confirmed fewer than 70 %")


def test_broken_promises_are_named_with_the_gravest_severity(account: AwsAccount) -> None:
    states = {"promise-broken": "ALARM", "rights-overdue": "ALARM", "sync-lag": "ALARM"}
    with_alarms(account, {**states, "hooks-dead": "OK"})
    first = listed()[0]
    assert (first["name"], first["severity"], first["promise"]) == ("promise-broken", "now", "RGT-10, STR-3")


def test_alarm_of_another_release_is_listed_without_a_meaning(account: AwsAccount) -> None:
    with_alarms(account, {"an-old-one": "ALARM"})
    assert [(one["name"], one["severity"], one["meaning"]) for one in listed()] == [
        ("an-old-one", "today", "")
    ]


def test_tested_alarm_is_in_alarm_and_says_that_it_is_a_test(account: AwsAccount) -> None:
    an_alarm(account, "ru4m-staging-rights-overdue")
    set_state(account, "ru4m-staging-rights-overdue", "OK")
    done = ops("test", "rights-overdue", "--yes")
    assert done.exit_code == 0, done.output
    found, reason = state(account, "ru4m-staging-rights-overdue")
    assert found == "ALARM"
    assert "TEST by an operator" in reason


def test_alarm_is_not_tested_without_a_confirmation(account: AwsAccount) -> None:
    an_alarm(account, "ru4m-staging-rights-overdue")
    set_state(account, "ru4m-staging-rights-overdue", "OK")
    assert ops("test", "rights-overdue", answer="n\n").exit_code == 1
    assert state(account, "ru4m-staging-rights-overdue")[0] == "OK"


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("no-such-alarm", 2, "no alarm has this name"),
        ("promise-broken", 1, "test one of its alarms"),
        ("no-purge", 1, "ResourceNotFound"),
    ],
)
def test_alarm_that_cannot_be_tested_is_refused(
    account: AwsAccount, name: str, status: int, text: str
) -> None:
    done = ops("test", name, "--yes")
    assert (done.exit_code, text in done.output) == (status, True), done.output


@pytest.mark.usefixtures("other_topic")
def test_check_ends_with_status_three_and_the_remedy_if_no_receiver_confirmed(account: AwsAccount) -> None:
    assert account.number == "123456789012"
    done = ops("check")
    assert done.exit_code == 3
    (line,) = done.output.strip().splitlines()
    assert "--alarm-email" in line


def test_check_counts_receivers_of_the_further_topic_too(
    account: AwsAccount, other_topic: dict[str, str]
) -> None:
    sns = account.client("sns")
    other_topic["OtherAlarmTopic"] = sns.create_topic(Name="pager")["TopicArn"]
    assert ops("check").exit_code == 3
    endpoint = f"arn:aws:sqs:{REGION}:123456789012:inbox"
    sns.subscribe(TopicArn=other_topic["OtherAlarmTopic"], Protocol="sqs", Endpoint=endpoint)
    assert ops("check").exit_code == 0


@pytest.mark.usefixtures("other_topic")
def test_check_succeeds_once_a_receiver_confirmed(account: AwsAccount) -> None:
    sns = account.client("sns")
    topic = sns.create_topic(Name="ru4m-staging-alarms")["TopicArn"]
    assert topic == receivers.topic_of(account, "staging") == TOPIC
    assert ops("check").exit_code == 3
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:inbox")
    assert ops("check").exit_code == 0


# --- receivers


def test_subscription_that_waits_for_its_confirmation_is_not_confirmed() -> None:
    account = FakeAccount(REGION)
    account.sns.subscribed.append(("topic", "ops@ru4m.example"))
    assert not receivers.is_confirmed(account, "staging", "topic")


@pytest.mark.parametrize("named", [AlarmReceivers(("a@b.example",)), AlarmReceivers(topic=TOPIC)])
def test_named_receiver_is_enough(named: AlarmReceivers) -> None:
    receivers.check(FakeAccount(REGION), "staging", named)


def test_local_stage_needs_no_receiver_and_every_other_one_does() -> None:
    receivers.check(FakeAccount(REGION), "local", AlarmReceivers())
    for stage in ("staging", "production", "localhost"):
        with pytest.raises(AlarmReceiverRefused, match=stage):
            receivers.check(FakeAccount(REGION), stage, AlarmReceivers())


@pytest.mark.parametrize("email", ["", "ops", "ops@", "@b.example", "a b@c.example", "a@b", "a@b.c@d.e"])
def test_malformed_address_is_refused_and_not_quoted(email: str) -> None:
    with pytest.raises(AlarmReceiverRefused) as refused:
        AlarmReceivers((email,))
    assert str(refused.value) == "alarms.emails is refused: one of them is not an email address"


@pytest.mark.parametrize("topic", ["pager", "arn:aws:sqs:eu-central-1:123456789012:pager", f"{TOPIC}:sub"])
def test_malformed_topic_is_refused(topic: str) -> None:
    with pytest.raises(AlarmReceiverRefused, match=r"alarms\.topic"):
        AlarmReceivers(topic=topic)


def test_error_of_sns_is_not_taken_for_no_receiver() -> None:
    account = FakeAccount(REGION)
    denied = ClientError({"Error": {"Code": "AuthorizationError"}}, "ListSubscriptionsByTopic")
    fail_at(account.sns, "paginate", denied)
    with pytest.raises(ClientError, match="AuthorizationError"):
        receivers.check(account, "staging", AlarmReceivers())


def test_list_of_receivers_is_not_in_the_template(package: Any) -> None:
    """Parameters of a stack are shown to each principal that may read it."""
    template = json.loads(package.template("service").read_text())
    assert not [name for name in template["Parameters"] if "Email" in name and name != "ContactEmail"]
