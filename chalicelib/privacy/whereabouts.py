"""How the records of one subject are found. It follows from the table, so no record class says it.

Export and erasure read by this: a record class in a table that is found by the account is covered by
both the moment it exists.
"""

from enum import StrEnum

from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table


class LookupPath(StrEnum):
    """What leads from a subject to its records."""

    BY_ACCOUNT = "one partition under the account's id"
    BY_CLAIM = "keyed hashes of what the subject claims, made anew from the account's own values"
    BY_INDEX = "an index by the account, since a request outlives it"
    BY_PSEUDONYM = "chains under the account's pseudonym"
    BY_NOTHING = "random ids or keyed hashes that nothing leads to; everything there ends within days"


def found(table: Table) -> LookupPath:
    """How the records of a subject are found in a table."""
    match table:
        case Table.ACCOUNTS | Table.KEYS | Table.USAGE:
            return LookupPath.BY_ACCOUNT
        case Table.CLAIMS:
            return LookupPath.BY_CLAIM
        case Table.RIGHTS:
            return LookupPath.BY_INDEX
        case Table.LEDGER:
            return LookupPath.BY_PSEUDONYM
        case Table.CHALLENGES:
            return LookupPath.BY_NOTHING


def partition(account_id: AccountId) -> str:
    """The partition of an account in every table that is found by the account."""
    return f"A#{account_id}"
