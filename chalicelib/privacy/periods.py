"""How long records are kept: a period from an instant on the record, or until erasure.

Visibility and TTL follow from this (privacy/codec); nothing else computes an expiry date.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from chalicelib.core.clock import DAY, HOUR


class Period(Enum):
    """Named periods with the words in which the controller tells them."""

    CHALLENGE = (24 * HOUR, "a day after a code was asked for")
    LIMIT = (
        DAY,
        "until the end of the day (UTC), under a keyed hash of the number or of its or the address's block",
    )
    IDLE_SESSION = (60 * DAY, "60 days after the device was last used")

    def __init__(self, length: timedelta, plainly: str) -> None:
        self.length = length
        self.plainly = plainly


@dataclass(frozen=True)
class UntilErasure:
    """Kept while the account lives."""

    plainly: str = "until the account is deleted"


@dataclass(frozen=True)
class After:
    """Kept for a period from the instant in the record's field `since`."""

    period: Period
    since: str

    @property
    def plainly(self) -> str:
        """In words for people."""
        return self.period.plainly


Retention = UntilErasure | After

UNTIL_ERASURE = UntilErasure()
