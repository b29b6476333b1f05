"""Runs a scheduled function now, beside its schedule, as EventBridge does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.ops.refused import CommandRefused

# What else an event of EventBridge has.
_EVENT = {
    "version": "0",
    "id": "by-an-operator",
    "account": "",
    "region": "",
    "source": "ru4m.operations",
    "detail-type": "Scheduled Event",
    "resources": [],
}


class RunFailed(CommandRefused):
    """The run failed; the function's log has the reason."""


def run(account: AwsAccount, stage: str, job: str, detail: Mapping[str, object]) -> dict[str, Any]:
    """Run a job with some details; return its answer, mostly counts. It may take fifteen minutes.

    Raises:
        RunFailed: the function failed.
    """
    event = _EVENT | {"time": clock.to_text(clock.now()), "detail": dict(detail)}
    return invoke(account, stage, job, event)


def invoke(account: AwsAccount, stage: str, job: str, event: Mapping[str, object]) -> dict[str, Any]:
    """Run a job with an event; return its answer.

    Raises:
        RunFailed: the function failed.
    """
    # Another client would send the call again after a minute, which would begin another run.
    answer: dict[str, Any] = account.patient_client("lambda").invoke(
        FunctionName=f"ru4m-{stage}-{job}", Payload=json.dumps(event).encode()
    )
    counts: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RunFailed(f"The run failed. The log of {job} has the reason.")
    return counts
