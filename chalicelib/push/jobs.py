"""The workers of pushes."""

import os
from datetime import timedelta
from functools import partial
from typing import Any

from chalice.app import Blueprint, DynamoDBEvent, SQSEvent

from chalicelib.core import clock, queues
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.push import changes, queue

push_jobs = Blueprint(__name__)

# Time for a person whose phones are being pushed when the time of a run is up.
_LAST_PUSH = timedelta(seconds=10)
# The template sets the real stream; Chalice needs a placeholder for packaging.
_STREAM = os.environ.get("RU4M_ACCOUNTS_STREAM", "arn:aws:dynamodb:eu-central-1:0:table/a/stream/b")


@push_jobs.on_sqs_message(queue_arn=queues.arn("pushes"), batch_size=1, name="push_messages")
@observed
def push_messages(event: SQSEvent) -> Failed:
    """Push new messages, and what the rooms above ask for; returns the messages to deliver again."""
    context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return queues.work_on(event.to_dict(), partial(queue.work, until=clock.now() + left - _LAST_PUSH))


@push_jobs.on_dynamodb_record(stream_arn=_STREAM, batch_size=100)
@observed
def push_changes(event: DynamoDBEvent) -> None:
    """Ask the worker to push what the stream of Accounts shows to concern a person."""
    changes.ask_for_pushes(event.to_dict()["Records"])
