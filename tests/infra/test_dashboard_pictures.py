"""Tests the pictures of dashboards: size, ground and content, from points of a short run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from infra.dashboards import alarms_by_dashboard, dashboards, layout
from infra.dashboards.figures import Points, Span, resolved
from infra.dashboards.picture import PictureContent, draw
from infra.dashboards.stack import Stack
from infra.dashboards.widgets import Dashboard, Series
from infra.local.pictures import IMAGES, span_since
from tests.infra.templates import Template
from tests.support import patches

START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SPAN = Span(START, START + timedelta(minutes=2), 5)
NAMES = ("service", "privacy", "privacy-detail", "capacity")


@pytest.fixture(scope="module")
def stack(service: Template) -> Stack:
    return Stack.of(service)


def board_of(stack: Stack, name: str) -> Dashboard:
    return replace(next(one for one in dashboards(stack) if one.name == name), period=SPAN.period)


def some_points(board: Dashboard) -> dict[Series, Points]:
    """Return three points of every second series."""
    return {
        one: [(START + timedelta(seconds=5 * step), float(step)) for step in (1, 2, 4)]
        for one in board.series[::2]
    }


def texts_of(figure: Figure) -> list[str]:
    axes = [text.get_text() for one in figure.axes for text in one.texts]
    return [text.get_text() for text in figure.texts] + axes


def save_nothing(figure: Figure, to: BytesIO, **_: object) -> None:
    """Save one pixel instead of a figure, for tests that read its texts: drawing takes seconds."""
    Image.new("RGB", (1, 1)).save(to, format="png")


def drawn(
    stack: Stack,
    name: str,
    to: Path,
    *,
    empty: bool = False,
    points: dict[Series, Points] | None = None,
    legends: list[list[str]] | None = None,
) -> list[str]:
    """Draw a dashboard; return its texts, and add the labels of each legend to `legends`."""
    figures: list[Figure] = []

    def kept(**options: object) -> Figure:
        figures.append(Figure(**options))  # type: ignore[arg-type]
        return figures[-1]

    patches.current().setattr("infra.dashboards.picture.Figure", kept)
    board, alarms = board_of(stack, name), alarms_by_dashboard(stack)[name]
    points = {} if empty else some_points(board) if points is None else points
    states = {alarm.name.removeprefix("ru4m-${Stage}-"): "OK" for alarm in alarms[1:]}
    shown = PictureContent(SPAN, points, states)
    draw(board, 300, layout.body(board, alarms), shown, to)
    if legends is not None:
        of_axes = [axes.get_legend() for axes in figures[0].axes]
        legends += [[text.get_text() for text in one.get_texts()] for one in of_axes if one]
    return texts_of(figures[0])


@pytest.mark.proof
@pytest.mark.parametrize("name", NAMES)
def test_picture_has_the_size_of_its_layout_and_is_not_blank(name: str, stack: Stack, tmp_path: Path) -> None:
    drawn(stack, name, tmp_path / "a.png")
    body = layout.body(board_of(stack, name), alarms_by_dashboard(stack)[name])
    rows = max(widget["y"] + widget["height"] for widget in body["widgets"])
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1776, int(rows * 43))
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 100


def test_picture_shows_each_heading_title_and_sentence(stack: Stack, tmp_path: Path) -> None:
    patches.current().setattr(Figure, "savefig", save_nothing)
    shown = drawn(stack, "privacy-detail", tmp_path / "a.png")
    whole = " ".join(" ".join(shown).split())
    board = board_of(stack, "privacy-detail")
    for row in board.rows:
        for chart in row:
            assert chart.title in shown
            assert chart.good.replace("`", "") in whole
            assert chart.otherwise.replace("`", "") in whole
    assert shown.count("Good:") == shown.count("Otherwise:") == sum(map(len, board.rows))
    assert [one for one in board.headings if one not in shown] == []


@pytest.mark.proof
def test_chart_without_points_says_why(stack: Stack, tmp_path: Path) -> None:
    shown = drawn(stack, "service", tmp_path / "a.png", empty=True)
    assert "API Gateway publishes these figures on AWS.\nThe local cloud does not." in shown
    assert "Nothing of this kind happened in this run." in shown
    charts = [chart for row in board_of(stack, "service").rows for chart in row]
    said = [text for text in shown if text.startswith("Shows: ")]
    assert len(said) == len(charts) - 1  # the numbers show -- instead


def test_legend_names_eight_series_and_groups_the_others(stack: Stack, tmp_path: Path) -> None:
    patches.current().setattr(Figure, "savefig", save_nothing)
    charts = {one.title: one for row in board_of(stack, "service").rows for one in row}
    starts = charts["Cold starts, by function"].series[:12]
    legends: list[list[str]] = []
    points: dict[Series, Points] = {one: [(START, number + 1.0)] for number, one in enumerate(starts)}
    drawn(stack, "service", tmp_path / "a.png", points=points, legends=legends)
    assert legends == [[*(one.label for one in reversed(starts[4:])), "other (4)"]]


def test_state_is_drawn_as_its_newest_value(stack: Stack, tmp_path: Path) -> None:
    overdue = next(one for one in board_of(stack, "privacy").series if one.metric == "RightsOverdue")
    shown = drawn(
        stack,
        "privacy",
        tmp_path / "a.png",
        points={overdue: [(START, 7.0), (START + timedelta(seconds=5), 0.0)]},
    )
    figures = [text for text in shown if text in ("--", "0", "7")]
    assert figures == ["--", "--", "0", "--", "--", "--"]


@pytest.mark.proof
def test_alarms_are_counted_by_state(stack: Stack, tmp_path: Path) -> None:
    number = len(alarms_by_dashboard(stack)["capacity"])
    shown = drawn(stack, "capacity", tmp_path / "a.png")
    assert f"Alarms: {number - 1} OK, 1 no data yet" in shown


def test_parameters_are_replaced_as_cloudformation_does() -> None:
    assert resolved("ru4m-${Stage}-${Other}", {"Stage": "local"}) == "ru4m-local-${Other}"


@pytest.mark.parametrize(("seconds", "step"), [(20, 5), (190, 5), (201, 10), (1000, 30), (9000, 300)])
def test_steps_grow_with_the_run_and_cover_it(seconds: int, step: int) -> None:
    span = span_since(START + timedelta(seconds=3), lambda: START + timedelta(seconds=3 + seconds))
    assert span.period == step
    assert span.start <= START + timedelta(seconds=3)
    assert span.end > START + timedelta(seconds=3 + seconds)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_the_docs_exist_and_have_the_width_of_a_page(name: str) -> None:
    with Image.open(IMAGES / f"dashboard-{name}.png") as image:
        assert image.width == 1776
