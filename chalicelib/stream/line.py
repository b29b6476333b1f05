"""How long a worker goes on calling Stream: its line is closed by silence, by Stream's limit, or at its end.

A call without an answer takes six seconds. So after the first one the line makes no more calls, and the
container opens none for half a minute. Calls outside a line, such as those of routes, are not concerned.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from chalicelib.core import clock
from chalicelib.stream.model import CallLimited, StreamSilent, StreamUnavailable

_QUIET = timedelta(seconds=30)
_UNANSWERED = 3  # attempts in succession; then Stream is down, and not one of them odd


class LineClosed(StreamUnavailable):
    """The call was not made."""


class Attempt(IntEnum):
    """What became of an attempt; of several, the largest counts."""

    TAKEN = 0
    NOT_MADE = 1
    FAILED = 2


@dataclass
class StreamLine:
    """The calls of one run: how many were made, and how many attempts in succession failed."""

    until: datetime
    closed: bool = False
    made: int = 0
    failed: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether another call may be made."""
        return not self.closed and clock.now() < self.until

    def attempt(self, send: Callable[[], bool]) -> Attempt:
        """Make the calls of `send`, which returns whether none of them has to be repeated."""
        before = self.made
        if self.is_open and send():
            self.failed = 0
            return Attempt.TAKEN
        if self.made == before:
            return Attempt.NOT_MADE
        self.failed += 1
        self.closed = self.closed or self.failed >= _UNANSWERED
        return Attempt.FAILED


_line: StreamLine | None = None
_silent_at: datetime | None = None


@contextmanager
def opened(until: datetime) -> Iterator[StreamLine]:
    """Let all calls in the block be those of one line, until an instant."""
    global _line  # noqa: PLW0603 - a run is alone in its process
    quiet = _silent_at is not None and clock.now() < _silent_at + _QUIET
    before, line = _line, StreamLine(until, closed=quiet)
    _line = line
    try:
        yield line
    finally:
        _line = before


@contextmanager
def calling() -> Iterator[None]:
    """Count the call in the block, and close the line if Stream is silent or limits the calls.

    Raises:
        LineClosed: the line is closed.
    """
    global _silent_at
    if (line := _line) is None:
        yield
        return
    if not line.is_open:
        raise LineClosed
    line.made += 1
    try:
        yield
    except StreamSilent:
        line.closed, _silent_at = True, clock.now()
        raise
    except CallLimited:
        line.closed = True
        raise


def forget() -> None:
    """Reset to the state of a new container."""
    global _silent_at  # noqa: PLW0603 - as above
    _silent_at = None
