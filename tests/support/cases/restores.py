"""Restores of tables from backups, and replays of erasures on them, in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from unittest import mock

from chalicelib.core import aws, clock, transactions
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import Perform
from chalicelib.operations.restore.erasures import Keep, keep_held
from chalicelib.operations.restore.replay import ReplayOrder
from chalicelib.operations.restore.store import Workers
from infra.ops.data.replay import report

# Held is in backups too; a restore of it alone would bring nothing back. Usage and Challenges have none.
IN_BACKUPS = (Table.ACCOUNTS, Table.BILLING, Table.CLAIMS, Table.KEYS, Table.RIGHTS)


def complete(client: Any, name: str, table: Table, without: str = "") -> None:
    """Give a restored table what a restore leaves out, but for one setting."""
    if without != "deletion protection":
        client.update_table(TableName=name, DeletionProtectionEnabled=True)
    if without != "TTL on delete_at":
        ttl = {"Enabled": True, "AttributeName": "other" if without == "another TTL" else "delete_at"}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    if without != "point-in-time recovery":
        recovery = {"PointInTimeRecoveryEnabled": True}
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    if table is Table.ACCOUNTS and without != "its stream":
        view = "NEW_IMAGE" if without == "another view" else "KEYS_ONLY"
        stream = {"StreamEnabled": True, "StreamViewType": view}
        client.update_table(TableName=name, StreamSpecification=stream)


@dataclass(frozen=True)
class Replayed:
    """What the command printed, and its exit status."""

    status: int
    lines: tuple[str, ...]

    @property
    def survivors(self) -> int:
        return int(self.lines[-1].removeprefix("survivors "))

    def has(self, line: str) -> bool:
        return any(line in printed for printed in self.lines)


@dataclass(frozen=True)
class Backup:
    """Backups of all tables at one instant."""

    at: datetime
    arns: dict[Table, str]

    @classmethod
    def made(cls) -> Backup:
        """Back up all tables now."""
        client = aws.client("dynamodb")
        made = {
            table: client.create_backup(TableName=settings().table(table), BackupName=f"of-{table}")
            for table in (*IN_BACKUPS, Table.HELD)
        }
        arns = {table: str(answer["BackupDetails"]["BackupArn"]) for table, answer in made.items()}
        return cls(clock.now(), arns)

    @contextmanager
    def restored(self, *tables: Table) -> Iterator[Restore]:
        """Restore some tables, which are lost, into new ones, which the whole process uses in this block."""
        restore = Restore(self.at, frozenset(tables))
        names = {f"RU4M_TABLE_{table.upper()}": f"ru4m-test-{table}-restored" for table in tables}
        client = aws.client("dynamodb")
        for table in tables:
            client.restore_table_from_backup(
                TargetTableName=f"ru4m-test-{table}-restored", BackupArn=self.arns[table]
            )
            with suppress(client.exceptions.ResourceNotFoundException):
                client.delete_table(TableName=f"ru4m-test-{table}")
        with mock.patch.dict(os.environ, names):
            settings.cache_clear()
            yield restore
            for name in names.values():
                client.delete_table(TableName=name)
        settings.cache_clear()


@dataclass(frozen=True)
class Restore:
    """Restored tables; the other tables are as they were."""

    at: datetime
    tables: frozenset[Table]
    keep: Keep = keep_held
    workers: Workers = field(default_factory=lambda: Workers(1))

    def replay(self, perform: Perform = transactions.perform) -> Replayed:
        """Repeat erasures on the restored tables, as the command does."""
        lines: list[str] = []
        status = report(ReplayOrder(self.at, self.tables, self.keep, perform, self.workers), lines.append)
        return Replayed(status, tuple(lines))

    def keeping(self, keep: Keep) -> Restore:
        """Return the same restore, with what a law keeps."""
        return replace(self, keep=keep)

    def dry_run(self) -> Replayed:
        return self.replay(transactions.omit)
