"""The requests that the emulator got, and violations of the promises."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from infra.stream_emulator.wire import Json


class Journal:
    """The latest requests and all violations, in order."""

    def __init__(self, size: int) -> None:
        self._requests: deque[Json] = deque(maxlen=size)
        self._violations: list[Json] = []

    def record(self, request: Json) -> Json:
        """Store a request; the caller later adds the principal and the status."""
        self._requests.append(request)
        return request

    def violation(self, *, principal: str, operation: str, about: Json, at: datetime) -> None:
        """Store the names of fields that Stream must not get, never their values."""
        self._violations.append(
            {"principal": principal, "operation": operation, "at": at, **about},
        )

    def requests(self) -> list[Json]:
        """All stored requests, oldest first."""
        return list(self._requests)

    def violations(self) -> list[Json]:
        """Every violation."""
        return list(self._violations)

    def clear(self) -> None:
        """Forget everything."""
        self._requests.clear()
        self._violations.clear()
