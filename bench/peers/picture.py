"""The results as an SVG: a bar per framework, and the goal for ours. Equal results give equal bytes."""

from collections.abc import Iterator
from typing import NamedTuple

from bench.peers.cold import Cold
from bench.peers.contestants import FRAMEWORKS, OURS, POWERTOOLS, REFERENCE
from bench.peers.targets import COLD, WARM
from bench.peers.warm import Warm
from chalicelib.core.markup import Html

_WIDTH, _MARGIN = 900, 32
_NAMES, _FIGURES = 262, 302  # where they end: left of the bars, so no line crosses a figure
_BARS, _UNIT = 310, 260  # the left edge of the bars, and the width of the ratio 1
_WIDEST = 540
_ROW, _HEIGHT = 22, 15
_TOP, _HEAD, _GAP = 92, 26, 22

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2733 }
.title { font-size: 20px; font-weight: 600 }
.group { font-size: 14px; font-weight: 600 }
.small { font-size: 11px; fill: #5a6673 }
.ours { fill: #1f6f8b }
.peer { fill: #b8c4ce }
.one { stroke: #5a6673; stroke-dasharray: 3 3 }
.goal { stroke: #c0392b; stroke-width: 3 }
.left { text-anchor: end }
"""


class _Bar(NamedTuple):
    label: str
    ratio: float
    is_ours: bool
    goal: float | None


class _Group(NamedTuple):
    title: str
    bars: list[_Bar]


def as_svg(warm: Warm, cold: Cold) -> str:
    """Draw a group of bars for each job, and one for the cold starts."""
    groups = [*_warm(warm), _cold(cold)]
    drawn: list[str] = []
    y = _TOP
    for group in groups:
        drawn += _draw(group, y)
        y += _HEAD + _ROW * len(group.bars) + _GAP
    reading = "CPU time, shorter is better. Dashed line: the reference. Red: the goal for this project."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" role="img">',
            "<title>The same functions in several frameworks</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>',
            f'<text class="title" x="{_MARGIN}" y="36">The same functions in several frameworks</text>',
            f'<text class="small" x="{_MARGIN}" y="56">{reading}</text>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _warm(warm: Warm) -> Iterator[_Group]:
    for job, of in warm.items():
        bars = [
            _Bar(name, of[name].ratio_to(of[POWERTOOLS]), name == OURS, WARM[job] if name == OURS else None)
            for name in FRAMEWORKS
        ]
        yield _Group(f"{job}: a warm request, {POWERTOOLS} = 1", bars)


def _cold(cold: Cold) -> _Group:
    bars = [
        _Bar(f"{one.job}, {one.framework}", own.ratio_to(cold[REFERENCE]), one.is_ours, COLD.get(one))
        for one, own in cold.items()
    ]
    return _Group(f"a cold start, {REFERENCE.framework} = 1", bars)


def _draw(group: _Group, y: int) -> Iterator[str]:
    yield f'<text class="group" x="{_MARGIN}" y="{y + 4}">{Html.escape(group.title)}</text>'
    top = y + _HEAD - 10
    unit = min(_UNIT, _WIDEST / max(bar.ratio for bar in group.bars))
    for number, bar in enumerate(group.bars):
        yield from _draw_bar(bar, unit, top + number * _ROW)
    x, end = round(_BARS + unit, 1), top + len(group.bars) * _ROW
    yield f'<line class="one" x1="{x}" y1="{top - 4}" x2="{x}" y2="{end}"/>'


def _draw_bar(bar: _Bar, unit: float, y: int) -> Iterator[str]:
    width, base = round(bar.ratio * unit, 1), y + _HEIGHT - 3
    yield f'<text class="left" x="{_NAMES}" y="{base}">{Html.escape(bar.label)}</text>'
    yield f'<text class="left" x="{_FIGURES}" y="{base}">{bar.ratio:.2f}</text>'
    kind = "ours" if bar.is_ours else "peer"
    yield f'<rect class="{kind}" x="{_BARS}" y="{y}" width="{width}" height="{_HEIGHT}"/>'
    if bar.goal is not None:
        x = round(_BARS + bar.goal * unit, 1)
        yield f'<line class="goal" x1="{x}" y1="{y - 3}" x2="{x}" y2="{y + _HEIGHT + 3}"/>'
