"""What a stage has by its templates: schedules, polled queues, memory, keys, metrics, alarms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.metrics import Metric
from infra.build import Package
from infra.costs.model import DAYS
from infra.dashboards.stack import Stack
from infra.template import Template, load

_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}


@dataclass(frozen=True)
class StageParts:
    """The parts of a stage that cost something whether it is used or not."""

    serving: frozenset[str]  # functions that answer clients
    gigabytes: Mapping[str, float]  # memory by function
    runs: Mapping[str, float]  # runs of each schedule in a month
    polled_queues: int
    things: Mapping[str, int]  # what is paid by the month, by the item of its price

    @classmethod
    def of(cls, package: Package) -> StageParts:
        """Read the templates of a package, with the settings' defaults and AWS WAF."""
        service: Template = json.loads(package.template("service").read_text())
        functions = {
            p["Environment"]["Variables"]["RU4M_FUNCTION"]: p
            for p in _properties("AWS::Serverless::Function", service)
        }
        mappings = [event for p in functions.values() for event in p.get("Events", {}).values()]
        (waf,) = _properties("AWS::WAFv2::WebACL", service)
        return cls(
            serving=frozenset(Stack.of(service).serving),
            gigabytes={name: p["MemorySize"] / 1024 for name, p in functions.items()},
            runs=dict(_runs(functions)),
            polled_queues=sum(event["Type"] == "SQS" for event in mappings),
            things=watching(service)
            | {
                "keys": len([*_properties("AWS::KMS::Key", service, load("vault"))]),
                "secrets": len([*_properties("AWS::SecretsManager::Secret", load("vault"))]),
                "waf_lists": 1,
                "waf_rules": len(waf["Rules"]),
            },
        )


def watching(service: Template) -> dict[str, int]:
    """How many metrics, dashboards and alarms a stage has at most, by the item of their price.

    A value of a dimension is a metric of its own, beside the total. CloudWatch charges for an alarm on an
    expression as for its metrics.
    """
    stack = Stack.of(service)
    return {
        "metrics": sum(1 + (len(metric.dimension.values) if metric.dimension else 0) for metric in Metric),
        "dashboards": len([*_properties("AWS::CloudWatch::Dashboard", service)]),
        "alarms": sum(alarm.judged for alarm in stack.alarms),
        "composite_alarms": len(stack.composites),
    }


def _properties(kind: str, *templates: Template) -> Iterator[dict[str, Any]]:
    for template in templates:
        yield from (r["Properties"] for r in template["Resources"].values() if r["Type"] == kind)


def _runs(functions: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """Yield each scheduled function with its runs in a month."""
    for name, properties in functions.items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "Schedule":
                number, unit = event["Properties"]["Schedule"].removeprefix("rate(").rstrip(")").split()
                yield name, DAYS * 24 * 60 / (int(number) * _MINUTES[unit.rstrip("s")])
