"""What rings, and when."""

from __future__ import annotations

import pytest

from chalicelib.core.metrics import Metric
from tests.infra.templates import Template, of_type, plain


@pytest.fixture(scope="module")
def alarms(service: Template) -> dict[str, Template]:
    """Properties of each alarm by its name, without the stage."""
    found = (a["Properties"] for a in of_type(service, "AWS::CloudWatch::Alarm").values())
    return {plain(p["AlarmName"]).removeprefix("ru4m-${Stage}-"): p for p in found}


def test_every_alarm_is_on_a_metric_that_exists_and_on_its_own_stage(alarms: dict[str, Template]) -> None:
    known = {metric.label for metric in Metric}
    for name, alarm in alarms.items():
        assert alarm["MetricName"] in known, name
        assert (alarm["Namespace"], alarm["Statistic"]) == ("RU4M", "Sum"), name
        (dimension,) = alarm["Dimensions"]
        assert (dimension["Name"], plain(dimension["Value"])) == ("service", "ru4m-${Stage}"), name


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("ledger-entry-refused", Metric.ENTRY_REFUSED),
        ("checkpoint-archive-damaged", Metric.ARCHIVE_DAMAGED),
        ("consent-evidence-at-risk", Metric.CONSENT_EVIDENCE_AT_RISK),
    ],
)
def test_one_finding_rings_and_goes_on_ringing(
    name: str, metric: Metric, alarms: dict[str, Template]
) -> None:
    alarm = alarms[name]
    assert alarm["MetricName"] == metric.label
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["TreatMissingData"] == "ignore"


@pytest.mark.promise("SEC-1")
def test_a_day_without_a_checkpoint_rings(alarms: dict[str, Template]) -> None:
    alarm = alarms["no-checkpoint"]
    assert alarm["MetricName"] == Metric.CHECKPOINT_MADE.label
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    hours = alarm["Period"] * alarm["EvaluationPeriods"] / 3600
    assert 25 < hours <= 30  # a Ledger at rest gets one every 24 to 25 hours
    assert alarm["Period"] >= 3600  # CloudWatch looks back further than a day only then
