"""`python -m infra.ops queues`: what waits in the queues of a stage, and messages that failed."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated

import typer
from rich.table import Table

from chalicelib.core import clock
from chalicelib.core.queues import Flaw, MalformedMessage, read_body
from infra.deployment import queues
from infra.deployment.queues import NotRedrivable, QueueStanding
from infra.ops.cases import tables
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Yes
from infra.ops.refused import NOT_IN_ORDER

app = typer.Typer(name="queues", help="Queues: what waits, and messages that failed.")

# The fields of each kind of message, those of its id first; their values are ids, numbers and words.
FIELDS = {
    "request": ("request_id", "hops"),
    "event of Stream": ("id", "type", "not_before"),
    "announcement": ("version", "shard"),
    "shard": ("shard",),
    "breach": ("breach", "part"),
}

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
    """Show messages that failed: age, kind, id, and why a worker set them aside. They stay in the queue."""
    found = _find_failed(deployed, queue)
    sources = queues.sources(*deployed, found)
    table, items = Table("age", "from", "reason", "kind", "id", "other fields"), []
    for one in queues.look_at(deployed.account, found, maximum):
        source = sources.get(one.source_arn or "", "").rpartition("/")[2]
        reason = one.reason if one.reason in set(Flaw) else "failed"
        kind, named, others = _shown(one.body)
        sent = clock.to_text(one.sent_at) if one.sent_at else ""
        fields = {"kind": kind, "id": named, "fields": others}
        items.append({"sent_at": sent, "from": source, "reason": reason, **fields})
        table.add_row(
            tables.age(sent) if sent else "unknown",
            source,
            reason,
            kind,
            named,
            " ".join(f"{n}={v}" for n, v in others.items()),
        )
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
    if not queues.sources(*deployed, found):
        raise NotRedrivable(f"{name} takes no messages that failed")
    return found


def _shown(body: str) -> tuple[str, str, dict[str, str]]:
    """Kind, id and other fields of a message of a worker; else of a body only its length and hash."""
    for kind, names in FIELDS.items():
        with suppress(MalformedMessage):
            named, *others = read_body(body, *names)
            return kind, named, dict(zip(names[1:], others, strict=True))
    content = body.encode()
    return "unknown", f"{len(content)} bytes, SHA-256 {sha256(content).hexdigest()}", {}
