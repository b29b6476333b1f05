"""Commands of a job with a gate (chalicelib/privacy/gates): run it now, count, release it."""

from __future__ import annotations

from infra.deployment.account import AwsAccount
from infra.ops import scheduled
from infra.ops.operator_console import emit
from infra.ops.scheduled import RunFailed


def run(account: AwsAccount, stage: str, job: str, *, dry_run: bool) -> None:
    """Run a job beside its schedule, or let it count, and print its figures. It may take 13 minutes."""
    counts = scheduled.run(account, stage, job, {"dry_run": dry_run})
    emit(counts, ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))


def release(account: AwsAccount, stage: str, job: str) -> None:
    """Let a blocked job go on."""
    if not scheduled.run(account, stage, job, {"release": True})["released"]:
        raise RunFailed(
            "A run is in progress. Release the job when it has ended, within a quarter of an hour."
        )
    emit({"released": True}, "Released. The next run only counts; the one after it acts.")
