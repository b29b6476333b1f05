"""The names of tables and of their own attributes, for declarations of records; `core/table` uses both."""

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

    def of(self, stage: str) -> str:
        """Return the name at DynamoDB of the table that a stage creates; a restored one has another name."""
        return f"ru4m-{stage}-{self}"


# The attributes of the index `ends` (core/table/ends).
END_NAMES = ("ends", "ends_from")
