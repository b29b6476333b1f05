"""Runs `sync_chat_profiles` again with positions in the stream of the table Accounts that it failed on.

Lambda sets a position aside after six hours; the stream keeps the records for 24 hours. The job sends the
current state, so the records may be worked on long after later ones. Only conversations and accounts that the
queue `resync` did not accept are among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment import queues
from infra.deployment.account import AwsAccount
from infra.deployment.queues import QueueStanding
from infra.ops.scheduled import RunFailed

QUEUE = "sync-chat-profiles-failures"
_JOB = "sync_chat_profiles"
_EXPIRED = {"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"}
# A batch of Lambda has at most a hundred records; further calls are for records of other shards' batches.
_MAX_READS = 20


class PositionExpired(Exception):
    """The stream does not have the records any more."""


@dataclass
class Repeated:
    """How many positions were worked on, failed again, and are older than the stream."""

    done: int = 0
    failed: int = 0
    expired: int = 0


def repeat(account: AwsAccount, stage: str, queue: QueueStanding, maximum: int) -> Repeated:
    """Run the job with the records of at most so many positions; those that it finished are deleted.

    Raises:
        RunFailed: a run of the job failed; the messages before it are done.
    """
    found = Repeated()
    for message in queues.failed_messages(account, queue, maximum):
        try:
            records = list(_records(account, message.body))
        except PositionExpired:
            found.expired += 1
            continue
        if _run(account, stage, records):
            found.failed += 1
            continue
        queues.delete(account, queue, message)
        found.done += 1
    return found


def _records(account: AwsAccount, body: str) -> Iterator[dict[str, Any]]:
    """The records of a position, as Lambda passes them to the job."""
    try:
        position = json.loads(body)["DDBStreamBatchInfo"]
        first, last = position["startSequenceNumber"], position["endSequenceNumber"]
        place = {"StreamArn": position["streamArn"], "ShardId": position["shardId"]}
    except (ValueError, KeyError, TypeError):
        raise PositionExpired from None  # not a position
    streams = account.client("dynamodbstreams")
    try:
        iterator = streams.get_shard_iterator(
            **place, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=first
        )["ShardIterator"]
        for _ in range(_MAX_READS):
            answer = streams.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > int(last):
                    return
                yield _as_event(record)
            iterator = answer.get("NextShardIterator")
            if iterator is None:
                return
    except ClientError as error:
        if error.response["Error"]["Code"] in _EXPIRED:
            raise PositionExpired from None
        raise


def _as_event(record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    kept = {name: change[name] for name in ("Keys", "SequenceNumber")}
    # As in the JSON that Lambda passes on, in seconds; the stream's API has a datetime.
    made = change["ApproximateCreationDateTime"].timestamp()
    event = kept | {"ApproximateCreationDateTime": made, "StreamViewType": "KEYS_ONLY"}
    return {"eventName": record["eventName"], "dynamodb": event}


def _run(account: AwsAccount, stage: str, records: list[dict[str, Any]]) -> bool:
    """Run the job with records; return whether it has to be run with some of them again."""
    answer = account.patient_client("lambda").invoke(
        FunctionName=f"ru4m-{stage}-{_JOB}", Payload=json.dumps({"Records": records}).encode()
    )
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RunFailed(f"The run failed. The log of {_JOB} has the reason.")
    return bool(result["batchItemFailures"])
