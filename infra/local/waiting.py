"""Waiting for other processes: polls until a deadline, never a fixed pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
_PAUSE = 0.05


class NotInTime(AssertionError):
    """The deadline passed; the message names the awaited event."""


def until(look: Callable[[], _T | None], what: str, seconds: float = 15.0) -> _T:
    """Call `look` until its result is true, and return that result.

    Raises:
        NotInTime: no result was true within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise NotInTime(f"waited {seconds:g} s for {what}")
        time.sleep(_PAUSE)
