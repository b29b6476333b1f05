"""The places of widgets: alarms on top, then each row of charts with a line of text under each chart.

CloudWatch's grid has 24 columns. Widgets neither overlap nor leave a row, which tests check.
"""

from __future__ import annotations

import math
from typing import Any

from chalicelib.core.metrics import NAMESPACE
from infra.dashboards.stack import StackAlarm
from infra.dashboards.widgets import Chart, ChartView, Dashboard, Series

COLUMNS = 24
_CHART, _NUMBERS, _NOTE, _HEAD, _HEADING = 6, 3, 2, 2, 1
FIGURES = (ChartView.NUMBERS, ChartView.NEWEST)
ALARMS_IN_A_ROW = 6
_REGION = "${AWS::Region}"
_ARN = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"

Widget = dict[str, Any]


def body(dashboard: Dashboard, alarms: tuple[StackAlarm, ...]) -> Widget:
    """Return the body of a dashboard, as PutDashboard takes it."""
    head = f"# {dashboard.title}\n{dashboard.purpose}"
    height = 1 + math.ceil(len(alarms) / ALARMS_IN_A_ROW)
    widgets = [
        _widget("text", (0, 0, COLUMNS, _HEAD), _text(head)),
        _widget("alarm", (0, _HEAD, COLUMNS, height), _alarm_states(alarms)),
    ]
    y = _HEAD + height
    for place, row in enumerate(dashboard.rows):
        if dashboard.headings:
            widgets.append(
                _widget("text", (0, y, COLUMNS, _HEADING), _text(f"## {dashboard.headings[place]}"))
            )
            y += _HEADING
        tall = max(_NUMBERS if chart.view in FIGURES else _CHART for chart in row)
        width = COLUMNS // len(row)
        for number, chart in enumerate(row):
            x = number * width
            widgets.append(_widget("metric", (x, y, width, tall), _chart(chart, dashboard.period)))
            widgets.append(_widget("text", (x, y + tall, width, _NOTE), _text(note(chart))))
        y += tall + _NOTE
    return {"start": dashboard.start, "periodOverride": "inherit", "widgets": widgets}


def _widget(kind: str, place: tuple[int, int, int, int], properties: Widget) -> Widget:
    """A widget at a place: x, y, width and height."""
    x, y, width, height = place
    return {"x": x, "y": y, "width": width, "height": height, "type": kind, "properties": properties}


def _text(markdown: str) -> Widget:
    return {"markdown": markdown, "background": "transparent"}


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
        "view": "singleValue" if chart.view in FIGURES else "timeSeries",
        "stacked": chart.view is ChartView.AREAS,
        "period": period,
        "metrics": [
            line
            for number, one in enumerate(chart.series)
            for line in _lines(one, f"m{number}", filled=chart.view is ChartView.LINES)
        ],
    }
    if chart.view in FIGURES:
        return shown | {"setPeriodToTimeRange": chart.view is ChartView.NUMBERS, "sparkline": False}
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
