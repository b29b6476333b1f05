"""Messages of queues, by which schedules hand work to workers, one by one or shard by shard.

A message is a hint. What is due is in a table, so a lost message is sent again by the next run of a schedule,
and a late, duplicate or invalid one changes nothing.

Work over all accounts is spread over workers, shard by shard (ADR 34): a schedule finds the shards with work
due, and sends a message for each. The worker that gets a message leases its shard.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from chalicelib.core import aws
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.errors import Unavailable

MAX_PER_BATCH = 10  # SQS's own

# What Lambda expects of a worker of a queue: the messages to deliver again.
Failed = dict[str, list[dict[str, str]]]


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

    Those are the messages during whose work a service did not answer. Any other error fails the run, and SQS
    delivers all its messages again.
    """
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Unavailable:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def body_of(**fields: str) -> str:
    """The body of a message with these fields."""
    return json.dumps(fields, separators=(",", ":"))


def read_body(body: str, *names: str) -> tuple[str, ...] | None:
    """The fields of a message in the order of their names; None if the body is invalid."""
    try:
        fields = json.loads(body)
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.keys() != {*names}:
        return None
    values = tuple(fields[name] for name in names)
    return values if all(isinstance(value, str) for value in values) else None


Shard = TypeVar("Shard")

# How long no worker has begun a shard, if no worker ever did.
_NEVER = DAY


@dataclass(frozen=True)
class DueShards(Generic[Shard]):
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
    def of(
        cls, shards: Iterable[Shard], abandoned: int, touched: Iterable[datetime], now: datetime
    ) -> "DueShards[Shard]":
        """What was found, given when workers touched the shards of the job."""
        due = tuple(shards)
        newest = max(touched, default=now - _NEVER)
        return cls(due, abandoned, now - newest if due else timedelta())

    @property
    def standstill_minutes(self) -> int:
        """The standstill in whole minutes."""
        return int(self.standstill.total_seconds()) // 60
