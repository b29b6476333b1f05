"""Backups of the tables, and what certificates of erasures know about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core.clock import DAY
from chalicelib.core.figures import BackupDays
from chalicelib.core.table_names import Table

# How long a table can be recovered (infra/template/data.yaml; a test compares).
KEY_BACKUPS = 7 * DAY
OTHER_BACKUPS = 35 * DAY


@dataclass(frozen=True)
class TableBackup:
    """A backup that DynamoDB keeps of a table of the stage, or of a table that was deleted.

    Attributes:
        ends_at: when DynamoDB deletes it; None for a backup that only a person deletes.
    """

    table_name: str
    name: str
    arn: str
    made_at: datetime
    ends_at: datetime | None = None

    def is_of_keys(self, stage: str) -> bool:
        """Return whether it may contain data keys: unless its name shows that it is of another table."""
        others = (table.of(stage) for table in Table if table is not Table.KEYS)
        return not self.table_name.startswith(tuple(others))

    def is_left(self, stage: str, days: BackupDays, now: datetime) -> bool:
        """Return whether it outlasts recovery: it is of a deleted table, or older than `days` allow."""
        kept_for = days.keys if self.is_of_keys(stage) else days.others
        return self.ends_at is not None or self.made_at + kept_for < now


@dataclass(frozen=True)
class KnownBackups:
    """What is known about the end of backups, beyond the instants of an erasure.

    Attributes:
        keys_for: how long a backup of the table Keys is kept, copies elsewhere included.
        others_for: the same of the other tables.
        keys_until: the end of the last backup of Keys that is left; None if there is none.
        others_until: the same of the other tables.
    """

    keys_for: timedelta = KEY_BACKUPS
    others_for: timedelta = OTHER_BACKUPS
    keys_until: datetime | None = None
    others_until: datetime | None = None


USUAL = KnownBackups()  # the days of recovery only
