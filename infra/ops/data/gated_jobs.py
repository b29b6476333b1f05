"""`python -m infra.ops reconcile` and `idle-accounts`: the jobs with a gate (chalicelib/privacy/gates).

Each can be run beside its schedule, count without effects, and be released.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import typer

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, LastUse
from chalicelib.accounts.service import devices, last_uses
from chalicelib.core import clock
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import WHOLE
from chalicelib.privacy.periods import Period
from infra.ops import scheduled
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.operator_console import emit, note
from infra.ops.options import DryRun
from infra.ops.scheduled import RunFailed
from infra.ops.standing_in import act_as_signup


def _run(deployed: DeployedStage, job: str, *, dry_run: bool) -> None:
    """Run a job beside its schedule, or let it count, and print its figures. It may take 13 minutes."""
    counts = scheduled.run(*deployed, job, {"dry_run": dry_run})
    emit(counts, ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))


def _release(deployed: DeployedStage, job: str) -> None:
    """Let a blocked job go on."""
    if not scheduled.run(*deployed, job, {"release": True})["released"]:
        raise RunFailed(
            "A run is in progress. Release the job when it has ended, within a quarter of an hour."
        )
    emit({"released": True}, "Released. The next run only counts; the one after it acts.")


reconcile = typer.Typer(name="reconcile", help="Reconciliation of Stream's users with the accounts.")

_RECONCILE = "reconcile_chat"


@stage_command(reconcile, "run")
def run_reconciliation(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Check erased users, repair, and compare the next pages now, beside the schedule."""
    _run(deployed, _RECONCILE, dry_run=dry_run)


@stage_command(reconcile, "release")
def release_reconciliation(deployed: DeployedStage) -> None:
    """Let a blocked job go on, after you have looked into the reason. Its next run only counts."""
    _release(deployed, _RECONCILE)


idle_accounts = typer.Typer(name="idle-accounts", help="Idle accounts: warned twice, then erased.")

_CLOSE_IDLE = "close_idle_accounts"


@stage_command(idle_accounts, "run")
def run_closing(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Cancel, close and warn what is due now, beside the schedule."""
    _run(deployed, _CLOSE_IDLE, dry_run=dry_run)


@stage_command(idle_accounts, "release")
def release_closing(deployed: DeployedStage) -> None:
    """Let a blocked job go on, after you have looked into the reason. Its next run only counts."""
    _release(deployed, _CLOSE_IDLE)


@stage_command(idle_accounts)
def watch(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Let the job find accounts from before it, or after a shorter period was set. Safe to run again."""
    act_as_signup(*deployed)
    seen = watched = 0
    verb = "would be watched" if dry_run else "watched from now on"
    for seen, watched in _watch_all(_is_unwatched if dry_run else _watch):
        note(f"{seen} accounts seen, {watched} of them {verb}")
    emit({"seen": seen, "watched": watched, "dry_run": dry_run})


def _watch_all(watch_one: Callable[[Account], bool]) -> Iterator[tuple[int, int]]:
    """Watch all accounts, or count those to watch; yield the counts so far after each page."""
    seen = watched = 0
    for page in accounts.glances_in(WHOLE):
        for account in page:
            seen += 1
            watched += watch_one(account)
        yield seen, watched


def _watch(account: Account) -> bool:
    """Let the job find an account; False if it does already, or the account is unreadable or being erased."""
    with suppress(SealingError, accounts.AccountGone):
        return last_uses.watch(_last_use(account), accounts.not_erasing(account.account_id))
    return False


def _is_unwatched(account: Account) -> bool:
    """Return whether `_watch` would let the job find an account."""
    with suppress(SealingError):
        return last_uses.needs_watching(_last_use(account))
    return False


def _last_use(account: Account) -> LastUse:
    """When an account was last used: as its newest device says, else no later than devices are known for."""
    now, seen_at = clock.now(), devices.last_seen(account.account_id)
    forgotten = now - (Period.KNOWN_DEVICE.ends(now) - now)
    return LastUse(account_id=account.account_id, used_at=max(seen_at or forgotten, account.created_at))
