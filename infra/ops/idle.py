"""`python -m infra.ops idle-accounts`: idle accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated

import typer

from chalicelib.accounts import service as accounts
from chalicelib.accounts.devices import service as devices
from chalicelib.accounts.model import Account, LastUse
from chalicelib.accounts.service import last_uses
from chalicelib.core import clock
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import WHOLE
from chalicelib.privacy.periods import Period
from infra.deployment.account import AwsAccount
from infra.ops import gated
from infra.ops.operator_console import emit, note
from infra.ops.options import DryRun, Endpoint, Region, Stage
from infra.ops.standing_in import act_as_signup

app = typer.Typer(help="Idle accounts: warned twice, then erased.")

_JOB = "close_idle_accounts"


@app.command()
def run(
    stage: Stage,
    region: Region,
    *,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="count the accounts that are due to be warned, and change nothing"),
    ] = False,
    endpoint: Endpoint = None,
) -> None:
    """Cancel, close and warn what is due now, beside the schedule."""
    gated.run(AwsAccount(region, endpoint), stage, _JOB, dry_run=dry_run)


@app.command()
def release(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Let a blocked job go on, after you have looked into the reason. Its next run only counts."""
    gated.release(AwsAccount(region, endpoint), stage, _JOB)


@app.command()
def watch(stage: Stage, region: Region, endpoint: Endpoint = None, *, dry_run: DryRun = False) -> None:
    """Let the job find accounts from before it, or after a shorter period was set. Safe to run again."""
    act_as_signup(AwsAccount(region, endpoint), stage)
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
