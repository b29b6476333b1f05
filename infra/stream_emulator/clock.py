"""The emulator's clock: the machine's clock plus an offset that tests advance."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_TICK = timedelta(microseconds=1)


class Clock:
    """Real time plus an offset, so that a test can let an hour pass without waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._last = datetime.fromtimestamp(0, UTC)

    def seconds(self) -> float:
        """Unix time in seconds."""
        return time.time() + self._ahead

    def now(self) -> datetime:
        """An instant later than all returned before, so that sorting by time keeps the order."""
        instant = datetime.fromtimestamp(self.seconds(), UTC)
        self._last = max(instant, self._last + _TICK)
        return self._last

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        self._ahead += seconds

    def clear(self) -> None:
        """Back to the machine's own time."""
        self._ahead = 0.0
        self._last = datetime.fromtimestamp(0, UTC)


def parsed_instant(text: object) -> datetime | None:
    """RFC 3339 with an offset, or None if it is anything else."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
