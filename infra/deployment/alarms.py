"""The alarms of a stage in CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.deployment.account import AwsAccount


@dataclass(frozen=True)
class FoundAlarm:
    """An alarm and its state; `name` has no stage."""

    name: str
    state: str
    since: datetime
    reason: str


def prefix(stage: str) -> str:
    """What the names of a stage's alarms begin with."""
    return f"ru4m-{stage}-"


def states(account: AwsAccount, stage: str) -> list[FoundAlarm]:
    """All alarms of a stage."""
    return [_found(one, stage) for one in described(account, prefix(stage))]


def described(account: AwsAccount, name: str) -> Iterator[dict[str, Any]]:
    """Yield all alarms whose names begin with a text, as CloudWatch describes them."""
    pages = account.client("cloudwatch").get_paginator("describe_alarms")
    kinds = ["MetricAlarm", "CompositeAlarm"]
    for page in pages.paginate(AlarmNamePrefix=name, AlarmTypes=kinds):
        yield from page.get("MetricAlarms", ())
        yield from page.get("CompositeAlarms", ())


def _found(alarm: dict[str, Any], stage: str) -> FoundAlarm:
    name = alarm["AlarmName"].removeprefix(prefix(stage))
    return FoundAlarm(name, alarm["StateValue"], alarm["StateUpdatedTimestamp"], alarm.get("StateReason", ""))
