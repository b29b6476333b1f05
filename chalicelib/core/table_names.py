"""The tables, for declarations that say where a record is stored. `core/table` reads and writes them."""

from enum import StrEnum


class Table(StrEnum):
    """The tables by their content; the template uses the same names."""

    ACCOUNTS = "accounts"
    CLAIMS = "claims"
    CHALLENGES = "challenges"
    KEYS = "keys"
    LEDGER = "ledger"
    USAGE = "usage"
    RIGHTS = "rights"
    BILLING = "billing"
    HELD = "held"
