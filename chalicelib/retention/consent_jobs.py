"""Jobs of consents. They stand here, above consents, since no data under a hold is deleted."""

import os
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.consents import renewal
from chalicelib.core import clock, metrics, queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.retention.holds import service as holds

consent_jobs = Blueprint(__name__)

# The template sets the real queue; Chalice needs any valid ARN to package the function.
_QUEUE = os.environ.get("RU4M_RENEWALS_QUEUE_ARN", "arn:aws:sqs:eu-central-1:0:renewals")

# Time for the account that is being processed when the run's time is up.
_LAST_ACCOUNT = timedelta(seconds=30)


@consent_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="renew_consents")
@observed
def renew_consents(_: CloudWatchEvent) -> dict[str, int]:
    """Send each shard with consents that have work due to a worker (RGT-7)."""
    found = renewal.send_due_shards()
    metrics.gauge(Metric.CONSENT_SHARDS_DUE, len(found.shards))  # also 0: an alarm fires if it is missing
    metrics.gauge(Metric.CONSENT_SHARDS_ABANDONED, found.abandoned)
    metrics.gauge(Metric.CONSENT_STANDSTILL_MINUTES, found.standstill_minutes)
    return {"due": len(found.shards), "abandoned": found.abandoned}


@consent_jobs.on_sqs_message(queue_arn=_QUEUE, batch_size=1, name="renew_shard")
@observed
def renew_shard(event: SQSEvent) -> Failed:
    """Renew evidence and delete data of withdrawn consents; returns the messages to deliver again."""
    context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    until = clock.now() + left - _LAST_ACCOUNT

    def renew(body: str) -> None:
        shard = renewal.parse_message(body)
        run = renewal.renew_shard(shard, until, holds.kinds_held) if shard else None
        if run is None:
            return
        metrics.count(Metric.CONSENT_EVIDENCE_RENEWED, run.renewed)
        metrics.count(Metric.CONSENT_EVIDENCE_AT_RISK, run.failed)
        metrics.count(Metric.CONSENT_DATA_DELETED, run.deleted)

    return queues.work_on(event.to_dict(), renew)
