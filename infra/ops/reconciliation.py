"""`python -m infra.ops reconcile`: erased users at Stream."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.deployment.account import AwsAccount
from infra.ops import gated
from infra.ops.options import Endpoint, Region, Stage

app = typer.Typer(help="Reconciliation of Stream's users with the accounts.")

_JOB = "reconcile_chat"


@app.command()
def run(
    stage: Stage,
    region: Region,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="count what a run would find, and change nothing")
    ] = False,
    endpoint: Endpoint = None,
) -> None:
    """Check erased users, repair, and compare the next pages now, beside the schedule."""
    gated.run(AwsAccount(region, endpoint), stage, _JOB, dry_run=dry_run)


@app.command()
def release(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Let a blocked job go on, after you have looked into the reason. Its next run only counts."""
    gated.release(AwsAccount(region, endpoint), stage, _JOB)
