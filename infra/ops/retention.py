"""`python -m infra.ops retention`: periods, the index of ends, and the purge."""

from __future__ import annotations

from typing import Annotated

import typer

from chalicelib.core.table_names import Table
from infra.deployment.account import AwsAccount
from infra.ops import indexing, redating, scheduled
from infra.ops.operator_console import console, emit
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(help="Retention of records.")
_DryRun = Annotated[bool, typer.Option("--dry-run", help="count the records without changing them")]
_After = Annotated[str | None, typer.Option(help="position printed by an earlier run, to continue")]


@app.command()
def redate(
    stage: Stage,
    region: Region,
    kind: Annotated[str, typer.Option(help="kind of record, as named in the record of processing")],
    *,
    dry_run: _DryRun = False,
    after: _After = None,
    endpoint: Endpoint = None,
) -> None:
    """Apply a newly configured period to existing records. Safe to stop and run again."""
    for line in redating.redate(AwsAccount(region, endpoint), stage, kind, _apply(dry_run), after):
        console.print(line)


@app.command()
def index(
    stage: Stage,
    region: Region,
    table: Annotated[Table, typer.Option(help="table whose items are put into the index of ends")],
    *,
    dry_run: _DryRun = False,
    after: _After = None,
    endpoint: Endpoint = None,
) -> None:
    """Index stored records by their end, so that the purge finds them. Safe to stop and run again."""
    for line in indexing.index(AwsAccount(region, endpoint), stage, table, _apply(dry_run), after):
        console.print(line)


@app.command()
def purge(stage: Stage, region: Region, *, dry_run: _DryRun = False, endpoint: Endpoint = None) -> None:
    """Run the purge now, beside its schedule, and print its counts. It may take 13 minutes."""
    account = AwsAccount(region, endpoint)
    counts = scheduled.run(account, stage, "purge_expired", {"dry_run": dry_run})
    emit(counts, _text_of(counts))


def _text_of(counts: dict[str, int]) -> str:
    figures = "{found} found, {deleted} deleted, {spared} kept for longer".format_map(counts)
    oldest = f"; the oldest was {counts['oldest_minutes']} minutes past its end" if counts["found"] else ""
    rest = "" if counts["complete"] else "; not all that is due was read, run it again"
    return figures + oldest + rest


def _apply(dry_run: bool) -> redating.Apply:  # noqa: FBT001 - an option of the command line
    return redating.skip_change if dry_run else redating.write_change
