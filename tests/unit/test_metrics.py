"""Tests the registry of metrics: its EMF lines, its closed dimensions, and that code emits each metric."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.accounts.challenges import budgets
from chalicelib.accounts.challenges.model import ChallengePurpose
from chalicelib.consents.model import ASKED_FOR
from chalicelib.core import metrics
from chalicelib.core.contract_words import InnerLimit, LimitName
from chalicelib.core.countries import SERVED
from chalicelib.core.metrics import OTHER, Dimension, DimensionMissing, Metric
from chalicelib.rights.request.terms import Right
from tests.support.clouds import emitted_metrics, environment

ROOT = Path(__file__).parents[2]
Lines = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.variables().items():
        monkeypatch.setenv(name, value)
    metrics.forget()


def flushed(capsys: pytest.CaptureFixture[str]) -> Lines:
    metrics.flush()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def dimensions_of(line: dict[str, Any]) -> list[list[str]]:
    (published,) = line["_aws"]["CloudWatchMetrics"]
    found: list[list[str]] = published["Dimensions"]
    return found


def test_counts_and_gauges_without_dimension_share_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(Metric.CODE_WRONG)
    metrics.count(Metric.CODE_WRONG, 2)
    metrics.gauge(Metric.RIGHTS_OVERDUE, 0)
    (line,) = flushed(capsys)
    assert (line["CodeWrong"], line["RightsOverdue"], line["service"]) == ([1, 2], [0], "ru4m-staging")
    assert dimensions_of(line) == [["service"]]


def test_count_with_a_dimension_adds_to_the_total_and_to_its_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.count(Metric.TOKEN_REFUSED, of="expired")
    metrics.count(Metric.TOKEN_REFUSED, of="no_token")
    total, *values = flushed(capsys)
    assert total["TokenRefused"] == [1, 1]
    assert dimensions_of(total) == [["service"]]
    assert {line["reason"]: line["TokenRefused"] for line in values} == {"expired": [1], "no_token": [1]}
    assert all(sorted(*dimensions_of(line)) == ["reason", "service"] for line in values)


def test_gauge_with_a_dimension_sets_only_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.gauge(Metric.RIGHTS_OPEN_BY_RIGHT, 0, of="access")
    (line,) = flushed(capsys)
    assert (line["right"], line["RightsOpenByRight"]) == ("access", [0])


@pytest.mark.promise("SEC-1")
def test_value_that_is_not_listed_is_counted_as_other(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(Metric.REQUEST_LIMITED, of="+381601234567")
    text = json.dumps(flushed(capsys))
    assert '"limit": "other"' in text
    assert "381601234567" not in text


def test_second_flush_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(Metric.TOKEN_REFUSED, of="expired")
    assert len(flushed(capsys)) == 2
    assert flushed(capsys) == []


def test_forgotten_metrics_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(Metric.TOKEN_REFUSED, of="expired")
    metrics.forget()
    assert flushed(capsys) == []


def test_count_of_zero_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(Metric.CODE_WRONG, 0)
    assert flushed(capsys) == []


@pytest.mark.parametrize(("metric", "of"), [(Metric.TOKEN_REFUSED, None), (Metric.CODE_WRONG, "expired")])
def test_value_is_required_exactly_for_metrics_with_a_dimension(metric: Metric, of: str | None) -> None:
    with pytest.raises(DimensionMissing):
        metrics.count(metric, of=of)
    with pytest.raises(DimensionMissing):
        metrics.gauge(metric, 1, of=of)


def listed(dimension: Dimension) -> set[str]:
    return {*dimension.values} - {OTHER}


def test_closed_lists_repeat_those_of_the_concepts() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert listed(Dimension.RIGHT) == {*Right}
    # These codes are counted with `other`: a further value of these metrics costs a dollar a month.
    assert listed(Dimension.CODE) == {*ChallengePurpose} - {
        ChallengePurpose.RECOVERY,
        ChallengePurpose.REPORT,
        ChallengePurpose.SUPPORT,
    }
    assert listed(Dimension.PURPOSE) == {purpose.value for purpose in ASKED_FOR}
    assert listed(Dimension.BUDGET) == {budgets.PER_COUNTRY.name, budgets.IN_ALL.name}
    assert listed(Dimension.FUNCTION) == {*config["lambda_functions"]} - {"api_handler"}
    assert listed(Dimension.COUNTRY) < SERVED


def test_every_limit_of_a_function_that_refuses_a_caller_is_listed() -> None:
    assert listed(Dimension.LIMIT) == {*LimitName} - {LimitName.REQUESTS} | {
        InnerLimit.OPERATOR_CALLS,
        InnerLimit.SUBJECT_LOOKUPS,
    }


def test_code_emits_each_metric_of_the_registry() -> None:
    assert emitted_metrics.named() == {*Metric}


def test_no_two_metrics_have_the_same_label() -> None:
    assert len({metric.label for metric in Metric}) == len(Metric)


def test_metric_names_are_unique() -> None:
    labels = [metric.label for metric in Metric]
    assert len(labels) == len(set(labels))
