"""Faults that a test requests: errors, bodies that are not JSON, delays, lost responses."""

from __future__ import annotations

import re

from pydantic import BaseModel, ValidationError

from infra.stream_emulator.errors import bad_input


class Fault(BaseModel, extra="forbid", strict=True):
    """A fault of the next `times` requests that match.

    `path` is a prefix, or a regular expression if it starts with ^; it is compared without the
    /api/v2 before it. With `commit` the request is executed first and only its response is lost or
    falsified. A fault with only a delay keeps the response.
    """

    method: str | None = None
    path: str = "/"
    times: int = 1
    status: int | None = None
    code: int | None = None
    body: str | None = None
    delay_ms: int = 0
    drop_connection: bool = False
    commit: bool = False
    headers: dict[str, str] | None = None

    @property
    def takes_the_answer(self) -> bool:
        """Whether the caller does not get the real response."""
        return self.drop_connection or self.status is not None or self.body is not None

    def hits(self, method: str, path: str) -> bool:
        """Whether a request matches."""
        if self.method is not None and self.method.upper() != method:
            return False
        if self.path.startswith("^"):
            return re.search(self.path, path) is not None
        return path.startswith(self.path)


class Faults:
    """The pending faults, in the order in which they were requested."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, described: object) -> None:
        """Add faults by a list of descriptions.

        Raises:
            StreamError: a description with an unknown field or a wrong type.
        """
        if not isinstance(described, list):
            raise bad_input("faults come as a list")
        self._faults += [_parsed(fault) for fault in described]

    def take(self, method: str, path: str) -> Fault | None:
        """Take the fault of a request, and use it up once."""
        for fault in self._faults:
            if fault.hits(method, path):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Drop all pending faults."""
        self._faults.clear()


def _parsed(described: object) -> Fault:
    try:
        fault = Fault.model_validate(described)
        if fault.path.startswith("^"):
            re.compile(fault.path)
    except (ValidationError, re.error) as error:
        raise bad_input(f"a fault is refused: {error}") from None
    return fault
