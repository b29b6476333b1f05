"""Waits with a countdown."""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.ops.operator_console import complain, note

_REPORTED = 30  # seconds between two lines, if the output is no terminal


def in_words(seconds: int) -> str:
    """Return a length, such as `14 min 30 s`."""
    return f"{seconds // 60} min {seconds % 60:02} s"


def count_down(
    seconds: int,
    reason: str,
    sleep: Callable[[float], object] = time.sleep,
    say: Callable[[str], object] = note,
) -> None:
    """Wait, and show the time that is left: in one line of a terminal, else in a line now and then.

    Args:
        seconds: how long; nothing happens if it is not positive.
        reason: what is waited for, as a sentence.
        sleep: waits for some seconds.
        say: prints a line.
    """
    if seconds <= 0:
        return
    say(reason)
    if complain.is_terminal:
        with complain.status("") as shown:
            for left in range(seconds, 0, -1):
                shown.update(f"{in_words(left)} left to wait")
                sleep(1)
        return
    for left in range(seconds, 0, -_REPORTED):
        say(f"{in_words(left)} left to wait")
        sleep(min(left, _REPORTED))
