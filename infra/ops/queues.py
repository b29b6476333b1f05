"""`python -m infra.ops queues`: what waits in the queues of a stage, and messages that failed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.table import Table

from infra.deployment import queues
from infra.deployment.account import AwsAccount
from infra.deployment.queues import NoSuchQueue, NotRedrivable, QueueStanding
from infra.ops import stream_positions
from infra.ops.operator_console import complain, console, emit
from infra.ops.options import Endpoint, Region, Stage
from infra.ops.refusals import explain
from infra.ops.scheduled import RunFailed

app = typer.Typer(help="Queues: what waits, and messages that failed.")

LEFT, NOT_DONE = 1, 2  # exit statuses

Name = Annotated[str, typer.Argument(help="name of the queue, as in the list")]
Maximum = Annotated[int, typer.Option(min=1, max=10_000, help="the most messages of this run")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="count the messages, and change nothing")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask")]


@app.command("list")
def list_queues(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List all queues with the number of their messages."""
    with _or_not_done():
        found = queues.standings(AwsAccount(region, endpoint), stage)
    table = Table("queue", "waiting", "in work", "delayed")
    for one in found:
        table.add_row(one.name, str(one.waiting), str(one.in_work), str(one.delayed))
    emit({"items": [asdict(one) for one in found]}, table)


@app.command()
def redrive(
    queue: Name,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    maximum: Maximum = 1000,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Let workers work on messages that failed again. Safe to stop and run again.

    Exit status 0: none is left. 1: some are left. 2: nothing could be done.
    """
    account = AwsAccount(region, endpoint)
    with _or_not_done():
        found = queues.find(account, stage, queue)
        is_position = queue == stream_positions.QUEUE
        if not is_position and not queues.sources(account, stage, found):
            raise NotRedrivable(f"{queue} takes no messages that failed")
        console.print(f"{found.waiting} messages wait in {queue}.")
        if dry_run or not found.waiting:
            sys.exit(LEFT if found.waiting else 0)
        if not yes:
            typer.confirm(f"Let workers work on at most {maximum} of them again?", abort=True)
        if is_position:
            _repeat(account, stage, found, maximum)
        else:
            moved = queues.move_back(account, stage, found, maximum)
            console.print(f"{moved} messages moved back to the worker's queue.")
        left = queues.find(account, stage, queue)
    sys.exit(LEFT if left.waiting + left.in_work else 0)


def _repeat(account: AwsAccount, stage: str, queue: QueueStanding, maximum: int) -> None:
    done = stream_positions.repeat(account, stage, queue, maximum)
    console.print(f"{done.done} positions in the table's stream worked on, {done.failed} failed again.")
    if done.expired:
        console.print(
            f"{done.expired} positions are older than the stream. The next change of a conversation sends "
            "its state. Then delete the messages with `queues purge`."
        )


@app.command()
def purge(
    queue: Name,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete all messages of a queue for failed messages, if its section of the runbook says so."""
    account = AwsAccount(region, endpoint)
    with _or_not_done():
        found = queues.find(account, stage, queue)
        if queue != stream_positions.QUEUE and not queues.sources(account, stage, found):
            raise NotRedrivable(f"{queue} takes no messages that failed, so its messages are needed")
        console.print(f"{found.waiting} messages wait in {queue}.")
        if dry_run:
            return
        if not yes:
            typer.confirm("Delete all of them for good?", abort=True)
        queues.purge(account, found)
    console.print(f"The messages of {queue} are deleted.")


@contextmanager
def _or_not_done() -> Iterator[None]:
    """Print why nothing more is done, and exit with status 2."""
    try:
        yield
    except (NoSuchQueue, NotRedrivable, RunFailed, ClientError) as failure:
        complain.print(explain(failure))
        sys.exit(NOT_DONE)
