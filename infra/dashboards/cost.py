"""What metrics, dashboards and alarms cost a month, by CloudWatch's prices in eu-central-1.

A value of a dimension is a metric of its own. CloudWatch charges by the hour in which a metric gets data, so
this is the most that a stage can cost. The free tier is not subtracted: all stages of an account share it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.metrics import Metric
from infra.dashboards.stack import Stack

METRIC, DASHBOARD, ALARM, COMPOSITE = 0.30, 3.00, 0.10, 0.50  # dollars a month
BUDGET = 120.0


@dataclass(frozen=True)
class MonthlyCost:
    """Numbers of a stage, and their price."""

    metrics: int
    dashboards: int
    alarm_metrics: int  # an alarm on an expression costs as much as its metrics
    composites: int

    @property
    def dollars(self) -> float:
        """The price in all."""
        return round(
            self.metrics * METRIC
            + self.dashboards * DASHBOARD
            + self.alarm_metrics * ALARM
            + self.composites * COMPOSITE,
            2,
        )


def series_of(metric: Metric) -> int:
    """The most metrics that CloudWatch can charge for one of the registry: the total and each value."""
    return 1 + (len(metric.dimension.values) if metric.dimension else 0)


def of(stack: Stack, dashboards: int) -> MonthlyCost:
    """The cost of a stage."""
    return MonthlyCost(
        metrics=sum(map(series_of, Metric)),
        dashboards=dashboards,
        alarm_metrics=sum(alarm.judged for alarm in stack.alarms),
        composites=len(stack.composites),
    )
