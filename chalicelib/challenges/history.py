"""What a container knows of each country's verified codes of the last two weeks (ADR 26).

It reads the record at most once a minute. While that can't be read, what was read last holds, and without
any the floors of the budgets do: no code is refused because of this read.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.challenges import store
from chalicelib.core import clock, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError
from chalicelib.limits.model import CodeHistory


@dataclass
class _Known:
    history: CodeHistory | None = None
    read_at: datetime | None = None


_known = _Known()


def highest(country: str) -> int:
    """The most codes of a country that were verified on one UTC day of the last two weeks; 0 if unknown."""
    now = clock.now()
    if _known.read_at is None or now >= _known.read_at + MINUTE:
        _known.read_at = now  # before the read: an outage is met once a minute, not by each request
        with suppress(Unavailable):
            _known.history = _read()
    return _known.history.highest(country, now) if _known.history else 0


def forget() -> None:
    """What a container has read; for tests."""
    _known.history = _known.read_at = None


def _read() -> CodeHistory | None:
    try:
        return store.get_history()
    except SealingError:
        metrics.count(Metric.RECORD_UNREADABLE)
        return _known.history
