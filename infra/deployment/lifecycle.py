"""The lifecycle rules of buckets, from the periods that the register declares."""

from __future__ import annotations

from chalicelib.core import clock, periods
from chalicelib.core.clock import DAY


def export_days(configured: str) -> int:
    """The period of copies in whole days, rounded up: S3 must not delete a copy that its subject may fetch.

    S3 deletes an object at the first midnight (UTC) after that many days.

    Raises:
        ValueError: the configured periods are malformed.
    """
    length = clock.BEGINNING + periods.read(configured)["export"] - clock.BEGINNING
    return -(-length // DAY)
