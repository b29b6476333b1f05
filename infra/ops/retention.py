"""`python -m infra.ops retention`: periods, and the index of ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from chalicelib.core.table_names import Table
from infra.deployment.account import AwsAccount
from infra.ops import indexing, redating
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Endpoint, Region, Stage, Yes

app = typer.Typer(help="Retention of records.")
_After = Annotated[str | None, typer.Option(help="position printed by an earlier run, to continue")]


@app.command()
def redate(
    stage: Stage,
    region: Region,
    kind: Annotated[str, typer.Option(help="kind of record, as named in the record of processing")],
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    after: _After = None,
    endpoint: Endpoint = None,
) -> None:
    """Apply a newly configured period to existing records. Safe to stop and run again."""
    if not dry_run:
        confirm_unless(
            yes, f"Give the {kind} records of {stage} their new end? A shorter period deletes some."
        )
    _emit_pages(redating.redate(AwsAccount(region, endpoint), stage, kind, _apply(dry_run), after))


@app.command()
def index(
    stage: Stage,
    region: Region,
    table: Annotated[Table, typer.Option(help="table whose items are put into the index of ends")],
    *,
    dry_run: DryRun = False,
    after: _After = None,
    endpoint: Endpoint = None,
) -> None:
    """Index stored records by their end, so that the purge finds them. Safe to stop and run again."""
    _emit_pages(indexing.index(AwsAccount(region, endpoint), stage, table, _apply(dry_run), after))


def _emit_pages(pages: Iterator[str]) -> None:
    """Print a line for each page; the last one is the result."""
    last = ""
    for last in pages:
        note(last)
    emit({"result": last})


def _apply(dry_run: bool) -> redating.Apply:  # noqa: FBT001 - an option of the command line
    return redating.skip_change if dry_run else redating.write_change
