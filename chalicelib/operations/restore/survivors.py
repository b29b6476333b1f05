"""Counts what is left of erased accounts in the tables, by a scan of each."""

from collections.abc import Mapping
from functools import partial

from chalicelib.core.ids import AccountId
from chalicelib.core.shards import Segment
from chalicelib.core.table_names import Table
from chalicelib.operations.restore import store
from chalicelib.operations.restore.scanning import Workers

# What stays there outlives the account on purpose, and names it by its random id or not at all.
NOT_COUNTED: Mapping[Table, str] = {
    Table.RIGHTS: "requests prove how they were answered (ADR 30)",
    Table.HELD: "a law or a hold keeps it, under another id (ADR 31)",
    Table.LEDGER: "evidence, under random ids (ADR 30)",
}
COUNTED = tuple(table for table in Table if table not in NOT_COUNTED)


def count_survivors(accounts: frozenset[AccountId], workers: Workers) -> dict[Table, int]:
    """Count the items that name an erased account, by table; no table is read if no account is erased.

    Raises:
        Unavailable: a table does not answer.
    """
    if not accounts:
        return dict.fromkeys(COUNTED, 0)
    return {table: sum(workers.on_segments(partial(_count, accounts, table))) for table in COUNTED}


def _count(accounts: frozenset[AccountId], table: Table, segment: Segment) -> int:
    return sum(len(keys) for keys in store.items_of(accounts, table, segment))
