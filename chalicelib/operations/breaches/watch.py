"""Counts open breaches, their deadlines and pending notices, and sends due work to the workers (SEC-4).

It reads states, instants and countries in clear, and opens no record. A message of the queue names a breach
and a part whose accounts have to be notified, and no account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, queues
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import BreachId
from chalicelib.core.queues import DueShards
from chalicelib.core.settings import settings
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.model import Breach
from chalicelib.operations.breaches.subject_notices import run


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


@dataclass(frozen=True)
class BreachWatch:
    """What a run found: the figures, the parts it sent, and the state of the workers."""

    figures: BreachFigures
    due: int
    abandoned: int
    standstill_minutes: int


def watch_open() -> BreachWatch:
    """Count open breaches, and send each due part to a worker.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
    """
    found = list(store.open_ones())
    sent = send_due([breach for breach in found if breach.notices_from and breach.has_to_notify])
    figures = BreachFigures.of(found, clock.now())
    return BreachWatch(figures, len(sent.shards), sent.abandoned, sent.standstill_minutes)


def send_due(being_notified: list[Breach]) -> DueShards[tuple[BreachId, str]]:
    """Send a message for each part that has work due; return what was found.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
    """
    found = run.due(being_notified)
    bodies = (queues.body_of(breach=breach_id, part=part) for breach_id, part in found.shards)
    queues.send_all(settings().queue("breaches"), bodies)
    return found


def parse_part(body: str) -> tuple[BreachId, str] | None:
    """The breach and the part in a message; None if the body is invalid."""
    fields = queues.read_body(body, "breach", "part")
    breach_id = BreachId.parse(fields[0]) if fields else None
    return (breach_id, fields[1]) if fields and breach_id else None
