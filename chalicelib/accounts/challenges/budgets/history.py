"""A container's cache of each country's verified codes of the last two weeks (ADR 26).

It reads the record at most once a minute. If that fails, the record that was read last stays in use; if there
is none, budgets have their configured minimum. So no code is refused because this read failed.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.challenges.budgets import store
from chalicelib.accounts.limits.model import CodeHistory
from chalicelib.core import clock, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError


@dataclass
class _Cache:
    history: CodeHistory | None = None
    read_at: datetime | None = None


_known = _Cache()


def highest(country: str) -> int:
    """A country's most verified codes of one UTC day in the last two weeks; 0 if unknown."""
    now = clock.now()
    if _known.read_at is None or now >= _known.read_at + MINUTE:
        _known.read_at = now  # before the read, so that in an outage only one request a minute waits for it
        with suppress(Unavailable):
            _known.history = _read()
    return _known.history.highest(country, now) if _known.history else 0


def forget() -> None:
    """Forget the record that was read; for tests."""
    _known.history = _known.read_at = None


def _read() -> CodeHistory | None:
    try:
        return store.get_history()
    except SealingError:
        metrics.count(Metric.RECORD_UNREADABLE)
        return _known.history
