"""`python -m infra.ops queues`: what waits in the queues of a stage, and messages that failed.

One queue holds positions in the stream of the table Accounts that `sync_chat_profiles` failed on: `redrive`
runs the job with them again. Lambda sets a position aside after six hours; the stream keeps the records for
24 hours. The job sends the current state, so the records may be worked on long after later ones. Only
conversations and accounts that the queue `resync` did not accept are among them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.table import Table

from chalicelib.core.queues import Flaw, MalformedMessage, body_of, read_body
from infra.deployment import queues
from infra.deployment.account import AwsAccount
from infra.deployment.queues import NotRedrivable, QueueStanding
from infra.ops import scheduled
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Yes
from infra.ops.refused import NOT_IN_ORDER

app = typer.Typer(name="queues", help="Queues: what waits, and messages that failed.")

QUEUE = "sync-chat-profiles-failures"
_JOB = "sync_chat_profiles"
_EXPIRED = {"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"}
# A batch of Lambda has at most a hundred records; further calls are for records of other shards' batches.
_MAX_READS = 20

# The fields of the messages of each kind of worker.
FIELDS = (
    ("request_id", "hops"),
    ("type", "id", "not_before"),
    ("account_id",),
    ("version", "shard"),
    ("shard",),
    ("breach", "part"),
)

Name = Annotated[str, typer.Argument(help="name of the queue, as in the list")]
Maximum = Annotated[int, typer.Option(min=1, max=10_000, help="the most messages of this run")]


@stage_command(app, "list")
def list_queues(deployed: DeployedStage) -> None:
    """List all queues with the number of their messages."""
    found = queues.standings(*deployed)
    table = Table("queue", "waiting", "in work", "delayed")
    for one in found:
        table.add_row(one.name, str(one.waiting), str(one.in_work), str(one.delayed))
    emit({"items": [asdict(one) for one in found]}, table)


@stage_command(app)
def show(deployed: DeployedStage, queue: Name, maximum: Maximum = 100) -> None:
    """Show messages that failed, and why a worker set them aside. They stay in the queue."""
    found = _find_failed(deployed, queue)
    sources = queues.sources(*deployed, found)
    table, items = Table("from", "reason", "message"), []
    for one in queues.look_at(deployed.account, found, maximum):
        source = sources.get(one.source_arn or "", "").rpartition("/")[2]
        reason = one.reason if one.reason in set(Flaw) else "failed"
        items.append({"from": source, "reason": reason, "message": _shown(one.body)})
        table.add_row(*items[-1].values())
    emit({"items": items}, table)


@stage_command(app)
def redrive(
    deployed: DeployedStage,
    queue: Name,
    maximum: Maximum = 1000,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Let workers work on messages that failed again. Safe to stop and run again.

    Exit status 0: none is left. 3: some are left.
    """
    found = _find_failed(deployed, queue)
    note(f"{found.waiting} messages wait in {queue}.")
    if dry_run or not found.waiting:
        emit({"waiting": found.waiting, "dry_run": dry_run})
        sys.exit(NOT_IN_ORDER if found.waiting else 0)
    confirm_unless(yes, f"Let workers work on at most {maximum} of them again?")
    if queue == QUEUE:
        _repeat(deployed, found, maximum)
    else:
        moved = queues.move_back(*deployed, found, maximum)
        emit({"moved": moved}, f"{moved} messages moved back to the worker's queue.")
    left = queues.find(*deployed, queue)
    sys.exit(NOT_IN_ORDER if left.waiting + left.in_work else 0)


@stage_command(app)
def purge(deployed: DeployedStage, queue: Name, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete all messages of a queue for failed messages, if its section of the runbook says so."""
    found = _find_failed(deployed, queue)
    note(f"{found.waiting} messages wait in {queue}.")
    if dry_run:
        emit({"waiting": found.waiting, "dry_run": True})
        return
    confirm_unless(yes, "Delete all of them for good?")
    queues.purge(deployed.account, found)
    emit({"deleted": found.waiting}, f"The messages of {queue} are deleted.")


def _find_failed(deployed: DeployedStage, name: str) -> QueueStanding:
    """A queue for failed messages.

    Raises:
        NotRedrivable: the queue is of a worker, so its messages are needed.
    """
    found = queues.find(*deployed, name)
    if name != QUEUE and not queues.sources(*deployed, found):
        raise NotRedrivable(f"{name} takes no messages that failed")
    return found


def _shown(body: str) -> str:
    """The fields of a body if a worker has such fields, which are ids and words; else its length and hash."""
    for names in FIELDS:
        with suppress(MalformedMessage):
            return body_of(**dict(zip(names, read_body(body, *names), strict=True)))
    content = body.encode()
    return f"{len(content)} bytes, SHA-256 {sha256(content).hexdigest()}"


def _repeat(deployed: DeployedStage, queue: QueueStanding, maximum: int) -> None:
    done = repeat(*deployed, queue, maximum)
    lines = [f"{done.done} positions in the table's stream worked on, {done.failed} failed again."]
    if done.expired:
        lines.append(
            f"{done.expired} positions are older than the stream. The next change of a conversation sends "
            "its state. Then delete the messages with `queues purge`."
        )
    emit(asdict(done), *lines)


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
    return bool(scheduled.invoke(account, stage, _JOB, {"Records": records})["batchItemFailures"])
