"""`python -m infra.ops tables`: the backups of a stage's tables (ADR 76).

`backups` needs `dynamodb:ListBackups` and no function, so it works after the removal of the service too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from chalicelib.core import clock
from chalicelib.retention.backups import store
from chalicelib.retention.backups.model import TableBackup
from infra.ops.cases.tables import table_of
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.operator_console import emit
from infra.ops.refused import NOT_IN_ORDER

app = typer.Typer(name="tables", help="Tables: backups that are left.")


@stage_command(app)
def backups(deployed: DeployedStage) -> None:
    """List the backups that DynamoDB has of the stage's tables, deleted ones included.

    Exit status 3: DynamoDB made one of a deleted table that may contain data keys.
    """
    account, stage = deployed
    found = sorted(
        store.of_stage(stage, account.client("dynamodb").list_backups), key=lambda one: one.made_at
    )
    columns = ("table", "backup", "of keys", "made", "ends", "ARN")
    rows = [_row(one, stage) for one in found]
    emit(
        {"backups": [dict(zip(columns, row, strict=True)) for row in rows]},
        table_of(f"{len(found)} backups", columns, rows),
    )
    if any(one.ends_at and one.is_of_keys(stage) for one in found):
        sys.exit(NOT_IN_ORDER)


def _row(one: TableBackup, stage: str) -> Sequence[str]:
    end = clock.to_text(one.ends_at) if one.ends_at else "once it is deleted"
    of_keys = "yes" if one.is_of_keys(stage) else "no"
    return one.table_name, one.name, of_keys, clock.to_text(one.made_at), end, one.arn
