"""Commands of a job with a gate (chalicelib/privacy/gates): run it now, count, release it."""

from __future__ import annotations

import sys

from rich.console import Console

from infra.deployment.account import AwsAccount
from infra.ops import scheduled
from infra.ops.scheduled import RunFailed

console = Console(soft_wrap=True, markup=False)


def run(account: AwsAccount, stage: str, job: str, *, dry_run: bool) -> None:
    """Run a job beside its schedule, or let it count, and print its figures. It may take 13 minutes."""
    counts = _run(account, stage, job, {"dry_run": dry_run})
    console.print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))


def release(account: AwsAccount, stage: str, job: str) -> None:
    """Let a blocked job go on."""
    if not _run(account, stage, job, {"release": True})["released"]:
        console.print("A run is in progress. Release the job when it has ended, within a quarter of an hour.")
        sys.exit(1)
    console.print("Released. The next run only counts; the one after it acts.")


def _run(account: AwsAccount, stage: str, job: str, detail: dict[str, object]) -> dict[str, int]:
    try:
        return scheduled.run(account, stage, job, detail)
    except RunFailed as failed:
        console.print(str(failed))
        sys.exit(1)
