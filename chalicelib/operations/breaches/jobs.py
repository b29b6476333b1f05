"""Jobs of breaches: the schedule that watches them, and the workers that notify the people affected."""

import os
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.core import clock, metrics, queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.core.settings import settings
from chalicelib.operations.breaches import watch
from chalicelib.operations.breaches.subject_notices import run

breach_jobs = Blueprint(__name__)

# The template sets the real queue; Chalice needs a placeholder for packaging.
_QUEUE = os.environ.get("RU4M_BREACHES_QUEUE_ARN", "arn:aws:sqs:eu-central-1:0:breaches")

# Time for the step that is running when the run's time is up: one mail and its writes.
_LAST_STEP = timedelta(seconds=30)


@breach_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="watch_breaches")
@observed
def watch_breaches(_: CloudWatchEvent) -> dict[str, int]:
    """Measure the deadlines of open breaches, and send work on notices to workers (SEC-4)."""
    found = watch.watch_open()
    figures = found.figures
    metrics.gauge(Metric.BREACHES_OPEN, figures.open)  # also 0: an alarm fires if it is missing
    metrics.gauge(Metric.BREACH_NOTIFICATIONS_OVERDUE, figures.overdue)
    metrics.gauge(Metric.BREACH_SUBJECTS_UNNOTIFIED, figures.unnotified)
    metrics.gauge(Metric.BREACH_NOTICES_UNBEGUN, figures.unbegun)
    metrics.gauge(Metric.BREACH_SHARDS_ABANDONED, found.abandoned)
    metrics.gauge(Metric.BREACH_STANDSTILL_MINUTES, found.standstill_minutes)
    if figures.hours_to_deadline is not None:
        metrics.gauge(Metric.BREACH_HOURS_TO_DEADLINE, figures.hours_to_deadline)
    return {"open": figures.open, "due": found.due, "abandoned": found.abandoned}


@breach_jobs.on_sqs_message(queue_arn=_QUEUE, batch_size=1, name="notify_of_breaches")
@observed
def notify_of_breaches(event: SQSEvent) -> Failed:
    """Notify the people of one part whom a breach affects (SEC-4); returns the messages to deliver again."""
    context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    until = clock.now() + left - _LAST_STEP - settings().fan_out.mail_interval

    def notify(body: str) -> None:
        if named := watch.parse_part(body):
            run.notify_part(*named, until)

    return queues.work_on(event.to_dict(), notify)
