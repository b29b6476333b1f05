"""A steady pace for calls whose rate another service limits, such as SES's mails per second.

Each of the workers that run at once has a pace of its own, at the rate divided by their number. So their sum
stays within the rate without a shared counter, also if all of them run. If fewer run, part of the rate is
left unused.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.core import clock


@dataclass
class Pace:
    """At most one call in each interval.

    The first call waits too: the run before, perhaps in the same container, may just have made its last one.
    """

    interval: timedelta
    _next_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._next_at = clock.ticks() + self.interval.total_seconds()

    def wait(self) -> None:
        """Wait until the next call may be made, and count it as made."""
        now = clock.ticks()
        if now < self._next_at:
            clock.pause(timedelta(seconds=self._next_at - now))
        self._next_at = max(now, self._next_at) + self.interval.total_seconds()
