"""The chapter about a restore: an erasure that is newer than the backup is repeated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from chalicelib.core.table_names import Table
from infra.local.backups import TableBackups
from infra.local.children import ROOT
from infra.local.emulator import ROOT_KEY, ROOT_SECRET
from infra.local.tour.narration import Tour

_BACKED_UP = (Table.ACCOUNTS, Table.CLAIMS)


def back_up(tour: Tour) -> None:
    """An operator backs up the tables with accounts and claims, before Mila deletes her account."""
    tour.backups = TableBackups.make(tour.cloud, _BACKED_UP)
    tour.say(f"the backups contain what was stored at [italic]{tour.backups.at}[/]")


def restore_backup(tour: Tour) -> None:
    """The backups are restored into new tables, and Mila's erasure is repeated there before their use."""
    backups = tour.backups
    if backups is None:
        raise AssertionError("the chapter with the backups was not played")
    names, jovan = backups.restore(), tour.phones["Jovan"].account_id
    status, lines = _replay(backups, names, "--dry-run")
    tour.say(f"[dim]replay-erasures --dry-run:[/] {lines[-1]}")
    found = status == 3 and _survivors(lines) > 0
    tour.check("the restored tables have the account that Mila deleted: they must not be used", found)
    status, lines = _replay(backups, names)
    for line in lines:
        if line.startswith(("claims", "accounts", "sessions", "survivors")):
            tour.say(f"[dim]replay-erasures:[/] {line}")
    clean = (status, _survivors(lines)) == (0, 0)
    tour.check("the replay erased it again, and nothing of it is left", clean)
    dynamodb = tour.cloud.account.client("dynamodb")
    stored = json.dumps(dynamodb.scan(TableName=names[Table.ACCOUNTS])["Items"], default=str)
    tour.check("Jovan's account is still there", jovan in stored)
    backups.discard(names.values())


def _replay(backups: TableBackups, names: Mapping[Table, str], *words: str) -> tuple[int, list[str]]:
    """Run the command as an operator does; return its exit status and its lines."""
    command = [sys.executable, "-m", "infra.ops", "replay-erasures", "--yes", "--at", backups.at]
    done = subprocess.run(
        [*command, *words, *backups.options(names)],
        cwd=ROOT,
        env={**os.environ, "AWS_ACCESS_KEY_ID": ROOT_KEY, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    if not lines or not lines[-1].startswith("survivors "):
        raise AssertionError(f"replay-erasures: {done.returncode} {done.stdout[-500:]} {done.stderr[-500:]}")
    return done.returncode, lines


def _survivors(lines: list[str]) -> int:
    return int(lines[-1].removeprefix("survivors "))
