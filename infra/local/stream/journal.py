"""What the emulator was asked, and what it was sent against the promises."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from infra.local.stream.wire import Json


class Journal:
    """The latest requests and all violations, in order."""

    def __init__(self, size: int) -> None:
        self._requests: deque[Json] = deque(maxlen=size)
        self._violations: list[Json] = []

    def record(self, request: Json) -> Json:
        """Keep a request; the caller adds to it what it learns later (principal, status)."""
        self._requests.append(request)
        return request

    def violation(self, *, principal: str, operation: str, about: Json, at: datetime) -> None:
        """Keep that somebody sent what Stream must not get; names of fields, never their values."""
        self._violations.append(
            {"principal": principal, "operation": operation, "at": at, **about},
        )

    def requests(self) -> list[Json]:
        """Every request still kept, oldest first."""
        return list(self._requests)

    def violations(self) -> list[Json]:
        """Every violation."""
        return list(self._violations)

    def clear(self) -> None:
        """Forget everything."""
        self._requests.clear()
        self._violations.clear()
