"""Jobs of breaches: the schedule that watches them, and the workers that notify the people affected."""

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.core import metrics, queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed, ShardJob
from chalicelib.operations.breaches import notices

breach_jobs = Blueprint(__name__)

# A message names a breach and a part whose accounts have to be notified, and no account.
_JOB = ShardJob(
    queue="breaches",
    fields=("breach", "part"),
    abandoned=Metric.BREACH_SHARDS_ABANDONED,
    standstill=Metric.BREACH_STANDSTILL_MINUTES,
)


@breach_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="watch_breaches")
@observed
def watch_breaches(_: CloudWatchEvent) -> dict[str, int]:
    """Measure the deadlines of open breaches, and send work on notices to workers (SEC-4)."""
    figures, due = notices.watch_open()
    sent = _JOB.send(due)
    metrics.gauge(Metric.BREACHES_OPEN, figures.open)  # also 0: an alarm fires if it is missing
    metrics.gauge(Metric.BREACH_NOTIFICATIONS_OVERDUE, figures.overdue)
    metrics.gauge(Metric.BREACH_SUBJECTS_UNNOTIFIED, figures.unnotified)
    metrics.gauge(Metric.BREACH_NOTICES_UNBEGUN, figures.unbegun)
    if figures.hours_to_deadline is not None:
        metrics.gauge(Metric.BREACH_HOURS_TO_DEADLINE, figures.hours_to_deadline)
    return {"open": figures.open, **sent}


@breach_jobs.on_sqs_message(queue_arn=queues.arn(_JOB.queue), batch_size=1, name="notify_of_breaches")
@observed
def notify_of_breaches(event: SQSEvent) -> Failed:
    """Notify the people of one part whom a breach affects (SEC-4); returns the messages to deliver again."""
    return _JOB.work(event, notices.notify_part)
