"""What a decision about reports of abuse does to an account for a while (ADR 115)."""

from datetime import datetime
from enum import StrEnum

from chalicelib.accounts.model import Account
from chalicelib.core import clock
from chalicelib.core.ids import SafetyDecisionId


class Limitation(StrEnum):
    """The kinds; the value begins the attributes of the account."""

    SUSPENSION = "suspended"
    PAUSE = "reports_paused"  # its owner may report only dangers to children and life

    def of(self, account: Account) -> tuple[datetime, SafetyDecisionId] | None:
        """Its end and its decision, if the account has it now."""
        until, by = getattr(account, f"{self}_until"), getattr(account, f"{self}_by")
        return (until, by) if until and by and clock.now() < until else None
