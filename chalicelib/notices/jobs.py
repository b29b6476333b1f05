"""Jobs of notices."""

import os
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SNSEvent, SQSEvent

from chalicelib.breaches.subject_notices import notice as breach_notice
from chalicelib.core import clock, metrics, queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.core.settings import settings
from chalicelib.messages import reports
from chalicelib.notices import announcement, announcement_queue, announcement_run
from chalicelib.retention.idle import warnings

notice_jobs = Blueprint(__name__)

# The template sets the real topic and queue; Chalice needs placeholders for packaging.
_TOPIC = os.environ.get("RU4M_MAIL_TOPIC", "arn:aws:sns:eu-central-1:0:mail")
_QUEUE = os.environ.get("RU4M_ANNOUNCEMENTS_QUEUE_ARN", "arn:aws:sqs:eu-central-1:0:announcements")

# Time for the step that is running when the run's time is up: one mail and its writes.
_LAST_STEP = timedelta(seconds=30)


@notice_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="announce_notices")
@observed
def announce_notices(_: CloudWatchEvent) -> dict[str, int]:
    """Send each shard of accounts that has to learn of a version to a worker (NOT-1)."""
    found = announcement_queue.send_due()
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
        if named := announcement_queue.parse(body):
            announcement_run.announce_to_shard(*named, until)

    return queues.work_on(event.to_dict(), announce)


@notice_jobs.on_sns_message(topic=_TOPIC, name="note_bounces")
@observed
def note_bounces(event: SNSEvent) -> None:
    """Show the notice in the app to each account that its mail did not reach.

    So is a notice of a breach (SEC-4). An account that a warning of its closing did not reach is closed later
    (RET-5).
    """
    for record in event.to_dict()["Records"]:
        if mail_id := reports.lost_mail(record["Sns"]["Message"]):
            announcement.record_bounce(mail_id)
            breach_notice.record_bounce(mail_id)
            warnings.record_return(mail_id)
