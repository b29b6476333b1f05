"""The jobs that bring our state to Stream and compare it, and the worker of Stream's events."""

import os
from datetime import timedelta

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent, Rate, SQSEvent

from chalicelib.core import clock, metrics, observe, queues
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.reconciliation import events, service, unsent
from chalicelib.reconciliation.cases import lost_users
from chalicelib.stream.model import StreamRefused

reconciliation_jobs = Blueprint(__name__)

# The function may run for fifteen minutes.
LONGEST = 13 * MINUTE

# The template sets the real stream; Chalice needs a placeholder for packaging.
_STREAM = os.environ.get("RU4M_ACCOUNTS_STREAM", "arn:aws:dynamodb:eu-central-1:0:table/a/stream/b")
# The functions may run for 29 and 55 seconds; the last call takes up to 12.
_OF_THE_STREAM, _OF_A_MINUTE = timedelta(seconds=15), timedelta(seconds=40)


@reconciliation_jobs.on_dynamodb_record(stream_arn=_STREAM, batch_size=100)
@observed
def sync_chat_profiles(event: DynamoDBEvent) -> None:
    """Send changed users, their blocks and conversations to Stream; what it does not take stays due."""
    changes = (record["dynamodb"] for record in event.to_dict()["Records"])
    unsent.send_changed(changes, clock.now() + _OF_THE_STREAM)


@reconciliation_jobs.schedule(Rate(1, unit=Rate.MINUTES), name="send_unsent")
@observed
def send_unsent(_: CloudWatchEvent) -> None:
    """Send to Stream what it did not take."""
    unsent.send_due(clock.now() + _OF_A_MINUTE)


@reconciliation_jobs.schedule(Rate(1, unit=Rate.HOURS), name="reconcile_chat")
@observed
def reconcile_chat(event: CloudWatchEvent) -> dict[str, int]:
    """Look for erased users at Stream, and delete those who are found (STR-5); returns the counts of the run.

    The detail `{"dry_run": true}` only counts, and `{"release": true}` lets a blocked job go on.
    """
    deadline = clock.now() + LONGEST
    if event.detail.get("dry_run"):
        return service.count(deadline).counts
    if event.detail.get("release"):
        return {"released": int(service.release())}
    counts = service.run(deadline).counts
    _review_cases()
    return counts


def _review_cases() -> None:
    """Count the open cases (STR-6), and close those of users who are back at Stream."""
    try:
        open_cases = lost_users.review()
    except (StreamRefused, Unavailable) as error:  # the next run, in an hour, does it
        observe.log_failure("cases_not_reviewed", error)
        return
    metrics.gauge(Metric.STREAM_CASES_OPEN, open_cases.number)
    metrics.gauge(Metric.STREAM_CASE_OLDEST_DAYS, open_cases.oldest_days)


@reconciliation_jobs.on_sqs_message(queue_arn=queues.arn("hooks"), batch_size=1, name="work_on_hooks")
@observed
def work_on_hooks(event: SQSEvent) -> Failed:
    """Work on events of Stream; returns the messages to deliver again."""
    return queues.work_on(event.to_dict(), events.work)
