"""The data map as SVG: records and their retention left, recipients right, lines between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import shorten

from chalicelib.core.markup import Html
from chalicelib.privacy.processing import Row
from chalicelib.privacy.recipients import Recipient

_WIDTH = 1120
_LEFT, _RIGHT = 40, 650  # where the two columns of boxes begin
_BOX, _WIDE, _NARROW = 44, 430, 430
_GAP, _HEAD = 10, 34
_TOP = 70
_COLOURS = ("#1f6f8b", "#b5651d", "#5b7f2b", "#8a3ffc", "#a5304f")

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2733 }
.title { font-size: 20px; font-weight: 600 }
.table { font-size: 12px; font-weight: 600; fill: #5a6673 }
.small { font-size: 11px; fill: #5a6673 }
rect { fill: #f5f7f9; stroke: #c9d1d9; rx: 6 }
path { fill: none; stroke-width: 1.6; opacity: 0.75 }
"""


def as_svg(rows: Sequence[Row]) -> str:
    """Draw the data map. Every record is in our cloud, so AWS has no lines."""
    drawn: list[str] = []
    places: dict[str, int] = {}  # middle of each record's box
    y = _TOP
    for where, held in groupby(rows, key=lambda row: row.where):
        y += _HEAD
        drawn.append(f'<text class="table" x="{_LEFT}" y="{y - 8}">{Html.escape(where)}</text>')
        for row in held:
            drawn += _record(row, y)
            places[row.kind] = y + _BOX // 2
            y += _BOX + _GAP
    others = [recipient for recipient in Recipient if recipient is not Recipient.AWS]
    step = max((y - _TOP) // max(len(others), 1), _BOX + 40)
    for number, recipient in enumerate(others):
        middle = _TOP + step * number + step // 2
        colour = _COLOURS[number % len(_COLOURS)]
        drawn += _lines(rows, recipient, places, middle, colour)
        drawn += _recipient(recipient, middle, colour)
    height = max(y, _TOP + step * len(others)) + 60
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>Data map: records, how long they are kept, and who receives them</title>",
            f"<style>{_STYLE}</style>",
            f'<rect x="0" y="0" width="{_WIDTH}" height="{height}" style="fill:#ffffff;stroke:none"/>',
            f'<text class="title" x="{_LEFT}" y="40">Records, their retention and their recipients</text>',
            *drawn,
            _small(f"All of it runs on {Recipient.AWS.label}, in the EU.", _LEFT, height - 20),
            "</svg>",
            "",
        ]
    )


def _record(row: Row, y: int) -> list[str]:
    return [
        f'<rect x="{_LEFT}" y="{y}" width="{_WIDE}" height="{_BOX}"/>',
        f'<text x="{_LEFT + 12}" y="{y + 18}">{Html.escape(row.kind)}</text>',
        _small(f"kept {row.kept}", _LEFT + 12, y + 34),
    ]


def _recipient(recipient: Recipient, middle: int, colour: str) -> list[str]:
    top = middle - _BOX // 2
    return [
        f'<rect x="{_RIGHT}" y="{top}" width="{_NARROW}" height="{_BOX}" style="stroke:{colour}"/>',
        f'<text x="{_RIGHT + 12}" y="{top + 18}">{Html.escape(recipient.label)}</text>',
        _small(f"{recipient.country}: {recipient.activity}", _RIGHT + 12, top + 34),
    ]


def _lines(
    rows: Sequence[Row], recipient: Recipient, places: dict[str, int], middle: int, colour: str
) -> list[str]:
    start, end = _LEFT + _WIDE, _RIGHT
    bend = (start + end) // 2
    return [
        f'<path d="M{start} {places[row.kind]} C{bend} {places[row.kind]} {bend} {middle} {end} {middle}" '
        f'stroke="{colour}"/>'
        for row in rows
        if recipient in row.recipients
    ]


def _small(text: str, x: int, y: int) -> str:
    """Draw one line of text, cut with an ellipsis if it does not fit."""
    return f'<text class="small" x="{x}" y="{y}">{Html.escape(shorten(text, 68, placeholder=" …"))}</text>'
