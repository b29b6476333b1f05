"""The worker of uploaded papers. Its function has a package of its own, with Pillow (ADR 101)."""

from chalice.app import Blueprint, SQSEvent

from chalicelib.core import queues
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.rights.papers import cleaning

paper_jobs = Blueprint(__name__)


@paper_jobs.on_sqs_message(queue_arn=queues.arn("papers"), batch_size=1, name="clean_images")
@observed
def clean_images(event: SQSEvent) -> Failed:
    """Clean each uploaded object; returns the messages to deliver again."""
    return queues.work_on(event.to_dict(), lambda body: cleaning.process(queues.key_of_upload(body)))
