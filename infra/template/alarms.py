"""CloudFormation resources of the alarms: one for each row of the table, and the composite.

Each alarm notifies on its own, beside the composite: a second broken promise must not stay silent because the
composite is in ALARM already. The text of an alarm is the meaning that its section of docs/runbook.md states:
a section for each alarm, with five named paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from infra.template.alarm_rows import AlarmRow, AlarmSeverity, Value
from infra.template.alarm_table import ALARMS, COMPOSITE

RUNBOOK = Path(__file__).parent.parent.parent / "docs" / "runbook.md"
PARTS = ("Meaning", "Needs", "First look", "Remedy", "Test")
_SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^#|\Z)", re.DOTALL | re.MULTILINE)
_PART = re.compile(r"^\*\*([A-Z][a-z ]+)\.\*\* (.+?)(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)
_Runbook: TypeAlias = Mapping[str, Mapping[str, str]]  # as `read_runbook` returns it

_KEPT = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
_OTHER_TOPIC = {"Fn::If": ["WithOtherAlarmTopic", {"Ref": "OtherAlarmTopic"}, {"Ref": "AWS::NoValue"}]}
_RECEIVERS = [{"Ref": "AlarmTopic"}, _OTHER_TOPIC]
_NOTIFIES = {"AlarmActions": _RECEIVERS, "OKActions": _RECEIVERS}


def alarm_resources() -> dict[str, dict[str, Any]]:
    """All alarms as resources by their logical id.

    Raises:
        KeyError: an alarm has no section in the runbook.
    """
    runbook = read_runbook(RUNBOOK)
    found = {row.logical_id: _alarm(row, runbook) for row in ALARMS}
    return found | {"PromiseBrokenAlarm": _composite(ALARMS, runbook)}


def full_name(name: str) -> str:
    """The name of an alarm in CloudWatch, with the stage as a parameter of the template."""
    return f"ru4m-${{Stage}}-{name}"


def rule(rows: Iterable[AlarmRow]) -> str:
    """The rule of the composite: one alarm that means a broken promise is enough."""
    return " OR ".join(f'ALARM("{full_name(row.name)}")' for row in rows if row.breaks)


def _alarm(row: AlarmRow, runbook: _Runbook) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "AlarmName": {"Fn::Sub": full_name(row.name)},
        "AlarmDescription": _description(row.section, row.severity, runbook),
        **(_on_aws(_difference(row), _metric(row)) if row.without else _metric(row)),
        "EvaluationPeriods": row.periods,
        "DatapointsToAlarm": row.datapoints or row.periods,
        "Threshold": {"Ref": row.parameter} if row.parameter else row.threshold,
        "ComparisonOperator": row.comparison,
        "TreatMissingData": row.missing,
        **_NOTIFIES,
    }
    return {"Type": "AWS::CloudWatch::Alarm", **_KEPT, "Properties": properties}


def _on_aws(there: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """Properties on AWS, and on the emulator, whose CloudFormation makes no alarm on an expression."""
    nothing = {"Ref": "AWS::NoValue"}
    return {
        name: {"Fn::If": ["OnAws", there.get(name, nothing), here.get(name, nothing)]}
        for name in (*there, *here)
    }


def _metric(row: AlarmRow) -> dict[str, Any]:
    percentile = row.statistic.startswith("p")
    return {
        "Namespace": row.namespace,
        "MetricName": row.metric,
        "Dimensions": _dimensions(row.dimensions),
        "ExtendedStatistic" if percentile else "Statistic": row.statistic,
        "Period": row.period,
    }


def _difference(row: AlarmRow) -> dict[str, Any]:
    """The metric over all functions, less that of one; missing data of the one is zero."""

    def part(name: str, dimensions: Mapping[str, Value]) -> dict[str, Any]:
        metric = {
            "Namespace": row.namespace,
            "MetricName": row.metric,
            "Dimensions": _dimensions(dimensions),
        }
        stat = {"Metric": metric, "Period": row.period, "Stat": row.statistic}
        return {"Id": name, "MetricStat": stat, "ReturnData": False}

    whole, one = part("whole", {}), part("one", {"FunctionName": {"Ref": row.without}})
    return {"Metrics": [whole, one, {"Id": "rest", "Expression": "whole - FILL(one, 0)", "Label": row.name}]}


def _dimensions(named: Mapping[str, Value]) -> list[dict[str, Value]]:
    return [{"Name": name, "Value": value} for name, value in named.items()]


def _composite(rows: Iterable[AlarmRow], runbook: _Runbook) -> dict[str, Any]:
    broken = [row for row in rows if row.breaks]
    properties = {
        "AlarmName": {"Fn::Sub": full_name(COMPOSITE)},
        # Each alarm behind it notifies too, with a severity of its own.
        "AlarmDescription": _description(COMPOSITE, AlarmSeverity.TODAY, runbook),
        "AlarmRule": {"Fn::Sub": rule(broken)},
        **_NOTIFIES,
    }
    return {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Condition": "OnAws",  # the emulator has no such resource; infra/local/deployed makes the alarm
        **_KEPT,
        "DependsOn": [row.logical_id for row in broken],
        "Properties": properties,
    }


def _description(name: str, severity: AlarmSeverity, runbook: _Runbook) -> str:
    """The text of a notification; a receiver may filter by its beginning."""
    return f"Severity: {severity}. {runbook[name]['Meaning']} See docs/runbook.md#{name}"


class BadSection(ValueError):
    """A section of the runbook lacks a paragraph, or has others."""


def read_runbook(page: Path) -> dict[str, dict[str, str]]:
    """Read what an operator reads about each alarm: the five paragraphs by their names, by the alarm's name.

    Raises:
        BadSection: a section lacks one of the five paragraphs, or an alarm has two sections.
    """
    found: dict[str, dict[str, str]] = {}
    for name, text in _SECTION.findall(page.read_text(encoding="utf-8")):
        parts = {part: " ".join(words.split()) for part, words in _PART.findall(text)}
        if tuple(parts) != PARTS:
            raise BadSection(f"{name} has the paragraphs {', '.join(parts) or 'none'}")
        if name in found:
            raise BadSection(f"{name} has two sections")
        found[name] = parts
    return found
