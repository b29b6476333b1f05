"""The rules of bars (ADR 116).

Invariants:

- A bar is placed before the claim on the number is released: who signs up after the release finds it.
- It concerns new accounts only. An account that has the number, or moves to it, is not refused.
"""

from datetime import datetime

from chalicelib.accounts.bars import store
from chalicelib.accounts.bars.store import deletions, place, place_on_number  # noqa: F401 - offered to other rooms
from chalicelib.core.errors import Forbidden


class NumberNotAvailable(Forbidden):
    """No account can be opened with this number. It does not say why: its holder may be another person."""

    title = "No account can be opened with this number; you can object"


def barred_until(phone: str) -> datetime | None:
    """Until when no account can be opened with a number; None: one can.

    Raises:
        Unavailable: Claims does not answer.
    """
    return max((one.until for one in store.read(phone)), default=None)


def check(phone: str) -> None:
    """Refuse a number that is barred.

    Raises:
        NumberNotAvailable: see there.
        Unavailable: Claims does not answer.
    """
    if barred_until(phone):
        raise NumberNotAvailable
