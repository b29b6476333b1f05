"""Jobs of notices."""

import os
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SNSEvent

from chalicelib.core import clock, metrics
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.messages import reports
from chalicelib.notices import announcement, announcement_run

notice_jobs = Blueprint(__name__)

# The template sets the real topic; Chalice needs a placeholder for packaging.
_TOPIC = os.environ.get("RU4M_MAIL_TOPIC", "arn:aws:sns:eu-central-1:0:mail")

# Time for the step that is running when the run's time is up: one mail and its writes.
_LAST_STEP = timedelta(seconds=30)


@notice_jobs.schedule(Rate(10, unit=Rate.MINUTES), name="announce_notices")
@observed
def announce_notices(event: CloudWatchEvent) -> None:
    """Announce new versions to accounts (NOT-1), until shortly before Lambda stops the run."""
    context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    taken_over = announcement_run.announce(clock.now() + left - _LAST_STEP)
    metrics.gauge(Metric.NOTICE_SHARDS_TAKEN_OVER, taken_over)  # also 0: an alarm fires if it is missing


@notice_jobs.on_sns_message(topic=_TOPIC, name="note_bounces")
@observed
def note_bounces(event: SNSEvent) -> None:
    """Show the notice in the app to each account that its mail did not reach."""
    for record in event.to_dict()["Records"]:
        if mail_id := reports.lost_mail(record["Sns"]["Message"]):
            announcement.record_bounce(mail_id)
