"""What keeps `close_idle_accounts` from acting by mistake (privacy/gates).

In restored tables of accounts, last uses are as old as the backup. So an operator releases the job after the
replay, when people have signed in again.
"""

from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.gates import BlockedReason, Bond, Gate


def gate() -> Gate:
    """The gate, by the current settings."""
    idle = settings().idle
    tables = Bond(settings().table(Table.ACCOUNTS), BlockedReason.OTHER_TABLES)
    return Gate((idle.after_months, idle.due_at_once), {"tables": tables})


def too_many(due: int) -> bool:
    """Return whether so many accounts that are due to be warned need an operator."""
    return due > settings().idle.due_at_once
