"""`python -m infra.ops tables`: the backups of a stage's tables, and removals of tables (ADR 76).

`backups` needs `dynamodb:ListBackups`, `cloudformation:DescribeStacks` and no function, so it works after the
removal of the service too. So does `remove`, which reads the approval of two operators from the table of
requests. The operator who runs it needs `dynamodb:DeleteTable` and the like, which no function has.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from chalicelib.core import clock, figures
from chalicelib.core.figures import BackupDays
from chalicelib.core.ids import TableRemovalId
from chalicelib.core.table import items
from chalicelib.core.table_names import Table
from chalicelib.privacy import codec
from chalicelib.retention.backups import store
from chalicelib.retention.backups.model import TableBackup
from chalicelib.retention.removals.model import RemovalReason, TableRemoval
from chalicelib.retention.removals.store import key
from infra.deployment import tables
from infra.deployment.stacks import Stacks, stack_name
from infra.ops import standing_in
from infra.ops.cases.tables import CaseList, shown, table_of
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.internal_api import InternalApi, api_command, emit_listing, read_list
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Yes, id_argument
from infra.ops.refused import NOT_IN_ORDER, CommandRefused

app = typer.Typer(name="tables", help="Tables: backups that are left, removals.")

_ALL = "/table-removals"
_Name = Annotated[str, typer.Argument(metavar="NAME", help="name of the table at DynamoDB")]
_Removal = Annotated[str, id_argument(TableRemovalId, "removal")]


class RemovalRefused(CommandRefused):
    """The table is used, another stage's, or its removal is not approved."""


@stage_command(app)
def backups(deployed: DeployedStage) -> None:
    """List the backups that DynamoDB has of the stage's tables, deleted ones included.

    One is `left` if it exists for longer than recovery does, or than the deployed settings keep it. Without a
    service these are the defaults. Exit status 3: one that is left may contain data keys, so the alarm
    key-backup-left rings.
    """
    found, stage, days, now = _listed(deployed), deployed.stage, _kept(deployed), clock.now()
    left = [one for one in found if one.is_left(stage, days, now)]
    columns = ("table", "backup", "of keys", "left", "made", "ends", "ARN")
    rows = [_row(one, stage, is_left=one in left) for one in found]
    emit(
        {"backups": [dict(zip(columns, row, strict=True)) for row in rows]},
        table_of(f"{len(found)} backups", columns, rows),
    )
    if any(one.is_of_keys(stage) for one in left):
        sys.exit(NOT_IN_ORDER)


@api_command(app)
def removals(api: InternalApi) -> None:
    """List the removals of tables that were proposed or approved, the newest first."""
    found = read_list(api, _ALL)
    emit_listing(found, LISTED.what, *LISTED.tables(found.items))


@api_command(app)
def propose_removal(api: InternalApi, name: _Name, why: Annotated[RemovalReason, typer.Option()]) -> None:
    """Propose to remove a table of the stage; another operator approves it within seven days."""
    _print_decided(api.call("POST", _ALL, {"table_name": name, "reason": why}))


@api_command(app)
def approve_removal(api: InternalApi, removal: _Removal, name: _Name) -> None:
    """Approve the removal of this table that another operator proposed; `remove` has seven days for it."""
    if name not in {one["table_name"] for one in read_list(api, _ALL).items if one["id"] == removal}:
        raise RemovalRefused(f"{removal} is no removal of {name}: `ops tables removals` lists them")
    _print_decided(api.call("POST", f"{_ALL}/{removal}/approval"))


@stage_command(app)
def remove(
    deployed: DeployedStage,
    name: _Name,
    removal: Annotated[
        str | None, typer.Option(help="approved removal, tr_...; for a table under a name of the stage")
    ] = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete a table that no function uses, and leave no backup of it. Safe to run again after a failure.

    Exit status 3: backups of it are left; they are listed.
    """
    _check(deployed, name, removal)
    if not dry_run:
        confirm_unless(yes, f"Delete {name}? Its recovery ends with it, and nothing brings it back.")
        tables.remove(deployed.account, name)
    left = [one for one in _listed(deployed) if one.table_name == name]
    emit({"table": name, "removed": not dry_run, "backups": [one.arn for one in left]})
    note(f"{name} {'would be' if dry_run else 'is'} deleted.")
    for one in left:
        note(f"A backup is left: {one.arn}, {shown(_end(one))}")
    if left and not dry_run:
        sys.exit(NOT_IN_ORDER)


def _check(deployed: DeployedStage, name: str, removal: str | None) -> None:
    """Check that the table may be removed.

    Raises:
        RemovalRefused: a function uses it, it is another stage's, or two operators have to approve it first.
    """
    account, stage = deployed
    if not name.startswith(f"ru4m-{stage}-"):
        raise RemovalRefused(f"{name} is no table of stage {stage}")
    if not tables.exists(account, name):  # an earlier run deleted it, and its backups are listed
        return
    if name in tables.used_by_functions(account, stage):
        raise RemovalRefused(f"functions use {name}")
    # A removal of the service notes restored tables for the next deployment, so they hold the stage's data.
    of_stage = {table.of(stage) for table in Table} | {*standing_in.table_names(*deployed).values()}
    if name not in of_stage:
        return
    approved = _read(deployed, TableRemovalId(removal)) if removal else None
    if approved is None or not approved.allows(name, clock.now()):
        raise RemovalRefused(
            f"two operators have to approve the removal of {name}: `ops tables propose-removal {name}`, then "
            "`approve-removal`; it lasts for seven days"
        )


def _read(deployed: DeployedStage, removal_id: TableRemovalId) -> TableRemoval | None:
    rights = standing_in.table_names(*deployed)[Table.RIGHTS]
    place = {name: items.wire(value) for name, value in key(removal_id).attributes().items()}
    found = deployed.account.client("dynamodb").get_item(TableName=rights, Key=place, ConsistentRead=True)
    return codec.opened(TableRemoval, items.plain(found["Item"])) if "Item" in found else None


def _listed(deployed: DeployedStage) -> list[TableBackup]:
    found = store.of_stage(deployed.stage, deployed.account.client("dynamodb").list_backups)
    return sorted(found, key=lambda one: one.made_at)


def _kept(deployed: DeployedStage) -> BackupDays:
    """The days for which the deployed stage keeps backups; the default ones if it has no service."""
    held = Stacks(deployed.account).parameters(stack_name(deployed.stage, "service"))
    return figures.read(BackupDays, {figures.PACKED: held.get("Figures", figures.DEFAULTS)})


def _row(one: TableBackup, stage: str, *, is_left: bool) -> Sequence[str]:
    of_keys, left = ("yes" if holds else "no" for holds in (one.is_of_keys(stage), is_left))
    return one.table_name, one.name, of_keys, left, clock.to_text(one.made_at), _end(one), one.arn


def _end(one: TableBackup) -> str:
    return clock.to_text(one.ends_at) if one.ends_at else "until it is deleted"


def _decided(one: dict[str, Any]) -> Sequence[object]:
    by, at = one.get("approved_by", ""), one.get("approved_at", "")
    return one["id"], one["table_name"], one["reason"], one["proposed_by"], by, at


def _print_decided(removal: dict[str, Any]) -> None:
    state = "approved" if "approved_at" in removal else "another operator has to approve it"
    emit(removal, f"{removal['id']}  {removal['table_name']}  {state}")


LISTED = CaseList(
    "removals", ("removal", "table", "reason", "proposed by", "approved by", "approved"), _decided
)
