"""Tests the dashboards: their grammar and layout, their cost, and that no metric is without a reader."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from chalicelib.core.metrics import Metric
from infra.costs.prices import PRICES
from infra.costs.stage import watching
from infra.dashboards import alarms_by_dashboard, dashboards, layout
from infra.dashboards.figures import resolved
from infra.dashboards.stack import Stack, on_aws
from infra.dashboards.widgets import Chart, ChartView, Dashboard
from tests.infra.templates import Template, of_type, plain
from tests.support.clouds import emitted_metrics

ROOT = Path(__file__).parents[2]
GRAMMAR = json.loads((ROOT / "infra" / "dashboards" / "grammar.schema.json").read_text())
NAMES = ("service", "privacy", "privacy-detail", "capacity")
PROMISES = {
    name for of in yaml.safe_load((ROOT / "docs" / "promises.yaml").read_text()).values() for name in of
}
FIRST_SCREEN = 20  # rows of the grid
DAY, WEEK = 86_400, 7 * 86_400

Body = dict[str, Any]

# The names of AWS contain colons, so that an ARN has its parts only once they are replaced.
_PARAMETERS = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "0" * 12}


@pytest.fixture(scope="module")
def stack(service: Template) -> Stack:
    return Stack.of(service)


@pytest.fixture(scope="module")
def boards(stack: Stack) -> dict[str, Dashboard]:
    return {board.name: board for board in dashboards(stack)}


@pytest.fixture(scope="module")
def bodies(service: Template) -> dict[str, Body]:
    """Return the bodies in the built template, by the names of the dashboards without the stage."""
    found = (r["Properties"] for r in of_type(service, "AWS::CloudWatch::Dashboard").values())
    return {
        plain(p["DashboardName"]).removeprefix("ru4m-${Stage}-"): json.loads(
            resolved(plain(p["DashboardBody"]), _PARAMETERS)
        )
        for p in found
    }


@pytest.fixture(scope="module")
def grammar() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(GRAMMAR)


def test_template_has_each_dashboard_once(bodies: dict[str, Body]) -> None:
    assert bodies.keys() == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_body_is_valid_against_the_grammar_of_cloudwatch(
    name: str, bodies: dict[str, Body], grammar: jsonschema_rs.Validator
) -> None:
    assert [error.message for error in grammar.iter_errors(bodies[name])] == []


def _without_region(body: Body) -> None:
    del _first(body, "metric")["region"]


def _unknown_property(body: Body) -> None:
    _first(body, "metric")["colour"] = "red"


def _unknown_view(body: Body) -> None:
    _first(body, "metric")["view"] = "lines"


def _unknown_statistic(body: Body) -> None:
    _first(body, "metric")["metrics"][0][-1]["stat"] = "Median"


def _line_without_label(body: Body) -> None:
    del _first(body, "metric")["metrics"][0][-1]["label"]


def _too_wide(body: Body) -> None:
    body["widgets"][0]["width"] = 25


def _no_alarm(body: Body) -> None:
    _first(body, "alarm")["alarms"] = []


def _name_instead_of_arn(body: Body) -> None:
    _first(body, "alarm")["alarms"][0] = "ru4m-local-no-purge"


def _text_without_markdown(body: Body) -> None:
    del _first(body, "text")["markdown"]


def _first(body: Body, kind: str) -> Body:
    return next(w["properties"] for w in body["widgets"] if w["type"] == kind)


@pytest.mark.parametrize(
    "spoil",
    [
        _without_region,
        _unknown_property,
        _unknown_view,
        _unknown_statistic,
        _line_without_label,
        _too_wide,
        _no_alarm,
        _name_instead_of_arn,
        _text_without_markdown,
    ],
)
def test_grammar_refuses_a_spoiled_body(
    spoil: Callable[[Body], None], bodies: dict[str, Body], grammar: jsonschema_rs.Validator
) -> None:
    body = copy.deepcopy(bodies["service"])
    spoil(body)
    assert not grammar.is_valid(body)


@pytest.mark.parametrize("name", NAMES)
def test_widgets_neither_overlap_nor_leave_the_grid(name: str, bodies: dict[str, Body]) -> None:
    taken: dict[tuple[int, int], int] = {}
    for number, widget in enumerate(bodies[name]["widgets"]):
        assert widget["x"] + widget["width"] <= layout.COLUMNS
        xs = range(widget["x"], widget["x"] + widget["width"])
        ys = range(widget["y"], widget["y"] + widget["height"])
        for cell in itertools.product(xs, ys):
            assert cell not in taken, (number, taken[cell])
            taken[cell] = number


@pytest.mark.parametrize("name", NAMES)
def test_alarms_are_on_top_and_each_chart_has_its_sentences_below(name: str, bodies: dict[str, Body]) -> None:
    head, alarms, *rest = bodies[name]["widgets"]
    assert (head["type"], alarms["type"]) == ("text", "alarm")
    rest = [one for one in rest if not one["properties"].get("markdown", "").startswith("## ")]
    assert [widget["type"] for widget in rest] == ["metric", "text"] * (len(rest) // 2)
    for chart, note in zip(rest[::2], rest[1::2], strict=True):
        assert (note["x"], note["width"]) == (chart["x"], chart["width"])
        assert note["y"] == chart["y"] + chart["height"]
        assert note["properties"]["markdown"].startswith("**Good:** ")
        assert " **Otherwise:** " in note["properties"]["markdown"]


def test_sentences_fit_under_their_chart(boards: dict[str, Dashboard]) -> None:
    """A text of two rows shows about four lines of 60 letters under a chart of eight columns."""
    for board in boards.values():
        for row in board.rows:
            for chart in row:
                assert len(chart.good) + len(chart.otherwise) <= 4 * 8 * layout.COLUMNS // len(row), (
                    chart.title
                )


def test_first_screen_of_privacy_has_what_a_manager_needs(
    bodies: dict[str, Body], boards: dict[str, Dashboard]
) -> None:
    assert max(one["y"] + one["height"] for one in bodies["privacy"]["widgets"]) <= FIRST_SCREEN
    charts = [chart for row in boards["privacy"].rows for chart in row]
    shown = sum(len(one.series) if one.view is ChartView.NEWEST else 1 for one in charts)
    assert 6 <= shown <= 9
    assert {one.metric for one in boards["privacy"].series} == {
        "InboxOpen", "InboxDue", "RightsOverdue", "RightsDaysToDeadline", "ErasureCertified",
        "ErasureUnproven", "ErasureFoundAgain", "BreachesOpen", "BreachHoursToDeadline", "ConsentGiven",
        "ConsentWithdrawn", "PurgeOldestMinutes",
    }  # fmt: skip
    first = _first(bodies["privacy"], "alarm")["alarms"][0]
    assert first.endswith("promise-broken")


def test_each_row_of_the_detail_names_the_promises_that_it_is_about(boards: dict[str, Dashboard]) -> None:
    board = boards["privacy-detail"]
    named = [re.findall(r"[A-Z]{3}-\d+", heading) for heading in board.headings]
    assert len(named) == len(board.rows)
    assert all(named)
    assert {one for names in named for one in names} <= PROMISES


def test_figure_over_the_whole_time_is_a_sum_and_a_state_is_the_newest(bodies: dict[str, Body]) -> None:
    """The highest value of a week would say that an answer is overdue which was sent days ago."""
    for body in bodies.values():
        for shown in (one["properties"] for one in body["widgets"] if one["type"] == "metric"):
            if shown["view"] == "singleValue":
                stats = {one[-1]["stat"] for one in shown["metrics"]}
                assert shown["setPeriodToTimeRange"] == (stats == {"Sum"}), shown["title"]


def test_every_alarm_of_the_template_is_on_a_dashboard(stack: Stack) -> None:
    shown = {alarm.name for alarms in alarms_by_dashboard(stack).values() for alarm in alarms}
    assert shown == {alarm.name for alarm in (*stack.alarms, *stack.composites)}
    assert len(stack.alarms) > 50


def test_alarms_of_a_dashboard_name_alarms_of_the_template(
    service: Template, bodies: dict[str, Body]
) -> None:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    named = {plain(r["Properties"]["AlarmName"]) for kind in kinds for r in of_type(service, kind).values()}
    for body in bodies.values():
        arns = _first(body, "alarm")["alarms"]
        assert {arn.partition(":alarm:")[2] for arn in arns} <= named


def test_alarm_judges_at_most_a_day_or_seven_days_of_hours(service: Template) -> None:
    """CloudWatch refuses others: an alarm looks back a day, or seven days with periods of an hour or more."""
    for name, alarm in of_type(service, "AWS::CloudWatch::Alarm").items():
        properties = on_aws(alarm["Properties"])
        periods = [properties["Period"]] if "Period" in properties else [
            one["MetricStat"]["Period"] for one in properties["Metrics"] if "MetricStat" in one
        ]  # fmt: skip
        for period in periods:
            assert period * properties["EvaluationPeriods"] <= (WEEK if period >= 3600 else DAY), name


def test_each_metric_of_the_registry_has_a_reader_and_no_reader_names_another(
    stack: Stack, boards: dict[str, Dashboard]
) -> None:
    charted = {one.metric for board in boards.values() for one in board.series if one.namespace == "RU4M"}
    judged = {metric for alarm in stack.alarms for space, metric in alarm.metrics if space == "RU4M"}
    assert charted | judged == {metric.label for metric in Metric}


def test_series_of_a_gauge_with_a_dimension_always_names_a_value(boards: dict[str, Dashboard]) -> None:
    """Such a metric has no total, so a chart of it would stay empty."""
    gauges = {metric.label for metric in emitted_metrics.gauges_by_value()}
    assert "RightsOpenByRight" in gauges
    for board in boards.values():
        for one in board.series:
            assert one.metric not in gauges or len(one.dimensions) == 2, one


def test_functions_queues_and_tables_of_charts_are_those_of_the_template(
    service: Template, stack: Stack, functions: dict[str, Template]
) -> None:
    assert {*stack.serving} | {*stack.jobs} == {*functions}
    assert {"signup", "access_token"} <= {*stack.serving}
    assert {"sweep_rights", "sync_chat_profiles"} <= {*stack.jobs}
    queues = {plain(r["Properties"]["QueueName"]) for r in of_type(service, "AWS::SQS::Queue").values()}
    assert {*stack.queues} | {*stack.dead_queues} == queues
    assert len(stack.dead_queues) >= 3
    assert {*stack.tables} <= service["Parameters"].keys()
    assert len(stack.tables) == 9


@pytest.fixture(scope="module")
def bill(service: Template) -> dict[str, tuple[int, float]]:
    """Return how many of each a stage has at most, and its price in dollars a month in eu-central-1.

    All stages of an account share the free tier, so it is not subtracted.
    """
    names = {
        "metrics": "custom metrics",
        "dashboards": "dashboards",
        "alarms": "metrics in alarms",
        "composite_alarms": "composite alarms",
    }
    return {names[item]: (number, PRICES[item].dollars) for item, number in watching(service).items()}


def test_metrics_dashboards_and_alarms_of_a_stage_cost_less_than_the_budget(
    bill: dict[str, tuple[int, float]],
) -> None:
    assert 0 < sum(number * price for number, price in bill.values()) <= 132  # dollars a month
    assert bill["custom metrics"][0] < 10_000  # the price of the first ten thousand applies


def test_limits_page_states_the_cost_of_a_stage(bill: dict[str, tuple[int, float]]) -> None:
    page = (ROOT / "docs" / "limits.md").read_text()
    for what, (number, price) in bill.items():
        assert f"| {what} | {number} | {price:.2f} | {number * price:.2f} |" in page
    whole = sum(number * price for number, price in bill.values())
    assert f"| in all | | | {whole:.2f} |" in page


def test_row_of_charts_fills_the_width(boards: dict[str, Dashboard]) -> None:
    for board in boards.values():
        for row in board.rows:
            assert layout.COLUMNS % len(row) == 0


def test_every_chart_has_a_title_of_its_own_and_whole_sentences(boards: dict[str, Dashboard]) -> None:
    for board in boards.values():
        charts: list[Chart] = [chart for row in board.rows for chart in row]
        assert len({chart.title for chart in charts}) == len(charts)
        for chart in charts:
            assert (chart.good[-1], chart.otherwise[-1]) == (".", "."), chart.title
            assert chart.view in (ChartView.NUMBERS, ChartView.NEWEST) or chart.unit


def test_gateway_publishes_no_metrics_per_route(service: Template) -> None:
    settings = service["Resources"]["RestAPI"]["Properties"]["MethodSettings"]
    assert settings
    assert not any(one["MetricsEnabled"] for one in settings)
    assert plain(service["Resources"]["RestAPI"]["Properties"]["Name"]) == "ru4m-${Stage}"
