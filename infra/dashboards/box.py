"""The places of widgets in a picture, in inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from infra.dashboards.layout import Widget

COLUMN, ROW = 0.74, 0.43  # a picture is 17.8 inches wide
INK, GRID = "#16191f", "#e3e7eb"
_CARD = "#ffffff"


@dataclass(frozen=True)
class Box:
    """The place of a widget; lengths are inches from its top left corner."""

    figure: Figure
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, figure: Figure, widget: Widget, rows: int) -> Box:
        """The place of a widget, with a gap around it."""
        gap = 0.05
        return cls(
            figure,
            widget["x"] * COLUMN + gap,
            (rows - widget["y"]) * ROW - (gap if widget["type"] != "text" else 0),
            widget["width"] * COLUMN - 2 * gap,
            widget["height"] * ROW - (gap if widget["type"] != "text" else 0),
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
        axes.add_patch(
            FancyBboxPatch(
                (0, 0), self.width, self.height, boxstyle="square,pad=0", linewidth=0.8, edgecolor=GRID,
                facecolor=_CARD,
            )
        )  # fmt: skip

    def text(self, x: float, y: float, text: str, size: float = 8.5, **more: Any) -> None:  # noqa: ANN401 - matplotlib's own
        """Write a text at a place of the box."""
        whole_width, whole_height = self.figure.get_size_inches()
        at = ((self.left + x) / whole_width, (self.top - y) / whole_height)
        self.figure.text(*at, text, fontsize=size, **{"color": INK, "va": "top", **more})
