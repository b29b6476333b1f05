"""Tests that the local cloud forwards the metrics in logs to CloudWatch: all of them, once, as they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.deployment.account import AwsAccount
from infra.local.emf import Forwarder, data, parsed

AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def a_line(number: float | list[float] = 1, at: datetime = AT, **dimensions: str) -> str:
    named = {"service": "ru4m-local", **dimensions}
    directive = {
        "Namespace": "RU4M",
        "Dimensions": [sorted(named)],
        "Metrics": [{"Name": "CodeWrong", "Unit": "Count"}],
    }
    when = int(at.timestamp() * 1000)
    emf = {"Timestamp": when, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": emf, **named, "CodeWrong": number})


def writes(account: AwsAccount, function: str, stream: str, *lines: str) -> None:
    """Append events to a stream of a function's log, which is created if it is missing."""
    logs, group = account.client("logs"), f"/aws/lambda/ru4m-local-{function}"
    names = [one["logGroupName"] for one in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]]
    if group not in names:
        logs.create_log_group(logGroupName=group)
    found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]
    if not found:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(datetime.now(UTC).timestamp() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def sums(account: AwsAccount, period: int = 60, **dimensions: str) -> dict[datetime, float]:
    """Return the sum of the metric by period."""
    named = {"service": "ru4m-local", **dimensions}
    found = account.client("cloudwatch").get_metric_statistics(
        Namespace="RU4M",
        MetricName="CodeWrong",
        Dimensions=[{"Name": name, "Value": value} for name, value in named.items()],
        StartTime=AT - timedelta(hours=1),
        EndTime=AT + timedelta(hours=1),
        Period=period,
        Statistics=["Sum"],
    )["Datapoints"]
    return {one["Timestamp"]: one["Sum"] for one in found}


def test_figures_are_sent_with_their_own_times(account: AwsAccount) -> None:
    writes(account, "signup", "a", a_line(at=AT), a_line([2, 3], at=AT + timedelta(minutes=5)))
    assert Forwarder(account).forward() == 2
    assert sums(account) == {AT: 1, AT + timedelta(minutes=5): 5}


def test_line_is_forwarded_once_and_a_later_line_is_too(account: AwsAccount) -> None:
    forwarder = Forwarder(account)
    writes(account, "signup", "a", a_line())
    assert forwarder.forward() == 1
    assert forwarder.forward() == 0
    writes(account, "signup", "a", a_line())
    assert forwarder.forward() == 1
    assert sum(sums(account).values()) == 2


def test_every_group_and_stream_is_read_beyond_the_first_page(account: AwsAccount) -> None:
    for number in range(60):
        writes(account, f"f{number:02}", "a", a_line())
        writes(account, "signup", f"s{number:02}", a_line())
    assert Forwarder(account).forward() == 120
    assert sum(sums(account).values()) == 120


def test_lines_that_are_no_metrics_are_left(account: AwsAccount) -> None:
    writes(account, "signup", "a", "START", '{"message": "request"}', '{"_aws" broken', a_line())
    assert Forwarder(account).forward() == 1
    assert sums(account) == {AT: 1}


def test_log_that_is_not_of_a_function_is_left(account: AwsAccount) -> None:
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/ru4m/local/api-access")
    logs.create_log_stream(logGroupName="/ru4m/local/api-access", logStreamName="a")
    event = {"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": a_line()}
    logs.put_log_events(logGroupName="/ru4m/local/api-access", logStreamName="a", logEvents=[event])
    assert Forwarder(account).forward() == 0


def test_position_does_not_move_past_figures_that_were_not_accepted(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder, down = Forwarder(account), True
    send = Forwarder._send

    def sent(self: Forwarder, namespace: str, figures: list[dict[str, Any]]) -> None:
        if down:
            raise ConnectionError
        send(self, namespace, figures)

    monkeypatch.setattr(Forwarder, "_send", sent)
    writes(account, "signup", "a", a_line())
    with pytest.raises(ConnectionError):
        forwarder.forward()
    down = False
    assert forwarder.forward() == 1


def test_value_of_a_dimension_is_a_metric_of_its_own() -> None:
    document = parsed(a_line(1, reason="expired"))
    assert document
    (sent,) = data(document, "RU4M")
    assert {one["Name"]: one["Value"] for one in sent["Dimensions"]} == {
        "service": "ru4m-local",
        "reason": "expired",
    }
    assert (sent["Timestamp"], sent["Unit"], sent["Values"]) == (AT, "Count", [1])


def test_more_values_than_a_datum_takes_are_divided() -> None:
    document = parsed(a_line([1.0] * 400))
    assert document
    assert [len(one["Values"]) for one in data(document, "RU4M")] == [150, 150, 100]


def test_number_of_waiting_messages_is_sent_for_every_queue(account: AwsAccount) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="ru4m-local-rights-dead")["QueueUrl"]
    sqs.create_queue(QueueName="ru4m-local-rights")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    Forwarder(account).measure_queues()
    found = account.client("cloudwatch").list_metrics(Namespace="AWS/SQS")["Metrics"]
    assert {one["Dimensions"][0]["Value"] for one in found} == {"ru4m-local-rights-dead", "ru4m-local-rights"}
