"""`python -m infra.ops replay-erasures` and `switch-tables`: restored tables (docs/restore.md)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from chalicelib.core import transactions
from chalicelib.operations.restore.scanning import Workers
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Endpoint, Region, Stage, Yes
from infra.ops.restored_tables import RestoredTables

Restored = Annotated[list[str], typer.Option(help="restored table, as accounts=NAME; once for each")]


def replay_restored(  # noqa: PLR0913 - the options of a command
    stage: Stage,
    region: Region,
    restored: Restored,
    at: Annotated[str, typer.Option(help="instant of the backups, the earliest of several")],
    in_use: Annotated[
        list[str] | None, typer.Option(help="restored table that functions use already")
    ] = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="threads, and segments of each scan")] = 8,
    endpoint: Endpoint = None,
) -> None:
    """Erase erased users again in restored tables. Safe to stop and run again.

    Exit status 0: no item of them is left. 1: refused, or not complete. 3: something is left or in doubt.
    """
    from infra.ops import replay

    perform = transactions.omit if dry_run else transactions.perform
    workers, account = Workers(parallel), AwsAccount(region, endpoint)
    named, instant = RestoredTables.parse(restored, in_use or ()), replay.parse_instant(at)
    if not dry_run:
        confirm_unless(yes, f"Erase erased users again in {', '.join(named.names.values())}?")
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        note(line)

    status = replay.replay_erasures(account, stage, named, instant, perform, workers, say)
    emit({"clean": status == 0, "dry_run": dry_run, "lines": lines})
    sys.exit(status)


def switch_tables(
    stage: Stage,
    region: Region,
    restored: Restored,
    endpoint: Endpoint = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Give the functions restored tables, once `replay-erasures` has ended with status 0."""
    account, names = AwsAccount(region, endpoint), RestoredTables.parse(restored, ()).names
    changes = tables.changes_to(account, stage, names)
    listed = [f"{name}: {before} -> {after}" for name, (before, after) in changes.items()]
    found = {"changes": {name: {"from": old, "to": new} for name, (old, new) in changes.items()}}
    if dry_run or not changes:
        emit(found | {"switched": False}, *(listed or ["The functions use these tables already."]))
        return
    for line in listed:
        note(line)
    confirm_unless(yes, f"Give the functions of {stage} these tables?")
    tables.switch(account, stage, names, note)
    emit(found | {"switched": True}, f"The functions of {stage} use them.")
