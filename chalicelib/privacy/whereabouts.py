"""How the records of one subject are found. The table determines it, so no record class declares it.

Export and erasure use it: a record class in a table that is found by the account is covered by both as soon
as it is defined.
"""

from enum import StrEnum

from chalicelib.core.table_names import Table


class LookupPath(StrEnum):
    """The way in which records are found from an account."""

    BY_ACCOUNT = "one partition under the account's id"
    BY_CLAIM = "keyed hashes of the claimed values, computed from the account's own values"
    BY_INDEX = "an index by the account, since requests outlive accounts"
    BY_PSEUDONYM = "chains under the account's pseudonym"
    BY_ERASURE = "a random id that only the request for erasure names; there are none before the erasure"
    BY_NOTHING = "random ids or keyed hashes that cannot be found from the account; all expire within days"


def found(table: Table) -> LookupPath:
    """Return how the records of a subject are found in a table."""
    match table:
        case Table.ACCOUNTS | Table.KEYS | Table.USAGE | Table.BILLING:
            return LookupPath.BY_ACCOUNT
        case Table.CLAIMS:
            return LookupPath.BY_CLAIM
        case Table.RIGHTS:
            return LookupPath.BY_INDEX
        case Table.LEDGER:
            return LookupPath.BY_PSEUDONYM
        case Table.HELD:
            return LookupPath.BY_ERASURE
        case Table.CHALLENGES:
            return LookupPath.BY_NOTHING
