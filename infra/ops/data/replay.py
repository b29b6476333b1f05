"""`python -m infra.ops replay-erasures`: repeats erasures on restored tables (`operations/restore`, ADR 32).

It acts with the settings of `erase_accounts`, with the names of the restored tables in place of those that
the functions use, and with the permissions of the operator. docs/restore.md has the whole procedure.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from chalicelib.core.aws import AwsBug
from chalicelib.core.chain.locked import ObjectDiffers
from chalicelib.core.errors import Unavailable
from chalicelib.core.transactions import Conflict, Perform
from chalicelib.operations.restore.erasures import keep_held
from chalicelib.operations.restore.replay import ReplayOrder, replay
from chalicelib.operations.restore.store import Workers
from infra.deployment.account import AwsAccount
from infra.ops import standing_in
from infra.ops.data.restores import RestoredTables, RestoreMalformed
from infra.ops.refused import FAILED, NOT_IN_ORDER

CLEAN = 0

Say = Callable[[str], object]


def parse_instant(text: str) -> datetime:
    """The instant of a backup.

    Raises:
        RestoreMalformed: it is no instant with an offset.
    """
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.replace(microsecond=0)
    raise RestoreMalformed(f"--at {text}: an instant as 2026-11-20T10:00:00Z")


def replay_erasures(
    account: AwsAccount,
    stage: str,
    restored: RestoredTables,
    at: datetime,
    perform: Perform,
    workers: Workers,
    say: Say,
) -> int:
    """Repeat erasures on restored tables of a stage; return the exit status.

    Args:
        account: the account of the stage.
        stage: the stage.
        restored: the restored tables; the others are those of the stage.
        at: the instant of the backups; of several, the earliest.
        perform: makes the changes, or omits them.
        workers: how many threads work.
        say: prints a line.

    Raises:
        RestoredTableRefused: functions use one of the tables, or it is not what it is named as.
    """
    restored.check(account, stage)
    names = standing_in.table_names(account, stage) | restored.names
    variables = {f"RU4M_TABLE_{table.upper()}": name for table, name in names.items()}
    standing_in.act_as(account, stage, "erase_accounts", variables)
    return report(ReplayOrder(at, frozenset(restored.names), keep_held, perform, workers), say)


def report(order: ReplayOrder, say: Say) -> int:
    """Print the report of each part; return the exit status."""
    faults = 0
    try:
        for part in replay(order):
            faults += part.faults
            for line in part.lines:
                say(line)
    except Unavailable:
        say("not complete: a service does not answer; run the command again")
        return FAILED
    except Conflict:
        say("not complete: something changes the tables at the same time; stop the functions, run it again")
        return FAILED
    except (AwsBug, ObjectDiffers) as refused:
        say(f"not complete: {type(refused).__name__} {refused}")
        return FAILED
    return NOT_IN_ORDER if faults else CLEAN
