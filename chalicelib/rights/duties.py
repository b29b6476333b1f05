"""What has to be done for a request beside the steps of its plan, and when. Pure.

While an answer is outstanding: whoever answers is reminded, that it is late goes on record, the subject is
told that it takes longer, and what would lapse meanwhile is kept, a few days ahead at a time. So what was
pinned for a request lapses by itself once the request is closed, and nothing has to be released.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.clock import DAY
from chalicelib.rights.model import RightsRequest

# How far ahead what an open request needs is kept, and how long before that ends it is renewed: the days
# between are those in which the sweep may be down.
PINNED_AHEAD = 3 * DAY
_RENEWED_BEFORE = 2 * DAY
EXTENSION_TOLD = "extension_told"  # the note that it was, however
_A_SECOND = timedelta(seconds=1)


class Duty(StrEnum):
    """In the order in which they are done."""

    PIN = "pin"
    REMIND = "remind"
    NOTE_OVERDUE = "note_overdue"
    TELL_EXTENDED = "tell_extended"
    RECORD_OWED = "record_owed"


def upcoming(request: RightsRequest, now: datetime) -> Iterator[tuple[datetime, Duty]]:
    """When each duty is next; after a failed one, none before its next try."""
    for at, duty in _by_themselves(request, now):
        yield max(at, request.duties_at or at), duty


def _by_themselves(request: RightsRequest, now: datetime) -> Iterator[tuple[datetime, Duty]]:
    if request.owed_at:
        yield request.owed_at, Duty.RECORD_OWED
    if not request.is_open:
        return
    if request.pinned_until:
        yield request.pinned_until - _RENEWED_BEFORE, Duty.PIN
    elif _waits_unpinned(request):
        yield request.received_at, Duty.PIN
    if request.extension and EXTENSION_TOLD not in request.notes:
        yield request.extension.decided_at, Duty.TELL_EXTENDED
    if request.clock.is_paused():
        return  # the due day moves on with every day
    reminders = request.clock.reminders(now)
    if request.reminded < len(reminders):
        yield reminders[request.reminded], Duty.REMIND
    elif request.reminded == len(reminders):
        yield request.clock.due_at(now) + _A_SECOND, Duty.NOTE_OVERDUE


def _waits_unpinned(request: RightsRequest) -> bool:
    """Whether a person is waited for before the step of the same name could pin anything."""
    step = request.next_step
    return request.run_at is None and step is not None and step.name == Duty.PIN


def wakes_at(request: RightsRequest, now: datetime) -> datetime | None:
    """When a worker has to look at a request again; None: nothing happens by itself any more.

    While a worker is at it, that is when its lease has run out.
    """
    if request.leased_until:
        return request.leased_until
    duties = [at for at, _ in upcoming(request, now)]
    return min((*duties, request.run_at) if request.run_at else duties, default=None)


def all_due(request: RightsRequest, now: datetime) -> tuple[Duty, ...]:
    """The duties that have to be done now, in their order."""
    waiting = {duty for at, duty in upcoming(request, now) if at <= now}
    return tuple(duty for duty in Duty if duty in waiting)


def due(request: RightsRequest, now: datetime) -> Duty | None:
    """The first duty that has to be done now."""
    return next(iter(all_due(request, now)), None)


def step_is_due(request: RightsRequest, now: datetime) -> bool:
    """Whether the next step has to be run now."""
    return request.next_step is not None and request.run_at is not None and request.run_at <= now
