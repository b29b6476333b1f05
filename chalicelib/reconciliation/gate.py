"""What keeps reconciliation from acting by mistake (privacy/gates).

An app that is not the stage's would have none of the erased users, so all checks would pass. Restored tables
may lack accounts, or have accounts that were erased, until the replay has ended.
"""

from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.gates import BlockedReason, Bond, Gate


def gate() -> Gate:
    """The gate, by the current settings."""
    now = settings()
    return Gate(
        (now.stream_api_key, now.stream_url, now.stream_erasure.value, now.reconciliation.found_run),
        {
            "app": Bond(now.stream_api_key, BlockedReason.OTHER_APP),
            "tables": Bond(_tables(), BlockedReason.OTHER_TABLES),
        },
    )


def too_many(found: int) -> bool:
    """Return whether so many users found in one run need an operator."""
    return found > settings().reconciliation.found_run


def _tables() -> str:
    return " ".join(settings().table(one) for one in (Table.ACCOUNTS, Table.CLAIMS))
