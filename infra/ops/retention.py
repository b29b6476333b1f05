"""`python -m infra.ops retention`: periods, the index of ends, and the purge."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from chalicelib.core.table_names import Table
from chalicelib.privacy.changed_periods import NotRedatable
from infra.deployment.account import AwsAccount
from infra.ops import indexing, redating, scheduled
from infra.ops.indexing import NotIndexable
from infra.ops.options import Endpoint, Region, Stage
from infra.ops.scan_position import BadPosition
from infra.ops.scheduled import RunFailed

app = typer.Typer(help="Retention of records.")
console = Console(soft_wrap=True, markup=False)

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
    with _refusals():
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
    with _refusals():
        for line in indexing.index(AwsAccount(region, endpoint), stage, table, _apply(dry_run), after):
            console.print(line)


@app.command()
def purge(stage: Stage, region: Region, *, dry_run: _DryRun = False, endpoint: Endpoint = None) -> None:
    """Run the purge now, beside its schedule, and print its counts. It may take 13 minutes."""
    with _refusals():
        account = AwsAccount(region, endpoint)
        console.print(_text_of(scheduled.run(account, stage, "purge_expired", {"dry_run": dry_run})))


def _text_of(counts: dict[str, int]) -> str:
    figures = "{found} found, {deleted} deleted, {spared} kept for longer".format_map(counts)
    oldest = f"; the oldest was {counts['oldest_minutes']} minutes past its end" if counts["found"] else ""
    rest = "" if counts["complete"] else "; not all that is due was read, run it again"
    return figures + oldest + rest


def _apply(dry_run: bool) -> redating.Apply:  # noqa: FBT001 - an option of the command line
    return redating.skip_change if dry_run else redating.write_change


@contextmanager
def _refusals() -> Iterator[None]:
    """Print a refusal and exit with status 1."""
    try:
        yield
    except (NotRedatable, NotIndexable, BadPosition, RunFailed) as refused:
        console.print(str(refused))
        sys.exit(1)
