"""Draws a stage's published figures as an SVG. The output is deterministic.

Reads only published figures; no command of operations reads an event (USE-6). The commands run with the
operator's role, which decides what they may read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.core.markup import Html
from chalicelib.core.table.items import plain
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage.figures import Figure, Figures
from infra.deployment.account import AwsAccount

_WIDTH, _MARGIN = 1120, 40
_ROW, _BAR_HEIGHT = 56, 34
_BARS, _BARS_WIDTH = 420, 500  # left edge and width of the bars
_NUMBERS = 950
_TOP = 116
_DATES = 5  # below the bars, at most

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2733 }
.title { font-size: 20px; font-weight: 600 }
.purpose { font-size: 14px; font-weight: 600 }
.small { font-size: 11px; fill: #5a6673 }
.bar { fill: #1f6f8b }
.axis { stroke: #c9d1d9 }
.head { font-size: 11px; font-weight: 600; fill: #5a6673 }
.left { text-anchor: end }
.middle { text-anchor: middle }
"""


def published(account: AwsAccount, table: str, last: date, days: int) -> list[Figures]:
    """Return the published figures of these days, oldest first; at most 100 days."""
    wanted = [last - timedelta(days=before) for before in range(days)]
    keys = [{"pk": {"S": f"day#{day}"}, "sk": {"S": "figures"}} for day in wanted]
    dynamodb, asked = account.client("dynamodb"), {table: {"Keys": keys}}
    found: list[Figures] = []
    while asked:
        answer = dynamodb.batch_get_item(RequestItems=asked)
        for item in map(plain, answer["Responses"][table]):
            content = {name: value for name, value in item.items() if name in Figures.model_fields}
            found.append(Figures.model_validate(content))
        asked = answer.get("UnprocessedKeys")
    return sorted(found, key=lambda figures: figures.day)


@dataclass(frozen=True)
class _Group:
    """A group, by the days on which it was published."""

    label: str
    detail: str
    days: dict[date, Figure]

    @property
    def latest(self) -> Figure:
        return self.days[max(self.days)]


def as_svg(figures: Sequence[Figures]) -> str:
    """Draw a row per group and a bar per day.

    A bar is a number of accounts; few or none give no bar.
    """
    days = [published_day.day for published_day in figures]
    drawn: list[str] = []
    y = _TOP
    for purpose in (Purpose.ANALYTICS, Purpose.DIAGNOSTICS):
        groups = _groups(figures, purpose)
        if groups:
            drawn.append(f'<text class="purpose" x="{_MARGIN}" y="{y}">{Html.escape(purpose.value)}</text>')
            drawn += _heads(y)
            y += 12
        for group in groups:
            drawn += _row(group, days, y)
            y += _ROW
        if groups:
            drawn += _dates(days, y + 4)
            y += 48
    span = f"{_words(days[0])} to {_words(days[-1])}" if days else "no day is published yet"
    fewest = (
        f"Accounts per day, {span}. Groups under {figures[0].fewest} accounts are not shown."
        if days
        else span
    )
    height = y + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>Usage: published figures</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text class="title" x="{_MARGIN}" y="34">Usage</text>',
            f'<text class="small" x="{_MARGIN}" y="54">{Html.escape(fewest)}</text>',
            f'<text class="small" x="{_MARGIN}" y="70">{_READING}</text>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _groups(figures: Sequence[Figures], purpose: Purpose) -> list[_Group]:
    """Return the groups of a purpose, largest first, with the rest at the end."""
    found: dict[tuple[str, str], dict[date, Figure]] = {}
    for published_day in figures:
        for figure in published_day.figures:
            if figure.purpose is purpose:
                found.setdefault(_names(figure), {})[published_day.day] = figure
    groups = [_Group(label, detail, days) for (label, detail), days in found.items()]
    return sorted(groups, key=lambda g: (g.latest.name is None, -g.latest.accounts, g.label, g.detail))


def _names(figure: Figure) -> tuple[str, str]:
    parts = (figure.screen, figure.fault, figure.app_version, figure.platform)
    if figure.name is None:
        return "all others", "groups too small to be shown separately"
    return figure.name, " · ".join(part for part in parts if part)


_READING = (
    "A bar is the number of accounts on a day. Each row has its own scale, up to the figure at its left. "
    "A day without a bar had too few accounts, or is not published yet."
)


def _heads(y: int) -> Iterator[str]:
    """The heads of the columns."""
    for x, text in ((_BARS, "accounts on each day (UTC)"), (_NUMBERS, "newest day with a figure")):
        yield f'<text class="head" x="{x}" y="{y}">{text}</text>'


def _dates(days: Sequence[date], y: int) -> Iterator[str]:
    """The dates below the bars: evenly spaced, the first and the last included."""
    step, last = _BARS_WIDTH / len(days), len(days) - 1
    wanted = min(_DATES, len(days))
    for number in sorted({round(last * one / max(wanted - 1, 1)) for one in range(wanted)}):
        x = _BARS + (number + 0.5) * step - 1
        yield f'<text class="small middle" x="{x:.1f}" y="{y}">{_words(days[number])}</text>'


def _words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _row(group: _Group, days: Sequence[date], y: int) -> Iterator[str]:
    base = y + _BAR_HEIGHT + 6
    yield f'<text x="{_MARGIN}" y="{y + 22}">{Html.escape(group.label)}</text>'
    yield f'<text class="small" x="{_MARGIN}" y="{y + 38}">{Html.escape(group.detail)}</text>'
    yield f'<line class="axis" x1="{_BARS}" y1="{base}" x2="{_BARS + _BARS_WIDTH}" y2="{base}"/>'
    most = max(figure.accounts for figure in group.days.values())
    yield f'<text class="small left" x="{_BARS - 6}" y="{base - _BAR_HEIGHT + 8}">{most}</text>'
    yield f'<text class="small left" x="{_BARS - 6}" y="{base}">0</text>'
    step = _BARS_WIDTH / len(days)
    for number, day in enumerate(days):
        if figure := group.days.get(day):
            height, tooltip = max(2, round(_BAR_HEIGHT * figure.accounts / most)), _tooltip(day, figure)
            yield (
                f'<rect class="bar" x="{_BARS + number * step:.1f}" y="{base - height}" '
                f'width="{max(step - 2, 1):.1f}" height="{height}"><title>{tooltip}</title></rect>'
            )
    latest = group.latest
    mean = f", {latest.mean_duration_ms / 1000:.1f} s" if latest.mean_duration_ms is not None else ""
    at_least = "≥ " if latest.name is None else ""
    yield f'<text x="{_NUMBERS}" y="{y + 22}">{at_least}{latest.accounts} accounts</text>'
    yield f'<text class="small" x="{_NUMBERS}" y="{y + 38}">{latest.events} events{mean}</text>'


def _tooltip(day: date, figure: Figure) -> str:
    return f"{day}: {figure.accounts} accounts, {figure.events} events"
