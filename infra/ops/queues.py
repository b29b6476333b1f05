"""`python -m infra.ops queues`: what waits in the queues of a stage, and messages that failed."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from infra.deployment import queues
from infra.deployment.account import AwsAccount
from infra.deployment.queues import NotRedrivable, QueueStanding
from infra.ops import stream_positions
from infra.ops.exit_statuses import NOT_IN_ORDER
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Endpoint, Region, Stage, Yes

app = typer.Typer(help="Queues: what waits, and messages that failed.")

Name = Annotated[str, typer.Argument(help="name of the queue, as in the list")]
Maximum = Annotated[int, typer.Option(min=1, max=10_000, help="the most messages of this run")]


@app.command("list")
def list_queues(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List all queues with the number of their messages."""
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

    Exit status 0: none is left. 3: some are left.
    """
    account = AwsAccount(region, endpoint)
    found = queues.find(account, stage, queue)
    is_position = queue == stream_positions.QUEUE
    if not is_position and not queues.sources(account, stage, found):
        raise NotRedrivable(f"{queue} takes no messages that failed")
    note(f"{found.waiting} messages wait in {queue}.")
    if dry_run or not found.waiting:
        emit({"waiting": found.waiting, "dry_run": dry_run})
        sys.exit(NOT_IN_ORDER if found.waiting else 0)
    confirm_unless(yes, f"Let workers work on at most {maximum} of them again?")
    if is_position:
        _repeat(account, stage, found, maximum)
    else:
        moved = queues.move_back(account, stage, found, maximum)
        emit({"moved": moved}, f"{moved} messages moved back to the worker's queue.")
    left = queues.find(account, stage, queue)
    sys.exit(NOT_IN_ORDER if left.waiting + left.in_work else 0)


def _repeat(account: AwsAccount, stage: str, queue: QueueStanding, maximum: int) -> None:
    done = stream_positions.repeat(account, stage, queue, maximum)
    lines = [f"{done.done} positions in the table's stream worked on, {done.failed} failed again."]
    if done.expired:
        lines.append(
            f"{done.expired} positions are older than the stream. The next change of a conversation sends "
            "its state. Then delete the messages with `queues purge`."
        )
    emit(asdict(done), *lines)


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
    found = queues.find(account, stage, queue)
    if queue != stream_positions.QUEUE and not queues.sources(account, stage, found):
        raise NotRedrivable(f"{queue} takes no messages that failed, so its messages are needed")
    note(f"{found.waiting} messages wait in {queue}.")
    if dry_run:
        emit({"waiting": found.waiting, "dry_run": True})
        return
    confirm_unless(yes, "Delete all of them for good?")
    queues.purge(account, found)
    emit({"deleted": found.waiting}, f"The messages of {queue} are deleted.")
