"""Draws a dashboard as CloudWatch lays it out, from the metrics of a local run. Only dev tools import it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # draws without a display

from matplotlib import dates, ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from PIL import Image

from infra.dashboards import layout
from infra.dashboards.figures import Points, Span
from infra.dashboards.layout import COLUMNS, Widget
from infra.dashboards.widgets import Chart, ChartView, Dashboard, Series

_COLUMN, _ROW = 0.74, 0.43  # inches; a picture is 17.8 wide
_DPI = 100
_INK, _SOFT, _GRID, _PAGE, _CARD = "#16191f", "#545b64", "#e3e7eb", "#f2f3f3", "#ffffff"
_STATES = {"OK": "#1d8102", "ALARM": "#d13212", "INSUFFICIENT_DATA": "#879596"}
_STATE_WORDS = {"OK": "OK", "ALARM": "in alarm", "INSUFFICIENT_DATA": "no data yet"}
_COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f",
    "#bcbd22", "#17becf", "#66c2a5", "#fc8d62", "#8da0cb", "#e78ac3", "#a6d854", "#ffd92f",
)  # fmt: skip
_OTHER = "#b6bec4"  # of all series that the legend does not name
_MOST_IN_LEGEND = 9
_LETTERS = 15  # per inch of a note
# What the local cloud does not publish; a chart without points says so.
_ON_AWS_ONLY = {
    "AWS/ApiGateway": "API Gateway", "AWS/Lambda": "Lambda", "AWS/SQS": "SQS", "AWS/DynamoDB": "DynamoDB",
}  # fmt: skip


@dataclass(frozen=True)
class PictureContent:
    """What a picture shows beside the dashboard itself."""

    span: Span
    points: Mapping[Series, Points]
    states: Mapping[str, str]  # of alarms, by their names without the stage


@dataclass(frozen=True)
class _Box:
    """The place of a widget; lengths are inches from its top left corner."""

    figure: Figure
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, figure: Figure, widget: Widget, rows: int) -> _Box:
        """The place of a widget, with a gap around it."""
        gap = 0.05
        return cls(
            figure,
            widget["x"] * _COLUMN + gap,
            (rows - widget["y"]) * _ROW - (gap if widget["type"] != "text" else 0),
            widget["width"] * _COLUMN - 2 * gap,
            widget["height"] * _ROW - (gap if widget["type"] != "text" else 0),
        )

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """New axes inside of the box, with these margins."""
        whole_width, whole_height = self.figure.get_size_inches()
        return self.figure.add_axes(
            (
                (self.left + left) / whole_width,
                (self.top - self.height + bottom) / whole_height,
                (self.width - left - right) / whole_width,
                (self.height - top - bottom) / whole_height,
            )
        )

    def card(self) -> None:
        """Draw the white ground of a widget."""
        axes = self.axes(0, 0, 0, 0)
        axes.axis("off")
        axes.set(xlim=(0, self.width), ylim=(0, self.height))
        card = Rectangle((0, 0), self.width, self.height, linewidth=0.8, edgecolor=_GRID, facecolor=_CARD)
        axes.add_patch(card)

    def text(self, x: float, y: float, text: str, size: float = 8.5, **more: Any) -> None:  # noqa: ANN401 - matplotlib's own
        """Write a text at a place of the box."""
        whole_width, whole_height = self.figure.get_size_inches()
        at = ((self.left + x) / whole_width, (self.top - y) / whole_height)
        self.figure.text(*at, text, fontsize=size, **{"color": _INK, "va": "top", **more})


def draw(dashboard: Dashboard, on_aws: int, body: Widget, shown: PictureContent, to: Path) -> None:
    """Write the picture of a dashboard as a PNG file; `on_aws` is the period of its points on AWS."""
    widgets = body["widgets"]
    rows = max(widget["y"] + widget["height"] for widget in widgets)
    size = (COLUMNS * _COLUMN, rows * _ROW)
    figure = Figure(figsize=size, dpi=_DPI, facecolor=_PAGE)
    charts = iter([chart for row in dashboard.rows for chart in row])
    for number, widget in enumerate(widgets):
        box = _Box.of(figure, widget, rows)
        if number == 0:
            _draw_head(box, dashboard, on_aws, shown.span)
        elif widget["type"] == "alarm":
            _draw_alarms(box, widget["properties"]["alarms"], shown.states)
        elif widget["type"] == "metric":
            chart = next(charts)
            _draw_chart(box, chart, shown)
        elif (markdown := widget["properties"]["markdown"]).startswith("## "):
            box.text(0.05, 0.12, markdown.removeprefix("## "), 12, weight="bold")
        else:
            _draw_note(box, markdown)
    to.parent.mkdir(parents=True, exist_ok=True)
    with BytesIO() as whole:
        figure.savefig(whole, format="png", dpi=_DPI, facecolor=_PAGE)
        # 256 colours: a third of the size, with no visible difference.
        Image.open(whole).convert("RGB").quantize(256).save(to, optimize=True)


def _draw_head(box: _Box, dashboard: Dashboard, on_aws: int, span: Span) -> None:
    box.text(0.05, 0.1, dashboard.title, 19, weight="bold")
    box.text(0.05, 0.5, dashboard.purpose, 10.5)
    day, begins, ends = f"{span.start:%d %B %Y}", f"{span.start:%H:%M}", f"{span.end:%H:%M}"
    local = (
        f"A run of the tour on the local cloud on {day}, {begins} to {ends} UTC, in steps of {span.period} s."
    )
    deployed = f"On AWS the dashboard shows {_length(dashboard.start)} in steps of {layout.words(on_aws)}."
    box.text(box.width - 0.05, 0.14, local, 9, ha="right", color=_SOFT)
    box.text(box.width - 0.05, 0.34, deployed, 9, ha="right", color=_SOFT)


def _length(start: str) -> str:
    return {"-P1D": "the last day", "-P7D": "the last seven days"}[start]


def _draw_alarms(box: _Box, arns: Sequence[str], states: Mapping[str, str]) -> None:
    box.card()
    names = [arn.rsplit(":alarm:", 1)[1].removeprefix("ru4m-${Stage}-") for arn in arns]
    known = {name: states.get(name, "INSUFFICIENT_DATA") for name in names}
    counted = ", ".join(
        f"{number} {_STATE_WORDS[state]}"
        for state in ("ALARM", "OK", "INSUFFICIENT_DATA")
        if (number := sum(one == state for one in known.values()))
    )
    box.text(0.14, 0.1, f"Alarms: {counted}", 10, weight="bold")
    in_row = layout.ALARMS_IN_A_ROW
    axes = box.axes(0.12, 0.38, 0.12, 0.08)
    lines = -(-len(names) // in_row)
    axes.set(xlim=(0, in_row), ylim=(lines, 0))
    axes.axis("off")
    for number, (name, state) in enumerate(known.items()):
        x, y = number % in_row, number // in_row
        axes.add_patch(Rectangle((x + 0.01, y + 0.1), 0.97, 0.78, linewidth=0, facecolor=_STATES[state]))
        axes.text(x + 0.03, y + 0.5, name, color="white", fontsize=9, va="center")


def _draw_note(box: _Box, markdown: str) -> None:
    """Write the sentences under a chart, the words Good and Otherwise in bold."""
    good, otherwise = markdown.replace("`", "").removeprefix("**Good:** ").split(" **Otherwise:** ")
    y = 0.02
    for word, text in (("Good:", good), ("Otherwise:", otherwise)):
        lines = textwrap.wrap(f"{word} {text}", int(box.width * _LETTERS))
        rest = lines[0].removeprefix(word).strip()
        box.text(0.1, y, word, 8.5, weight="bold", color=_SOFT)
        box.text(0.1 + _bold_width(word), y, rest, 8.5, color=_SOFT)
        for line in lines[1:]:
            y += 0.165
            box.text(0.1, y, line, 8.5, color=_SOFT)
        y += 0.18


def _bold_width(word: str) -> float:
    """Return the width of a bold word and a space, in inches."""
    bold = FontProperties(weight="bold", size=8.5)
    return float(TextPath((0, 0), word, prop=bold).get_extents().width) / 72 + 0.06


def _draw_chart(box: _Box, chart: Chart, shown: PictureContent) -> None:
    box.card()
    box.text(0.14, 0.1, chart.title, 10, weight="bold")
    if chart.view in layout.FIGURES:
        _draw_numbers(box, chart, shown)
        return
    filled = {
        one: _with_zeros(one, shown.points[one], shown.span) for one in chart.series if one in shown.points
    }
    if not filled:
        _draw_absence(box, chart)
        return
    sizes = {one: sum(value for _, value in its) for one, its in filled.items()}
    largest = sorted(sizes, key=lambda one: -sizes[one])
    listed = [one for one in largest if sizes[one] or chart.view is ChartView.LINES] or largest
    named = listed if len(listed) <= _MOST_IN_LEGEND else listed[: _MOST_IN_LEGEND - 1]
    colours = dict(zip(named, _COLOURS, strict=False))
    legend_lines = 1 if len(listed) <= 3 else 2 if len(listed) <= 6 else 3
    axes = box.axes(0.55, 0.58, 0.15, 0.34 + 0.17 * legend_lines)
    box.text(0.14, 0.33, layout.axis_label(chart, shown.span.period), 8, color=_SOFT)
    _draw_series(axes, chart, {one: filled[one] for one in largest}, colours, shown.span)
    if chart.bound is not None:
        axes.axhline(chart.bound, color="#d13212", linewidth=1, linestyle="--")
        axes.text(0.995, chart.bound, f"{chart.bound_label} ", transform=axes.get_yaxis_transform(),
                  ha="right", va="bottom", fontsize=8, color="#d13212")  # fmt: skip
    _style(axes, shown.span)
    _draw_legend(axes, colours, len(listed) - len(named))


def _with_zeros(series: Series, its: Points, span: Span) -> Points:
    """Add the zeros of a sum, as the expression FILL does in the dashboard."""
    if series.stat != "Sum":
        return its
    known, step = dict(its), timedelta(seconds=span.period)
    steps = int((span.end - span.start) / step)
    return [(at, known.get(at, 0.0)) for at in (span.start + number * step for number in range(steps))]


def _draw_series(
    axes: Axes, chart: Chart, filled: Mapping[Series, Points], colours: Mapping[Series, str], span: Span
) -> None:
    heights: dict[Any, float] = {}
    for one, its in filled.items():
        times, values = [at for at, _ in its], [value for _, value in its]
        colour = colours.get(one, _OTHER)
        if chart.view is ChartView.AREAS:
            below = [heights.get(at, 0.0) for at in times]
            width = timedelta(seconds=span.period * 0.9)
            axes.bar(
                dates.date2num(times), values, width / timedelta(days=1), below, color=colour, align="edge"
            )
            heights |= {at: under + value for at, under, value in zip(times, below, values, strict=True)}
        else:
            marker = "" if one.stat == "Sum" else "o"
            axes.plot(
                dates.date2num(times), values, color=colour, linewidth=1.6, marker=marker, markersize=3.5
            )
    highest = max([*heights.values()] or [value for its in filled.values() for _, value in its], default=0.0)
    axes.set_ylim(0, max(highest, chart.bound or 0) * 1.18 or 1)
    if highest == 0:
        axes.text(0.5, 0.5, "zero all the time", transform=axes.transAxes, ha="center", color=_SOFT,
                  fontsize=9.5, style="italic")  # fmt: skip


def _style(axes: Axes, span: Span) -> None:
    axes.set_xlim(dates.date2num(span.start), dates.date2num(span.end))
    length = (span.end - span.start).total_seconds()
    axes.xaxis.set_major_locator(dates.SecondLocator(interval=30) if length < 200 else dates.MinuteLocator())
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))
    axes.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=axes.get_ylim()[1] >= 1))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(_number))
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=_SOFT, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)


def _number(value: float, _: object = None) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.2g}"


def _draw_legend(axes: Axes, colours: Mapping[Series, str], others: int) -> None:
    from matplotlib.lines import Line2D

    entries = [(one.label, colour) for one, colour in colours.items()]
    entries += [(f"other ({others})", _OTHER)] if others else []
    handles = [Line2D([], [], color=colour, linewidth=5, label=label) for label, colour in entries]
    left = -0.45 / _width(axes)
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(left, -0.13), ncols=3, fontsize=8, frameon=False,
        handlelength=0.9, columnspacing=1.1, labelcolor=_INK, borderpad=0, labelspacing=0.25,
    )  # fmt: skip


def _width(axes: Axes) -> float:
    """Return the width of axes in inches."""
    return float(axes.get_position().width) * COLUMNS * _COLUMN


def _draw_numbers(box: _Box, chart: Chart, shown: PictureContent) -> None:
    step = box.width / len(chart.series)
    for number, one in enumerate(chart.series):
        figure = _number(_figure(chart, shown.points[one])) if one in shown.points else "--"
        box.text(number * step + 0.25, 0.42, figure, 24, color="#0073bb")
        box.text(number * step + 0.25, 0.95, one.label, 9.5, color=_SOFT)


def _figure(chart: Chart, its: Points) -> float:
    """Return the sum over the whole time, or the newest value."""
    return sum(value for _, value in its) if chart.view is ChartView.NUMBERS else its[-1][1]


def _draw_absence(box: _Box, chart: Chart) -> None:
    """Say why a chart has no points."""
    published = {_ON_AWS_ONLY.get(one.namespace) for one in chart.series} - {None}
    service = next(iter(published), None)
    why = (
        f"{service} publishes these figures on AWS.\nThe local cloud does not."
        if service
        else "Nothing of this kind happened in this run."
    )
    named = [one.label for one in chart.series]
    listed = ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "")
    box.text(box.width / 2, 0.95, why, 9.5, ha="center", color=_SOFT, style="italic")
    lines = textwrap.fill(f"Shows: {listed}", int(box.width * 11.5))
    box.text(0.2, 1.5, lines, 8, color="#879596")
