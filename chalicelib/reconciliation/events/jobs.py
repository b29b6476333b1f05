"""The worker of Stream's events."""

from chalice.app import Blueprint, SQSEvent

from chalicelib.core import queues
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.reconciliation.events import worker

hook_jobs = Blueprint(__name__)


@hook_jobs.on_sqs_message(queue_arn=queues.arn("hooks"), batch_size=1, name="work_on_hooks")
@observed
def work_on_hooks(event: SQSEvent) -> Failed:
    """Work on events of Stream; returns the messages to deliver again."""
    return queues.work_on(event.to_dict(), worker.work)
