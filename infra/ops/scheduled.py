"""Runs a scheduled function now, beside its schedule, as EventBridge does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.ops.refused import CommandRefused


class RunFailed(CommandRefused):
    """The run failed; the function's log has the reason."""


def event(detail: Mapping[str, object] = MappingProxyType({})) -> dict[str, object]:
    """Return an event as EventBridge sends it by a schedule, of now."""
    return {
        "version": "0", "id": "by-an-operator", "account": "", "region": "",
        "time": clock.to_text(clock.now()), "source": "ru4m.operations",
        "detail-type": "Scheduled Event", "resources": [], "detail": dict(detail),
    }  # fmt: skip


def run(account: AwsAccount, stage: str, job: str, detail: Mapping[str, object]) -> dict[str, Any]:
    """Run a job with some details; return its answer, mostly counts. It may take fifteen minutes.

    Raises:
        RunFailed: the function failed.
    """
    # Another client would send the call again after a minute, which would begin another run.
    answer: dict[str, Any] = account.patient_client("lambda").invoke(
        FunctionName=f"ru4m-{stage}-{job}", Payload=json.dumps(event(detail)).encode()
    )
    counts: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RunFailed(f"The run failed. The log of {job} has the reason.")
    return counts
