"""The worker of the queue `resync`, which sends accounts to Stream again."""

import os

from chalice.app import Blueprint, SQSEvent

from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.stream.users import resync

chat_jobs = Blueprint(__name__)

# The template sets the real queue; Chalice needs a placeholder for packaging.
_RESYNC = os.environ.get("RU4M_RESYNC_QUEUE_ARN", "arn:aws:sqs:eu-central-1:0:resync")


@chat_jobs.on_sqs_message(queue_arn=_RESYNC, batch_size=10, name="resync_chat_profiles")
@observed
def resync_chat_profiles(event: SQSEvent) -> Failed:
    """Bring accounts that failed to Stream, as they are now; returns the messages to deliver again."""
    return resync.work(event.to_dict())
