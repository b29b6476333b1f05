"""Tests how the local cloud judges alarms: as CloudWatch does."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.judging import judged

NOW = 1_000_000.0


def an_alarm(**changes: Any) -> dict[str, Any]:
    standard = {
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    return standard | changes


def points(*at: tuple[float, float]) -> list[dict[str, Any]]:
    """Return points by their age in seconds and value."""
    return [{"Timestamp": NOW - age, "Value": value} for age, value in at]


def statistic(alarm: dict[str, Any], found: list[dict[str, Any]]) -> float:
    values = [one["Value"] for one in found]
    known = {"Sum": sum(values), "Maximum": max(values), "Minimum": min(values), "SampleCount": len(values)}
    return float(known[alarm["Statistic"]])


def judge(alarm: dict[str, Any], *at: tuple[float, float]) -> str | None:
    return judged(alarm, points(*at), NOW, statistic)


def test_points_of_the_period_are_added_up_and_older_ones_are_not() -> None:
    alarm = an_alarm(Threshold=2)
    assert judge(alarm, (10, 2), (20, 1)) == "ALARM"
    assert judge(alarm, (10, 2), (301, 1)) == "OK"


def test_all_periods_have_to_breach_unless_fewer_are_needed() -> None:
    alarm = an_alarm(EvaluationPeriods=3)
    assert judge(alarm, (10, 1), (310, 1)) == "OK"
    assert judge(alarm, (10, 1), (310, 1), (610, 1)) == "ALARM"
    assert judge(alarm | {"DatapointsToAlarm": 1}, (610, 1)) == "ALARM"
    assert judge(alarm | {"DatapointsToAlarm": 1}, (901, 1)) == "OK"


@pytest.mark.parametrize(("missing", "state"), [("breaching", "ALARM"), ("notBreaching", "OK")])
def test_missing_data_is_judged_as_the_alarm_says(missing: str, state: str) -> None:
    assert judge(an_alarm(TreatMissingData=missing)) == state


def test_missing_job_fires_until_a_run_emits_anything() -> None:
    alarm = an_alarm(
        Statistic="SampleCount",
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    assert judge(alarm) == "ALARM"
    assert judge(alarm, (299, 0)) == "OK"
    assert judge(alarm, (301, 0)) == "ALARM"


def test_figure_is_judged_by_its_newest_emission_and_keeps_its_state_without_any() -> None:
    alarm = an_alarm(Statistic="Maximum", TreatMissingData="ignore")
    assert judge(alarm) is None
    assert judge(alarm, (5000, 1)) == "ALARM"
    assert judge(alarm, (5000, 1), (3, 0)) == "OK"
    assert judge(alarm, (3, 1), (5000, 0)) == "ALARM"


def test_figure_of_several_runs_fires_only_if_each_breaches() -> None:
    alarm = an_alarm(Statistic="Maximum", TreatMissingData="ignore", EvaluationPeriods=3)
    assert judge(alarm, (3, 1), (2, 1)) is None
    assert judge(alarm, (3, 1), (2, 1), (1, 1)) == "ALARM"
    assert judge(alarm, (3, 1), (2, 1), (1, 0)) == "OK"


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", {6}),
        ("GreaterThanOrEqualToThreshold", {5, 6}),
        ("LessThanThreshold", {4}),
        ("LessThanOrEqualToThreshold", {4, 5}),
    ],
)
def test_value_is_compared_with_the_threshold(comparison: str, breaching: set[int]) -> None:
    alarm = an_alarm(Threshold=5, ComparisonOperator=comparison)
    assert {value for value in (4, 5, 6) if judge(alarm, (1, value)) == "ALARM"} == breaching
