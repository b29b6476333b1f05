"""The places of widgets: alarms on top, then each row of charts with a line of text under each chart.

CloudWatch's grid has 24 columns. Widgets neither overlap nor leave a row, which tests check.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from chalicelib.core.metrics import NAMESPACE
from infra.dashboards.stack import StackAlarm
from infra.dashboards.widgets import Chart, ChartView, Dashboard, Series

COLUMNS = 24
_CHART, _NUMBERS, _NOTE, _HEAD = 6, 3, 2, 2
ALARMS_IN_A_ROW = 6
_REGION = "${AWS::Region}"
_ARN = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"

Widget = dict[str, Any]


@dataclass(frozen=True)
class _Place:
    x: int
    y: int
    width: int
    height: int

    def widget(self, kind: str, properties: Widget) -> Widget:
        return {**vars(self), "type": kind, "properties": properties}


def body(dashboard: Dashboard, alarms: tuple[StackAlarm, ...]) -> Widget:
    """Return the body of a dashboard, as PutDashboard takes it."""
    head = f"# {dashboard.title}\n{dashboard.purpose}"
    height = 1 + math.ceil(len(alarms) / ALARMS_IN_A_ROW)
    widgets = [
        _Place(0, 0, COLUMNS, _HEAD).widget("text", {"markdown": head, "background": "transparent"}),
        _Place(0, _HEAD, COLUMNS, height).widget("alarm", _alarm_states(alarms)),
    ]
    y = _HEAD + height
    for row in dashboard.rows:
        tall = max(_NUMBERS if chart.view is ChartView.NUMBERS else _CHART for chart in row)
        width = COLUMNS // len(row)
        for number, chart in enumerate(row):
            drawn = _chart(chart, dashboard.period)
            widgets.append(_Place(number * width, y, width, tall).widget("metric", drawn))
            noted = {"markdown": note(chart), "background": "transparent"}
            widgets.append(_Place(number * width, y + tall, width, _NOTE).widget("text", noted))
        y += tall + _NOTE
    return {"start": dashboard.start, "periodOverride": "inherit", "widgets": widgets}


def note(chart: Chart) -> str:
    """The sentences under a chart."""
    return f"**Good:** {chart.good} **Otherwise:** {chart.otherwise}"


def axis_label(chart: Chart, period: int) -> str:
    """The unit of a chart; sums are those of a period."""
    sums = all(one.stat == "Sum" for one in chart.series)
    return f"{chart.unit} in {words(period)}" if sums else chart.unit


def words(seconds: int) -> str:
    """A period in words."""
    return {60: "a minute", 3600: "an hour"}.get(
        seconds, f"{seconds // 60} minutes" if seconds > 60 else f"{seconds} s"
    )


def _alarm_states(alarms: tuple[StackAlarm, ...]) -> Widget:
    return {"title": "Alarms", "alarms": [_ARN + alarm.name for alarm in alarms], "sortBy": "default"}


def _chart(chart: Chart, period: int) -> Widget:
    shown: Widget = {
        "title": chart.title,
        "region": _REGION,
        "view": "singleValue" if chart.view is ChartView.NUMBERS else "timeSeries",
        "stacked": chart.view is ChartView.AREAS,
        "period": period,
        "metrics": [
            line
            for number, one in enumerate(chart.series)
            for line in _lines(one, f"m{number}", filled=chart.view is ChartView.LINES)
        ],
    }
    if chart.view is ChartView.NUMBERS:
        return shown | {"setPeriodToTimeRange": True, "sparkline": False}
    axis: Widget = {"label": axis_label(chart, period), "showUnits": False, "min": 0}
    shown |= {"yAxis": {"left": axis}, "legend": {"position": "bottom"}}
    if chart.bound is not None:
        shown["annotations"] = {"horizontal": [{"value": chart.bound, "label": chart.bound_label}]}
    return shown


def _lines(series: Series, name: str, *, filled: bool) -> list[list[Any]]:
    """The entries of one series: itself, and the expression that scales it or fills its gaps.

    A counter emits no zero, and CloudWatch would draw single points.
    """
    place = [series.namespace, series.metric, *(part for pair in series.dimensions for part in pair)]
    if series.scale == 1 and (series.stat != "Sum" or series.namespace != NAMESPACE or not filled):
        return [[*place, {"stat": series.stat, "label": series.label}]]
    formula = f"FILL({name}, 0)" if series.scale == 1 else f"{name}/{series.scale}"
    drawn = {"expression": formula, "label": series.label, "id": f"{name}drawn"}
    return [[drawn], [*place, {"stat": series.stat, "id": name, "visible": False}]]
