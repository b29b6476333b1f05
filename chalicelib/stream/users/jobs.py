"""The worker of the queue `resync`, which sends accounts to Stream again."""

from chalice.app import Blueprint, SQSEvent

from chalicelib.core import queues
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.stream.users import resync

chat_jobs = Blueprint(__name__)


@chat_jobs.on_sqs_message(queue_arn=queues.arn("resync"), batch_size=10, name="resync_chat_profiles")
@observed
def resync_chat_profiles(event: SQSEvent) -> Failed:
    """Bring accounts that failed to Stream, as they are now; returns the messages to deliver again."""
    return resync.work(event.to_dict())
