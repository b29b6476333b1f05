"""Jobs that announce new versions of notices."""

import os
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.consents.announcements import run as announcement_run
from chalicelib.core import clock, metrics, queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.core.settings import settings

notice_jobs = Blueprint(__name__)

# The template sets the real queue; Chalice needs a placeholder for packaging.
_QUEUE = os.environ.get("RU4M_ANNOUNCEMENTS_QUEUE_ARN", "arn:aws:sqs:eu-central-1:0:announcements")

# Time for the step that is running when the run's time is up: one mail and its writes.
_LAST_STEP = timedelta(seconds=30)


@notice_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="announce_notices")
@observed
def announce_notices(_: CloudWatchEvent) -> dict[str, int]:
    """Send each shard of accounts that has to learn of a version to a worker (NOT-1)."""
    found = announcement_run.send_due_shards()
    metrics.gauge(Metric.NOTICE_SHARDS_DUE, len(found.shards))  # also 0: an alarm fires if it is missing
    metrics.gauge(Metric.NOTICE_SHARDS_ABANDONED, found.abandoned)
    metrics.gauge(Metric.NOTICE_STANDSTILL_MINUTES, found.standstill_minutes)
    return {"due": len(found.shards), "abandoned": found.abandoned}


@notice_jobs.on_sqs_message(queue_arn=_QUEUE, batch_size=1, name="announce_to_shard")
@observed
def announce_to_shard(event: SQSEvent) -> Failed:
    """Announce versions to accounts of shards (NOT-1); returns the messages to deliver again."""
    context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    until = clock.now() + left - _LAST_STEP - settings().fan_out.mail_interval

    def announce(body: str) -> None:
        if named := announcement_run.parse_message(body):
            announcement_run.announce_to_shard(*named, until)

    return queues.work_on(event.to_dict(), announce)
