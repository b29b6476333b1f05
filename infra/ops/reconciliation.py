"""`python -m infra.ops reconciliation`: erased users at Stream."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from infra.deployment.account import AwsAccount
from infra.ops import scheduled
from infra.ops.options import Endpoint, Region, Stage
from infra.ops.scheduled import RunFailed

app = typer.Typer(help="Reconciliation of Stream's users with the accounts.")
console = Console(soft_wrap=True, markup=False)


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
    counts = _run(AwsAccount(region, endpoint), stage, {"dry_run": dry_run})
    console.print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))


@app.command()
def release(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Let a blocked job go on, after you have looked into the reason. Its next run only counts."""
    if not _run(AwsAccount(region, endpoint), stage, {"release": True})["released"]:
        console.print("A run is in progress. Release the job when it has ended, within a quarter of an hour.")
        sys.exit(1)
    console.print("Released. The next run only counts; the one after it acts.")


def _run(account: AwsAccount, stage: str, detail: dict[str, object]) -> dict[str, int]:
    try:
        return scheduled.run(account, stage, "reconcile_chat", detail)
    except RunFailed as failed:
        console.print(str(failed))
        sys.exit(1)
