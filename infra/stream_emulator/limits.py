"""Rate limits: requests per minute, by endpoint and principal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from infra.stream_emulator.clock import Clock
from infra.stream_emulator.options import UNPUBLISHED, Options
from infra.stream_emulator.tokens import Principal

_WINDOW = 60


@dataclass(frozen=True)
class Allowance:
    """The use of one rate limit in the current minute."""

    limit: int
    used: int
    resets_at: int

    @property
    def is_over(self) -> bool:
        """Whether this minute's requests exceed the limit."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """Return the response headers, in lowercase: the Python SDK looks up no other spelling."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(self.limit - self.used, 0)),
            "x-ratelimit-reset": str(self.resets_at),
        }

    def rendered(self) -> dict[str, int]:
        """Return the limit as GET /rate_limits shows it."""
        remaining = max(self.limit - self.used, 0)
        return {"limit": self.limit, "remaining": remaining, "reset": self.resets_at}


class Limits:
    """Request counters of the current minute.

    The first request after its end starts a new minute.
    """

    def __init__(self, clock: Clock, options: Callable[[], Options]) -> None:
        self._clock = clock
        self._options = options
        self._until = 0
        self._used: dict[tuple[str, str], int] = {}

    def count(self, operation: str, principal: Principal | None) -> Allowance:
        """Count one request; at each endpoint, those without a valid token share a counter."""
        who = str(principal or "nobody")
        self._start_minute_if_over()
        used = self._used[operation, who] = self._used.get((operation, who), 0) + 1
        return Allowance(self._limit(operation, who), used, self._until)

    def server_allowance(self, operation: str) -> Allowance:
        """Return the server's allowance at one endpoint, without counting a request."""
        self._start_minute_if_over()
        used = self._used.get((operation, "server"), 0)
        return Allowance(self._limit(operation, "server"), used, self._until)

    def _limit(self, operation: str, who: str) -> int:
        options = self._options()
        limit = options.limits.get(operation, UNPUBLISHED)
        return limit if who == "server" else min(limit, options.client_limit)

    def _start_minute_if_over(self) -> None:
        now = int(self._clock.seconds())
        if not now < self._until <= now + _WINDOW:
            self._until = now + _WINDOW
            self._used.clear()

    def clear(self) -> None:
        """Reset all counters; the next request starts a new minute."""
        self._until = 0
