"""The requests that the emulator got, and violations of the promises."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime

from infra.stream_emulator.wire import Json, parsed

_IN_JSON = ("json", "payload")
_NOT_KEPT = ("authorization", "api_key")


class Journal:
    """The latest requests and all violations, in order."""

    def __init__(self, size: int) -> None:
        self.requests: deque[Json] = deque(maxlen=size)
        self.violations: list[Json] = []

    def record(self, request: Json) -> Json:
        """Store a request; the caller later adds the principal and the status."""
        self.requests.append(request)
        return request

    def violation(self, *, principal: str, operation: str, about: Json, at: datetime) -> None:
        """Store the names of fields that Stream must not get, never their values."""
        self.violations.append({"principal": principal, "operation": operation, "at": at, **about})

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.violations.clear()


def kept_query(query: Mapping[str, str]) -> Json:
    """The query as the journal stores it: readable, and without the token."""
    return {
        name: (parsed(text) if name in _IN_JSON else None) or text
        for name, text in query.items()
        if name not in _NOT_KEPT
    }


def kept_body(body: object) -> object:
    """The body as the journal stores it: of a file only its name."""
    if isinstance(body, dict) and isinstance(body.get("file"), dict):
        return {**body, "file": {"name": body["file"]["name"]}}
    return body
