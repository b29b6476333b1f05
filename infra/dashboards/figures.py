"""Reads what a picture of a dashboard shows: points of series, and states of alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.batches import batched
from infra.dashboards.widgets import Series
from infra.deployment import alarms
from infra.deployment.account import AwsAccount

_QUERIES = 500  # GetMetricData's own limit

Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Span:
    """The time that a picture shows, and the seconds between its points."""

    start: datetime
    end: datetime
    period: int


def resolved(text: str, parameters: Mapping[str, str]) -> str:
    """Replace the parameters in a text, as CloudFormation does."""
    for name, value in parameters.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def points(
    account: AwsAccount, series: Iterable[Series], span: Span, parameters: Mapping[str, str]
) -> dict[Series, Points]:
    """Return the points of each series that has any, oldest first."""
    cloudwatch = account.client("cloudwatch")
    found: dict[Series, Points] = {}
    for some in batched(dict.fromkeys(series), _QUERIES):
        queries = [_query(one, number, span.period, parameters) for number, one in enumerate(some)]
        for page in cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=span.start, EndTime=span.end, ScanBy="TimestampAscending"
        ):
            for result in page["MetricDataResults"]:
                one = some[int(result["Id"].removeprefix("m"))]
                values = (value / one.scale for value in result["Values"])
                added = [*zip(result["Timestamps"], values, strict=True)]
                found[one] = [*found.get(one, ()), *added]
    return {one: sorted(its) for one, its in found.items() if its}


def _query(series: Series, number: int, period: int, parameters: Mapping[str, str]) -> dict[str, object]:
    dimensions = [{"Name": name, "Value": resolved(value, parameters)} for name, value in series.dimensions]
    metric = {"Namespace": series.namespace, "MetricName": series.metric, "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": period, "Stat": series.stat}}


def alarm_states(account: AwsAccount) -> dict[str, str]:
    """Return the state of every alarm of our stages by its name."""
    return {one["AlarmName"]: one["StateValue"] for one in alarms.described(account, "ru4m-")}
