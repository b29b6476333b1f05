"""The worker of uploaded avatars. Its function has the package of images, with Pillow (ADR 103)."""

from chalice.app import Blueprint, SQSEvent

from chalicelib.accounts.avatars import cleaning
from chalicelib.core import queues
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed

avatar_jobs = Blueprint(__name__)


@avatar_jobs.on_sqs_message(queue_arn=queues.arn("avatars"), batch_size=1, name="clean_avatars")
@observed
def clean_avatars(event: SQSEvent) -> Failed:
    """Clean each uploaded avatar; returns the messages to deliver again."""
    return queues.work_on(event.to_dict(), lambda body: cleaning.process(queues.key_of_upload(body)))
