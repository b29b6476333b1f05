"""The queues of a stage: what waits, and moving messages that failed back to their workers.

A message is sent before it is deleted: a command that is killed in between leaves a second copy, and the
workers do nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.ops.refused import CommandRefused

_AT_ONCE = 10  # SQS's own
# Seconds in which a received message is hidden, if it is not deleted; a run of a job takes half a minute.
_HIDDEN = 300


class NoSuchQueue(CommandRefused):
    """The stage has no queue of this name; the text lists its queues."""


class NotRedrivable(CommandRefused):
    """The queue takes no failed messages, or it is not known where one came from."""


@dataclass(frozen=True)
class QueueStanding:
    """A queue, and how many messages wait, are in work, and are delayed.

    `name` has no stage; `fails_to` is the ARN of the queue for its failed messages, or "".
    """

    name: str
    url: str
    arn: str
    waiting: int
    in_work: int
    delayed: int
    fails_to: str


@dataclass(frozen=True)
class FailedMessage:
    """A received message, the queue in which it failed, why a worker set it aside, and when it was sent."""

    body: str
    handle: str
    source_arn: str | None
    reason: str = ""
    sent_at: datetime | None = None


def standings(account: AwsAccount, stage: str) -> list[QueueStanding]:
    """All queues of a stage, by name."""
    urls = account.listed("sqs", "list_queues", "QueueUrls", QueueNamePrefix=f"ru4m-{stage}-")
    return sorted((_standing(account, stage, url) for url in urls), key=lambda one: one.name)


def find(account: AwsAccount, stage: str, name: str) -> QueueStanding:
    """One queue of a stage.

    Raises:
        NoSuchQueue: there is none of this name.
    """
    queues = {one.name: one for one in standings(account, stage)}
    if name not in queues:
        raise NoSuchQueue(f"{stage} has no queue {name}; it has {', '.join(queues)}")
    return queues[name]


def sources(account: AwsAccount, stage: str, dead: QueueStanding) -> dict[str, str]:
    """The URL of each queue whose failed messages a queue takes, by ARN."""
    return {one.arn: one.url for one in standings(account, stage) if one.fails_to == dead.arn}


def failed_messages(account: AwsAccount, dead: QueueStanding, maximum: int) -> Iterator[FailedMessage]:
    """Receive at most so many messages; those that are not deleted are visible again later."""
    sqs, left = account.client("sqs"), maximum
    while left > 0:
        answer = sqs.receive_message(
            QueueUrl=dead.url,
            MaxNumberOfMessages=min(left, _AT_ONCE),
            VisibilityTimeout=_HIDDEN,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        received = answer.get("Messages", ())
        if not received:
            return
        left -= len(received)
        for one in received:
            # SQS names the queue of a message that it moved, a worker that of one it set aside.
            notes = {name: note["StringValue"] for name, note in one.get("MessageAttributes", {}).items()}
            given = one.get("Attributes", {})
            source = given.get("DeadLetterQueueSourceArn") or notes.get("source")
            sent = clock.from_epoch(int(given["SentTimestamp"]) // 1000) if "SentTimestamp" in given else None
            yield FailedMessage(one["Body"], one["ReceiptHandle"], source, notes.get("reason", ""), sent)


def look_at(account: AwsAccount, dead: QueueStanding, maximum: int) -> list[FailedMessage]:
    """Receive at most so many messages, and make them visible again."""
    found: list[FailedMessage] = []
    try:
        found.extend(failed_messages(account, dead, maximum))
    finally:
        for one in found:
            account.client("sqs").change_message_visibility(
                QueueUrl=dead.url, ReceiptHandle=one.handle, VisibilityTimeout=0
            )
    return found


def move_back(account: AwsAccount, stage: str, dead: QueueStanding, maximum: int) -> int:
    """Send at most so many failed messages to the queues that they came from; return how many were moved.

    Raises:
        NotRedrivable: the queue takes no failed messages, or a message may come from several queues.
    """
    urls, moved = sources(account, stage, dead), 0
    if not urls:
        raise NotRedrivable(f"{dead.name} takes no messages that failed")
    sqs = account.client("sqs")
    for message in failed_messages(account, dead, maximum):
        sqs.send_message(QueueUrl=_origin(dead, urls, message), MessageBody=message.body)
        sqs.delete_message(QueueUrl=dead.url, ReceiptHandle=message.handle)
        moved += 1
    return moved


def _origin(dead: QueueStanding, urls: Mapping[str, str], message: FailedMessage) -> str:
    if len(urls) == 1:
        (only,) = urls.values()
        return only
    if message.source_arn is None or message.source_arn not in urls:
        raise NotRedrivable(f"It is not known which queue a message of {dead.name} came from")
    return urls[message.source_arn]


def purge(account: AwsAccount, queue: QueueStanding) -> None:
    """Delete all messages of a queue. SQS takes up to a minute, and refuses another purge in that time."""
    account.client("sqs").purge_queue(QueueUrl=queue.url)


def _standing(account: AwsAccount, stage: str, url: str) -> QueueStanding:
    found = _attributes(account, url)
    name = url.rpartition("/")[2].removeprefix(f"ru4m-{stage}-")
    waiting, in_work, delayed = (
        int(found.get(f"ApproximateNumberOfMessages{which}", 0)) for which in ("", "NotVisible", "Delayed")
    )
    policy = json.loads(found.get("RedrivePolicy") or "{}")
    fails_to = str(policy.get("deadLetterTargetArn", ""))
    return QueueStanding(name, url, found["QueueArn"], waiting, in_work, delayed, fails_to)


def _attributes(account: AwsAccount, url: str) -> dict[str, Any]:
    answer = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes: dict[str, Any] = answer["Attributes"]
    return attributes
