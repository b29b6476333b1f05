"""Counts open breaches, their deadlines and pending notices, and finds due work for the workers (SEC-4).

It reads states, instants and countries in clear, and opens no record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.core.queues import DueShards
from chalicelib.operations.breaches import notices, store
from chalicelib.operations.breaches.model import Breach


@dataclass(frozen=True)
class BreachFigures:
    """The figures of open breaches at an instant.

    Attributes:
        open: breaches that are not closed.
        overdue: deadlines of authorities that have passed without the notification.
        hours_to_deadline: until the nearest deadline, rounded down, so negative once one has passed; None
            if no notification is due.
        unnotified: breaches whose approved assessment says that people are notified, and they are not yet.
        unbegun: those of them of which no operator has begun the notices.
    """

    open: int
    overdue: int
    hours_to_deadline: int | None
    unnotified: int
    unbegun: int

    @classmethod
    def of(cls, breaches: Iterable[Breach], now: datetime) -> "BreachFigures":
        """Count breaches."""
        found = list(breaches)
        deadlines = [one.deadline for breach in found for one in breach.running if one.deadline]
        nearest = min(deadlines, default=None)
        unnotified = [breach for breach in found if breach.has_to_notify]
        return cls(
            open=len(found),
            overdue=sum(deadline < now for deadline in deadlines),
            hours_to_deadline=(nearest - now) // HOUR if nearest else None,
            unnotified=len(unnotified),
            unbegun=sum(breach.notices_from is None for breach in unnotified),
        )


def watch_open() -> tuple[BreachFigures, DueShards]:
    """Count open breaches, and find the parts of them whose accounts have to be notified.

    Raises:
        Unavailable: the table does not answer.
    """
    found = list(store.open_ones())
    being_notified = [breach for breach in found if breach.notices_from and breach.has_to_notify]
    return BreachFigures.of(found, clock.now()), notices.due_parts(being_notified)
