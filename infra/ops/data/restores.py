"""`python -m infra.ops replay-erasures` and `switch-tables`: restored tables (docs/restore.md).

Each command checks which tables are named. The replay also checks the state of the restored tables before it
changes them. DynamoDB gives a restored table its keys and indexes, and nothing else: TTL, backups, deletion
protection and the stream have to be set again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import typer

from chalicelib.core import transactions
from chalicelib.core.table_names import Table
from chalicelib.operations.restore.store import Workers
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.ops.commands import DeployedStage
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Yes
from infra.ops.refused import CommandRefused, WrongCall
from infra.template import load

# Tables that name each other's items: one that is older or newer than its counterpart gives people another
# person's account, a second one, or none (ADR 66).
_RESTORED_WITH: Mapping[Table, frozenset[Table]] = {
    Table.ACCOUNTS: frozenset({Table.CLAIMS}),
    Table.CLAIMS: frozenset({Table.ACCOUNTS}),
    Table.KEYS: frozenset({Table.ACCOUNTS, Table.CLAIMS}),
}


class RestoredTableRefused(CommandRefused):
    """A restored table is not the one that was meant, or functions use it; the text says which."""


class RestoreMalformed(WrongCall):
    """A word of the call does not name a restored table, or an instant."""


@dataclass(frozen=True)
class RestoredTables:
    """The physical names of restored tables, and those that functions may use already."""

    names: dict[Table, str]
    allowed: frozenset[str]

    @classmethod
    def parse(cls, words: Iterable[str], allowed: Iterable[str]) -> Self:
        """Parse words such as `accounts=ru4m-staging-accounts-restored`.

        Raises:
            RestoreMalformed: a word is malformed, a table is named twice, or one that belongs to it is not.
        """
        found: dict[Table, str] = {}
        for word in words:
            table, _, name = word.partition("=")
            if table not in list(Table) or not name or table in found:
                raise RestoreMalformed(f"--restored {word}: each table once, as accounts=NAME")
            found[Table(table)] = name
        for table in found:
            if missing := sorted(_RESTORED_WITH.get(table, frozenset()) - found.keys()):
                raise RestoreMalformed(f"{table} is restored only together with {' and '.join(missing)}")
        return cls(found, frozenset(allowed))

    def check(self, account: AwsAccount, stage: str) -> None:
        """Check that the tables can be changed.

        Raises:
            RestoredTableRefused: a function of the stage uses one of them, it is not what it is named as, or
                it lacks settings that the template gives it.
        """
        used = tables.used_by_functions(account, stage) - self.allowed
        for table, name in self.names.items():
            if name in used:
                raise RestoredTableRefused(f"functions use {name}; to change it, add --in-use {name}")
            found, wanted = _described(account, name), _template(table)
            if (found["KeySchema"], _indexes(found)) != (wanted["KeySchema"], _indexes(wanted)):
                raise RestoredTableRefused(f"{name} has not the keys and indexes of the table {table}")
            if lacking := list(_missing(account, found, wanted)):
                raise RestoredTableRefused(
                    f"{name} lacks {', '.join(lacking)}; set that first (docs/restore.md)"
                )


def _described(account: AwsAccount, name: str) -> dict[str, Any]:
    if (found := tables.described(account, name)) is None:
        raise RestoredTableRefused(f"there is no table {name}")
    if found["TableStatus"] != "ACTIVE":
        raise RestoredTableRefused(f"{name} is {found['TableStatus']}; wait until it is ACTIVE")
    return found


def _template(table: Table) -> dict[str, Any]:
    properties: dict[str, Any] = load("data")["Resources"][f"{table.title()}Table"]["Properties"]
    return properties


def _indexes(table: Mapping[str, Any]) -> dict[str, Any]:
    return {one["IndexName"]: one["KeySchema"] for one in table.get("GlobalSecondaryIndexes", ())}


def _missing(account: AwsAccount, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    client, name = account.client("dynamodb"), found["TableName"]
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    is_enabled = ttl.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    attribute = wanted.get("TimeToLiveSpecification", {}).get("AttributeName")
    if attribute and not (is_enabled and ttl.get("AttributeName") == attribute):
        yield f"TTL on {attribute}"
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery, days = backups.get("PointInTimeRecoveryDescription", {}), _recovery_days(wanted)
    if days and recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        yield "point-in-time recovery"
    elif days and not account.endpoint and recovery.get("RecoveryPeriodInDays", _LONGEST) != days:
        yield f"a recovery period of {days} days"  # the emulator has none
    if not found.get("DeletionProtectionEnabled"):
        yield "deletion protection"
    view_type = wanted.get("StreamSpecification", {}).get("StreamViewType")
    if view_type and found.get("StreamSpecification", {}).get("StreamViewType") != view_type:
        yield f"its stream with the view type {view_type}"


_LONGEST = 35  # days, the recovery period of a table that sets none


def _recovery_days(wanted: Mapping[str, Any]) -> int | None:
    """The days of recovery that the template gives a table; None if it has no backups."""
    found = wanted["PointInTimeRecoverySpecification"]
    return found.get("RecoveryPeriodInDays", _LONGEST) if found["PointInTimeRecoveryEnabled"] else None


Restored = Annotated[list[str], typer.Option(help="restored table, as accounts=NAME; once for each")]


def replay_restored(
    deployed: DeployedStage,
    restored: Restored,
    at: Annotated[str, typer.Option(help="instant of the backups, the earliest of several")],
    in_use: Annotated[
        list[str] | None, typer.Option(help="restored table that functions use already")
    ] = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="threads, and segments of each scan")] = 8,
) -> None:
    """Erase erased users again in restored tables. Safe to stop and run again.

    Exit status 0: no item of them is left. 1: refused, or not complete. 3: something is left or in doubt.
    """
    from infra.ops.data import replay

    perform = transactions.omit if dry_run else transactions.perform
    named, instant = RestoredTables.parse(restored, in_use or ()), replay.parse_instant(at)
    if not dry_run:
        confirm_unless(yes, f"Erase erased users again in {', '.join(named.names.values())}?")
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        note(line)

    status = replay.replay_erasures(*deployed, named, instant, perform, Workers(parallel), say)
    emit({"clean": status == 0, "dry_run": dry_run, "lines": lines})
    sys.exit(status)


def switch_tables(
    deployed: DeployedStage, restored: Restored, *, dry_run: DryRun = False, yes: Yes = False
) -> None:
    """Give the functions restored tables, once `replay-erasures` has ended with status 0."""
    names = RestoredTables.parse(restored, ()).names
    changes = tables.changes_to(*deployed, names)
    listed = [f"{name}: {before} -> {after}" for name, (before, after) in changes.items()]
    found = {"changes": {name: {"from": old, "to": new} for name, (old, new) in changes.items()}}
    if dry_run or not changes:
        emit(found | {"switched": False}, *(listed or ["The functions use these tables already."]))
        return
    for line in listed:
        note(line)
    confirm_unless(yes, f"Give the functions of {deployed.stage} these tables?")
    tables.switch(*deployed, names, note)
    emit(found | {"switched": True}, f"The functions of {deployed.stage} use them.")
    for name, (before, _) in changes.items():
        if name.endswith("TableName"):
            note(f"No erasure reaches {before} any more. Delete it with `ops tables remove {before}`.")
