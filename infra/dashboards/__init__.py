"""The dashboards of a stage, made from the registry of metrics and the built template (ADR 41).

grammar.schema.json says what CloudWatch's body of a dashboard may contain. `make dashboards` draws them from
a local run.
"""

from __future__ import annotations

import json

from infra.dashboards import capacity, layout, privacy, service
from infra.dashboards.stack import Stack, StackAlarm
from infra.dashboards.widgets import Dashboard
from infra.template import Template


def dashboards(stack: Stack) -> tuple[Dashboard, ...]:
    """The dashboards of a stage."""
    return service.dashboard(stack), privacy.dashboard(), privacy.detail(), capacity.dashboard(stack)


def alarms_by_dashboard(stack: Stack) -> dict[str, tuple[StackAlarm, ...]]:
    """The alarms on top of each dashboard: composite ones, and those on a metric that it shows.

    An alarm on a metric that no dashboard shows is on top of the first one.
    """
    shown = {board.name: {(one.namespace, one.metric) for one in board.series} for board in dashboards(stack)}
    first = next(iter(shown))
    homes = {
        alarm: {name for name, metrics in shown.items() if alarm.metrics & metrics} or {first}
        for alarm in stack.alarms
    }
    return {
        name: (*stack.composites, *(alarm for alarm in stack.alarms if name in homes[alarm]))
        for name in shown
    }


def dashboard_resources(template: Template) -> Template:
    """Return the CloudFormation resources of the dashboards of a built service template."""
    stack = Stack.of(template)
    alarms = alarms_by_dashboard(stack)
    return {
        f"{board.name.title().replace('-', '')}Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "DashboardName": {"Fn::Sub": f"ru4m-${{Stage}}-{board.name}"},
                "DashboardBody": {"Fn::Sub": json.dumps(layout.body(board, alarms[board.name]))},
            },
        }
        for board in dashboards(stack)
    }
