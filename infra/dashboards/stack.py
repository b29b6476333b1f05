"""What dashboards show of the built service template: functions, queues, tables and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.template import Template

_FUNCTION, _QUEUE = "AWS::Serverless::Function", "AWS::SQS::Queue"
_ALARM, _COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
_OF_CLIENTS = "InvokePermission"
# Queues whose messages no worker reads: each of them is a failure.
_DEAD = ("-dead", "-failures")


@dataclass(frozen=True)
class StackAlarm:
    """An alarm of the template: its name, and the metrics that it judges; none for a composite one."""

    name: str
    metrics: frozenset[tuple[str, str]]
    judged: int = 1  # how many metrics CloudWatch charges for


@dataclass(frozen=True)
class Stack:
    """The named parts of the service template."""

    serving: tuple[str, ...]  # functions that answer clients
    jobs: tuple[str, ...]  # all other functions
    scheduled: tuple[str, ...]  # the jobs that run by a schedule
    queues: tuple[str, ...]
    dead_queues: tuple[str, ...]
    tables: tuple[str, ...]  # parameters
    alarms: tuple[StackAlarm, ...]
    composites: tuple[StackAlarm, ...]

    @classmethod
    def of(cls, template: Template) -> Stack:
        """Read a service template."""
        resources = template["Resources"]
        functions = {
            logical: r["Properties"]["Environment"]["Variables"]["RU4M_FUNCTION"]
            for logical, r in resources.items()
            if r["Type"] == _FUNCTION
        }
        serving = {name for logical, name in functions.items() if f"{logical}{_OF_CLIENTS}" in resources}
        queues = sorted(_named(r, "QueueName") for r in resources.values() if r["Type"] == _QUEUE)
        return cls(
            serving=tuple(sorted(serving)),
            jobs=tuple(sorted({*functions.values()} - serving)),
            scheduled=tuple(sorted(functions[logical] for logical in _scheduled(resources))),
            queues=tuple(one for one in queues if not one.endswith(_DEAD)),
            dead_queues=tuple(one for one in queues if one.endswith(_DEAD)),
            tables=tuple(sorted(name for name in template["Parameters"] if name.endswith("TableName"))),
            alarms=_alarms(resources, _ALARM),
            composites=_alarms(resources, _COMPOSITE),
        )


def _scheduled(resources: Template) -> list[str]:
    return [
        logical
        for logical, r in resources.items()
        if r["Type"] == _FUNCTION
        and any(event["Type"] == "Schedule" for event in r["Properties"].get("Events", {}).values())
    ]


def _alarms(resources: Template, kind: str) -> tuple[StackAlarm, ...]:
    found = (r for r in resources.values() if r["Type"] == kind)
    alarms = (
        StackAlarm(_named(r, "AlarmName"), frozenset(metrics), max(1, len(metrics)))
        for r in found
        for metrics in [_metrics(r["Properties"])]
    )
    return tuple(sorted(alarms, key=lambda alarm: alarm.name))


def _metrics(alarm: dict[str, Any]) -> list[tuple[str, str]]:
    """The metrics of an alarm on AWS: its own, or those of its expression."""
    alarm = on_aws(alarm)
    stats = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    own = [alarm] if "MetricName" in alarm else []
    return [(one["Namespace"], one["MetricName"]) for one in [*own, *stats]]


def on_aws(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of an alarm without those that only the emulator needs."""
    chosen = {
        name: value["Fn::If"][1] if isinstance(value, dict) and "Fn::If" in value else value
        for name, value in properties.items()
    }
    return {name: value for name, value in chosen.items() if value != {"Ref": "AWS::NoValue"}}


def _named(resource: Template, name: str) -> str:
    value = resource["Properties"][name]
    return str(value["Fn::Sub"] if isinstance(value, dict) else value)
