"""The forms of alarms, from which infra/template/alarm_table makes its rows.

Which form fits follows from what emits the metric (ADR 42):

- a job emits a figure at each run, zero included: `figure`. Missing data changes nothing, since a job that
  does not run settles nothing, and `job_missing` fires instead;
- an event is counted when it happens: `finding` if one is enough, which stays for a day; `rate` otherwise;
- a queue has a depth and an age at any time: `filled`, `waits`.

No form latches: each alarm ends without an operator who resets it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chalicelib.core.metrics import Metric

_HOUR = 3600
_QUARTER = 900

Value = str | dict[str, Any]  # text, or a function of CloudFormation

_STAGE: dict[str, Value] = {"service": {"Fn::Sub": "ru4m-${Stage}"}}
ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
IGNORED, FINE, BREACHING = "ignore", "notBreaching", "breaching"  # what missing data means


class AlarmSeverity(StrEnum):
    """By when a person has to answer an alarm (ADR 95), the most urgent first."""

    NOW = "now"
    TODAY = "today"
    THIS_WEEK = "this week"


@dataclass(frozen=True)
class AlarmRow:
    """One alarm, as CloudWatch judges it. Its text is a section of docs/runbook.md."""

    name: str
    namespace: str
    metric: str
    dimensions: dict[str, Value]
    statistic: str
    threshold: float | dict[str, Any]
    period: int  # seconds
    periods: int
    missing: str
    comparison: str = ABOVE
    datapoints: int | None = None  # of the periods that must breach; None: all
    breaks: str = ""  # the promise that is broken while the alarm is in ALARM
    job: str = ""  # the scheduled job that is missing while the alarm is in ALARM
    without: str = ""  # a function whose count is subtracted from that of all functions
    parameter: str = ""  # of the template, with the threshold in place of `threshold`
    country: str = ""  # the last part of the name; the alarms of all countries share a section
    severity: AlarmSeverity = AlarmSeverity.TODAY

    @property
    def logical_id(self) -> str:
        """Its name in the template."""
        return "".join(word.title() for word in self.name.split("-")) + "Alarm"

    @property
    def section(self) -> str:
        """Its section in the runbook."""
        return self.name.removesuffix(f"-{self.country.lower()}")


def _ours(name: str, metric: Metric, statistic: str, threshold: float, period: int, missing: str) -> AlarmRow:
    return AlarmRow(name, "RU4M", metric.label, _STAGE, statistic, threshold, period, 1, missing)


def figure(
    name: str, metric: Metric, *, above: int = 0, period: int = _QUARTER, runs: int = 1, breaks: str = ""
) -> AlarmRow:
    """A figure that a job emits at each run, zero included, was too high in each of some runs.

    The period is that of the job or longer.
    """
    return replace(_ours(name, metric, "Maximum", above, period, IGNORED), periods=runs, breaks=breaks)


def lowest(name: str, metric: Metric, *, below: int, period: int = _QUARTER) -> AlarmRow:
    """A figure that is emitted only while there is something to judge was too low."""
    return replace(_ours(name, metric, "Minimum", below, period, FINE), comparison=BELOW)


def lasting(
    name: str,
    metric: Metric,
    *,
    statistic: str = "Maximum",
    above: int = 0,
    period: int = _QUARTER,
    periods: int,
) -> AlarmRow:
    """A figure of work that stands still was too high for some periods, and is not emitted otherwise."""
    return replace(_ours(name, metric, statistic, above, period, FINE), periods=periods)


def finding(name: str, metric: Metric, *, breaks: str = "") -> AlarmRow:
    """One event is enough. The alarm ends a day after the last one."""
    row = _ours(name, metric, "Sum", 0, _HOUR, FINE)
    return replace(row, periods=24, datapoints=1, breaks=breaks)


def rate(name: str, metric: Metric, *, above: int = 0, period: int = 300, periods: int = 1) -> AlarmRow:
    """Events were counted more often than usual. The alarm ends with them."""
    return replace(_ours(name, metric, "Sum", above, period, FINE), periods=periods)


def job_missing(name: str, metric: Metric, job: str, *, minutes: int, period: int = 300) -> AlarmRow:
    """No run of a job emitted its metric for some time. After a deployment this fires until the first run."""
    row = _ours(name, metric, "SampleCount", 1, period, BREACHING)
    return replace(row, comparison=BELOW, periods=minutes * 60 // period, job=job)


def behind(name: str, metric: Metric, *, above: int, period: int, periods: int) -> AlarmRow:
    """What a job still has to do was too old for some periods, or no run of the job emitted its age."""
    return replace(_ours(name, metric, "Maximum", above, period, BREACHING), periods=periods)


def filled(name: str, queue: str, *, breaks: str = "") -> AlarmRow:
    """A queue for failed messages has one."""
    return replace(_queue(name, "ApproximateNumberOfMessagesVisible", queue, 0), breaks=breaks)


def waits(name: str, queue: str, *, minutes: int) -> AlarmRow:
    """The oldest message of a queue is older than some minutes."""
    return _queue(name, "ApproximateAgeOfOldestMessage", queue, minutes * 60)


def _queue(name: str, metric: str, queue: str, threshold: float) -> AlarmRow:
    named: dict[str, Value] = {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}}
    return AlarmRow(name, "AWS/SQS", metric, named, "Maximum", threshold, 300, 1, FINE)


def dropped(name: str, function: str) -> AlarmRow:
    """Lambda dropped messages of a function because it detected a loop."""
    named: dict[str, Value] = {"FunctionName": {"Ref": function}}
    return AlarmRow(name, "AWS/Lambda", "RecursiveInvocationsDropped", named, "Sum", 0, 300, 1, FINE)


def all_functions(name: str, metric: str, *, above: int, periods: int = 1, without: str = "") -> AlarmRow:
    """A count of Lambda over all functions of the AWS account and region, but for one function."""
    return AlarmRow(name, "AWS/Lambda", metric, {}, "Sum", above, 300, periods, FINE, without=without)


def blocked(name: str, rule: str, *, above: int, period: int) -> AlarmRow:
    """A rule of AWS WAF refused many requests; no data without the WAF."""
    named: dict[str, Value] = {
        "WebACL": {"Fn::Sub": "ru4m-${Stage}-waf"},
        "Rule": {"Fn::Sub": f"ru4m-${{Stage}}-waf-{rule}"},
        "Region": {"Ref": "AWS::Region"},
    }
    return AlarmRow(name, "AWS/WAFV2", "BlockedRequests", named, "Sum", above, period, 1, FINE)


def gateway(
    name: str, metric: str, *, statistic: str, above: int | dict[str, Any], periods: int = 1
) -> AlarmRow:
    """A metric of the API's gateway; a latency in milliseconds."""
    named: dict[str, Value] = {"ApiName": {"Fn::Sub": "ru4m-${Stage}"}, "Stage": "api"}
    return AlarmRow(name, "AWS/ApiGateway", metric, named, statistic, above, 300, periods, FINE)


def spent(name: str, parameter: str) -> AlarmRow:
    """The texts of the AWS account and region cost more this month than a parameter of the template."""
    row = AlarmRow(name, "AWS/SNS", "SMSMonthToDateSpentUSD", {}, "Maximum", 0, 6 * _HOUR, 1, FINE)
    return replace(row, parameter=parameter)


def undelivered(name: str, country: str, *, below: float) -> AlarmRow:
    """Carriers confirmed too small a share of the texts of the account to a country, for six hours."""
    named: dict[str, Value] = {"Country": country, "SMSType": "Transactional"}
    full_name = f"{name}-{country.lower()}"
    row = AlarmRow(full_name, "AWS/SNS", "SMSSuccessRate", named, "Average", below, 3 * _HOUR, 2, FINE)
    return replace(row, comparison=BELOW, country=country)
