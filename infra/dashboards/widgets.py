"""The parts of a dashboard: series, charts of series, and the dashboard itself.

Names contain `${Stage}` and other parameters of the service template, which CloudFormation replaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from chalicelib.core.metrics import NAMESPACE, OTHER, Metric

SERVICE = "ru4m-${Stage}"


@dataclass(frozen=True)
class Series:
    """A metric with its dimensions, as one statistic; shown divided by `scale`."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str
    label: str
    scale: int = 1


class ChartView(Enum):
    """How a chart shows its series."""

    LINES = auto()
    AREAS = auto()  # stacked: the height is the sum
    NUMBERS = auto()  # one figure for each series: its sum over the whole time
    NEWEST = auto()  # one figure for each series: its newest value


@dataclass(frozen=True)
class Chart:
    """A chart, with what good looks like and what to do otherwise, as two sentences."""

    title: str
    unit: str
    good: str
    otherwise: str
    series: tuple[Series, ...]
    view: ChartView
    bound: float | None = None  # drawn as a line; values beyond it are not good
    bound_label: str = ""


def lines(
    title: str,
    unit: str,
    good: str,
    otherwise: str,
    *series: Series,
    bound: float | None = None,
    bound_label: str = "",
) -> Chart:
    """A chart with a line for each series."""
    return Chart(title, unit, good, otherwise, series, ChartView.LINES, bound, bound_label)


def areas(title: str, unit: str, good: str, otherwise: str, *series: Series) -> Chart:
    """A chart whose height is the sum of its series."""
    return Chart(title, unit, good, otherwise, series, ChartView.AREAS)


def numbers(title: str, unit: str, good: str, otherwise: str, *series: Series) -> Chart:
    """One figure for each counter: its sum over the whole time."""
    return Chart(title, unit, good, otherwise, series, ChartView.NUMBERS)


def newest(title: str, unit: str, good: str, otherwise: str, *series: Series) -> Chart:
    """One figure for each gauge: its newest value."""
    return Chart(title, unit, good, otherwise, series, ChartView.NEWEST)


@dataclass(frozen=True)
class Dashboard:
    """Charts in rows. Each row has one to four charts of equal width."""

    name: str  # the last part of its name in CloudWatch
    title: str
    purpose: str
    start: str  # how far back it shows, as an ISO 8601 duration
    period: int  # seconds
    rows: tuple[tuple[Chart, ...], ...]
    headings: tuple[str, ...] = ()  # one above each row, or none at all

    @property
    def series(self) -> tuple[Series, ...]:
        """All series of its charts."""
        return tuple(one for row in self.rows for chart in row for one in chart.series)


def total(metric: Metric, label: str) -> Series:
    """The sum of a counter."""
    return _ours(metric, "Sum", label)


def highest(metric: Metric, label: str, scale: int = 1) -> Series:
    """The highest value of a gauge in a period."""
    return _ours(metric, "Maximum", label, scale=scale)


def lowest(metric: Metric, label: str) -> Series:
    """The lowest value of a gauge in a period."""
    return _ours(metric, "Minimum", label)


def each(metric: Metric, stat: str = "Sum") -> tuple[Series, ...]:
    """A series for each value of a metric's dimension."""
    if metric.dimension is None:
        raise ValueError(f"{metric.label} has no dimension")
    return tuple(_ours(metric, stat, value.replace("_", " "), value) for value in metric.dimension.values)


def one_of(metric: Metric, value: str, label: str, stat: str = "Sum") -> Series:
    """The series of one value of a metric's dimension."""
    if metric.dimension is None or value not in metric.dimension.values or value == OTHER:
        raise ValueError(f"{metric.label} has no value {value}")
    return _ours(metric, stat, label, value)


def _ours(metric: Metric, stat: str, label: str, value: str | None = None, scale: int = 1) -> Series:
    dimensions = [("service", SERVICE)]
    if value and metric.dimension:
        dimensions.append((metric.dimension.label, value))
    return Series(NAMESPACE, metric.label, tuple(dimensions), stat, label, scale)


def of_function(metric: str, function: str, stat: str) -> Series:
    """A metric that Lambda publishes about a function."""
    return Series("AWS/Lambda", metric, (("FunctionName", f"{SERVICE}-{function}"),), stat, function)


def of_queue(metric: str, queue: str, stat: str = "Maximum", scale: int = 1) -> Series:
    """A metric that SQS publishes about a queue."""
    label = queue.removeprefix(f"{SERVICE}-")
    return Series("AWS/SQS", metric, (("QueueName", queue),), stat, label, scale)


def of_table(metric: str, table: str) -> Series:
    """A metric that DynamoDB publishes about a table, by the parameter with its name."""
    label = table.removesuffix("TableName").lower()
    return Series("AWS/DynamoDB", metric, (("TableName", f"${{{table}}}"),), "Sum", label)


def of_gateway(metric: str, stat: str, label: str) -> Series:
    """A metric that API Gateway publishes about the whole API."""
    return Series("AWS/ApiGateway", metric, (("ApiName", SERVICE),), stat, label)
