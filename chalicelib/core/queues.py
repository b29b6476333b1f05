"""Messages of queues, by which schedules hand work to workers, one by one or shard by shard.

A message is a hint. What is due is in a table, so a lost message is sent again by the next run of a schedule,
and a late or duplicate one changes nothing. One that a worker sets aside (`Flaw`) goes to the queue's dead
queue, with the reason.

Work over all accounts is spread over workers, shard by shard (ADR 34): a schedule finds the shards with work
due, and sends a message for each. The worker that gets a message leases its shard.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.core import aws, clock, metrics
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from chalice.app import SQSEvent

MAX_PER_BATCH = 10  # SQS's own

# A value in a body is an id, a number or a fixed word.
_VALUE = re.compile(r"[0-9A-Za-z_.@:#-]{0,255}")

# What Lambda expects of a worker of a queue: the messages to deliver again.
Failed = dict[str, list[dict[str, str]]]


class Flaw(StrEnum):
    """Why a worker sets a message aside: it cannot read the body, or tried often enough."""

    NOT_JSON = "not_json"
    OTHER_FIELDS = "other_fields"
    OTHER_VALUES = "other_values"
    FILE_REFUSED = "file_refused"


class SetAside(Exception):
    """An operator has to look at a message; the text is the `Flaw`."""


class MalformedMessage(SetAside):
    """A worker cannot read the body of a message."""


def send_all(url: str, bodies: Iterable[str]) -> int:
    """Send messages to a queue; return how many SQS accepted.

    Raises:
        Unavailable: SQS does not answer. Earlier batches may have been sent.
    """
    taken = 0
    for batch in batched(bodies, MAX_PER_BATCH):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
        answer = aws.ask("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
        taken += len(answer.get("Successful", ()))
    return taken


def work_on(event: Mapping[str, Any], work: Callable[[str], object]) -> Failed:
    """Pass the body of each delivered message to a worker; return the messages to deliver again.

    Those are the messages during whose work a service did not answer. One that a worker sets aside is kept in
    the dead queue. Any other error fails the run, and SQS delivers all its messages again.
    """
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            try:
                work(record["body"])
            except SetAside as why:
                set_aside(record, why)
        except Unavailable:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def set_aside(record: Mapping[str, Any], why: SetAside) -> None:
    """Send a delivered message to the worker's dead queue, with the reason and its queue; count it.

    Raises:
        Unavailable: SQS does not answer; the message has to be delivered again.
    """
    notes = {"reason": str(why), "source": record["eventSourceARN"]}
    aws.ask(
        "sqs",
        "send_message",
        QueueUrl=settings().queue("dead"),
        MessageBody=record["body"],
        MessageAttributes={name: {"DataType": "String", "StringValue": note} for name, note in notes.items()},
    )
    metrics.count(Metric.MESSAGE_SET_ASIDE)


def body_of(**fields: str | int) -> str:
    """The body of a message with these fields."""
    return json.dumps(fields, separators=(",", ":"))


def read_body(body: str, *names: str) -> tuple[str, ...]:
    """The fields of a message, as texts, in the order of their names.

    Raises:
        MalformedMessage: the body is no JSON, has other fields, or a value that is neither an id nor a word.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedMessage(Flaw.NOT_JSON) from None
    if not isinstance(fields, dict) or fields.keys() != {*names}:
        raise MalformedMessage(Flaw.OTHER_FIELDS)
    given = (fields[name] for name in names)
    values = tuple(str(value) if type(value) is int else value for value in given)
    if not all(isinstance(value, str) and _VALUE.fullmatch(value) for value in values):
        raise MalformedMessage(Flaw.OTHER_VALUES)
    return values


def key_of_upload(body: str) -> str:
    """The key of the object that an event of S3 reports.

    Raises:
        MalformedMessage: the body is no such event.
    """
    try:
        return str(json.loads(body)["detail"]["object"]["key"])
    except (KeyError, TypeError):
        raise MalformedMessage(Flaw.OTHER_FIELDS) from None
    except (ValueError, RecursionError):
        raise MalformedMessage(Flaw.NOT_JSON) from None


# The parts of its name, which are the fields of its message.
Shard = tuple[str, ...]

# How long no worker has begun a shard, if no worker ever did.
_NEVER = DAY

# Time for the account that is being processed when the run's time is up, and its writes.
_LAST_STEP = timedelta(seconds=30)


class Leased(Protocol):
    """What a schedule sees of the progress of a shard."""

    @property
    def touched_at(self) -> datetime:
        """When a worker last wrote it."""

    @property
    def leased_until(self) -> datetime | None:
        """When the lease ends; None if it was released."""


@dataclass(frozen=True)
class DueShards:
    """What a run of a schedule found.

    Attributes:
        shards: those with work due that no worker has leased.
        abandoned: how many of them a worker leased and did not release, because it was killed.
        standstill: if shards are due, the time since a worker last touched any shard of the job.
    """

    shards: tuple[Shard, ...]
    abandoned: int
    standstill: timedelta

    @classmethod
    def of(cls, due: Iterable[Shard], progress: Mapping[Shard, Leased], now: datetime) -> "DueShards":
        """What was found, given the progress of those shards of the job that a worker began."""
        shards = tuple(due)
        abandoned = sum(shard in progress and progress[shard].leased_until is not None for shard in shards)
        newest = max((one.touched_at for one in progress.values()), default=now - _NEVER)
        return cls(shards, abandoned, now - newest if shards else timedelta())

    @property
    def standstill_minutes(self) -> int:
        """The standstill in whole minutes."""
        return int(self.standstill.total_seconds()) // 60


def arn(queue: str) -> str:
    """The ARN of a queue, which the template sets; Chalice needs a placeholder for packaging."""
    return os.environ.get(f"RU4M_{queue.upper()}_QUEUE_ARN", f"arn:aws:sqs:eu-central-1:0:{queue}")


@dataclass(frozen=True)
class ShardJob:
    """Work that a schedule sends to workers, shard by shard.

    Attributes:
        queue: the name of its queue.
        fields: of a message, in the order of the parts of a shard.
        abandoned: the gauge of abandoned shards.
        standstill: the gauge of the standstill, in minutes.
        due: the gauge of shards with work due.
    """

    queue: str
    fields: tuple[str, ...]
    abandoned: Metric
    standstill: Metric
    due: Metric | None = None

    def send(self, found: DueShards) -> dict[str, int]:
        """Send a message for each shard, and the gauges; return the counts of the run.

        Raises:
            Unavailable: the queue does not answer; the next run repeats everything.
        """
        bodies = (body_of(**dict(zip(self.fields, shard, strict=True))) for shard in found.shards)
        send_all(settings().queue(self.queue), bodies)
        if self.due:
            metrics.gauge(self.due, len(found.shards))  # also 0: an alarm fires if it is missing
        metrics.gauge(self.abandoned, found.abandoned)
        metrics.gauge(self.standstill, found.standstill_minutes)
        return {"due": len(found.shards), "abandoned": found.abandoned}

    def work(self, event: "SQSEvent", work: Callable[..., object]) -> Failed:
        """Let a worker work on each shard until shortly before its time is up.

        Args:
            event: names the shards; a message without the fields of one is malformed.
            work: gets the parts of a shard as texts, which may name none, and the end of the run.

        Returns:
            The messages to deliver again.
        """
        context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        until = clock.now() + left - _LAST_STEP - settings().fan_out.mail_interval

        def work_on_shard(body: str) -> None:
            work(*read_body(body, *self.fields), until)

        return work_on(event.to_dict(), work_on_shard)
