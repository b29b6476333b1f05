"""`python -m infra.ops retention`: periods, and the index of ends."""

from __future__ import annotations

from typing import Annotated

import typer

from chalicelib.core.table_names import Table
from infra.deployment.account import AwsAccount
from infra.ops.data import stored_items
from infra.ops.operator_console import confirm_unless, emit_pages
from infra.ops.options import After, DryRun, Endpoint, Region, Stage, Yes

app = typer.Typer(help="Retention of records.")


@app.command()
def redate(
    stage: Stage,
    region: Region,
    kind: Annotated[str, typer.Option(help="kind of record, as named in the record of processing")],
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    after: After = None,
    endpoint: Endpoint = None,
) -> None:
    """Apply a newly configured period to existing records. Safe to stop and run again."""
    if not dry_run:
        confirm_unless(
            yes, f"Give the {kind} records of {stage} their new end? A shorter period deletes some."
        )
    apply = stored_items.writer(dry_run=dry_run)
    emit_pages(stored_items.redate(AwsAccount(region, endpoint), stage, kind, apply, after))


@app.command()
def index(
    stage: Stage,
    region: Region,
    table: Annotated[Table, typer.Option(help="table whose items are put into the index of ends")],
    *,
    dry_run: DryRun = False,
    after: After = None,
    endpoint: Endpoint = None,
) -> None:
    """Index stored records by their end, so that the purge finds them. Safe to stop and run again."""
    apply = stored_items.writer(dry_run=dry_run)
    emit_pages(stored_items.index_ends(AwsAccount(region, endpoint), stage, table, apply, after))
