"""Runs jobs whose work is spread over workers: the schedule, and a worker for each message that it sent.

A worker that is killed or fails ends the run. Its message and those behind it are lost, as at worst on AWS.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest import mock

from chalicelib.consents.jobs import announce_notices, announce_to_shard
from chalicelib.core import metrics
from chalicelib.core.metrics import Metric
from chalicelib.retention.consent_jobs import renew_consents, renew_shard
from tests.support.clouds.cloud import take_messages
from tests.support.jobs.events import Context, messages
from tests.support.world.builders import a_schedule_event

WORKER_TIME = 300  # seconds, as configured
_count = metrics.count


def announce(seconds: int = WORKER_TIME) -> None:
    """Announce to all shards that are due; each worker has this much time."""
    take_messages("announcements")
    announce_notices(a_schedule_event(), Context())
    work_on_announcements(seconds)


def work_on_announcements(seconds: int = WORKER_TIME) -> None:
    """Let a worker work on each message that waits."""
    for body in take_messages("announcements"):
        assert announce_to_shard(messages(body), Context(seconds)) == {"batchItemFailures": []}


def renew(seconds: int = WORKER_TIME) -> dict[str, int]:
    """Renew all shards that are due; return how many accounts were renewed or failed, and items deleted.

    If messages have to be delivered again, their number is in the result too.
    """
    take_messages("renewals")
    renew_consents(a_schedule_event(), Context())
    return renewed_by(*take_messages("renewals"), seconds=seconds)


def renewed_by(*bodies: str, seconds: int = WORKER_TIME) -> dict[str, int]:
    """Let a worker work on each message; return the counts of all of them."""
    counts: Counter[Metric] = Counter()

    def count(metric: Metric, number: int = 1, of: str | None = None) -> None:
        counts[metric] += number
        _count(metric, number, of)

    failed: list[Any] = []
    for body in bodies:
        with mock.patch.object(metrics, "count", count):
            failed += renew_shard(messages(body), Context(seconds))["batchItemFailures"]
    return {
        **({"redelivered": len(failed)} if failed else {}),
        "renewed": counts[Metric.CONSENT_EVIDENCE_RENEWED],
        "failed": counts[Metric.CONSENT_EVIDENCE_AT_RISK],
        "deleted": counts[Metric.CONSENT_DATA_DELETED],
    }
