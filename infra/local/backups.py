"""Backups of tables of the local cloud, and new tables restored from them (docs/restore.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from chalicelib.core.table_names import Table
from infra.deployment import tables
from infra.local.cloud import STAGE, LocalCloud


@dataclass(frozen=True)
class TableBackups:
    """Backups of some tables, made one after the other from an instant on."""

    cloud: LocalCloud
    began_at: datetime
    arns: Mapping[Table, str]

    @classmethod
    def make(cls, cloud: LocalCloud, tables: Iterable[Table]) -> Self:
        """Back up tables now."""
        dynamodb, began_at = cloud.account.client("dynamodb"), datetime.now(UTC)
        made = {
            table: dynamodb.create_backup(TableName=table.of(STAGE), BackupName=f"of-{table}")
            for table in tables
        }
        return cls(cloud, began_at, {table: one["BackupDetails"]["BackupArn"] for table, one in made.items()})

    def restore(self) -> dict[Table, str]:
        """Restore all tables, and give them what a restore leaves out; return their names."""
        dynamodb = self.cloud.account.client("dynamodb")
        names = {table: f"{table.of(STAGE)}-restored" for table in self.arns}
        for table, name in names.items():
            dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=self.arns[table])
            ttl = {"Enabled": True, "AttributeName": "delete_at"}
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
            recovery = {"PointInTimeRecoveryEnabled": True}
            dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
        if Table.ACCOUNTS in names:
            stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
            dynamodb.update_table(TableName=names[Table.ACCOUNTS], StreamSpecification=stream)
        return names

    def discard(self, names: Iterable[str]) -> None:
        """Delete restored tables."""
        for name in names:
            tables.remove(self.cloud.account, name)

    def options(self, names: Mapping[Table, str]) -> list[str]:
        """Return the options of `replay-erasures` and `switch-tables` for restored tables."""
        account = self.cloud.account
        place = ["--stage", STAGE, "--region", account.region, "--endpoint-url", str(account.endpoint)]
        return [
            *(word for table, name in names.items() for word in ("--restored", f"{table}={name}")),
            *place,
        ]

    @property
    def at(self) -> str:
        """Return the instant of the backups as `replay-erasures` takes it."""
        return self.began_at.strftime("%Y-%m-%dT%H:%M:%SZ")
