"""Duties: the deadline-bound tasks of a request beside its steps, and their times. Pure.

While a request is open, operators are reminded of it, its subject is reminded of an outstanding proof of
identity, without which it is refused, a late answer is recorded as overdue, an extension is
announced to the subject, and the records that the request needs are pinned a few days ahead. Pins expire
after the request is closed, so they need no release.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.clock import DAY
from chalicelib.rights.request.model import PROOF_AWAITED, PROOF_AWAITED_LEAST, PROOF_REMINDERS, RightsRequest
from chalicelib.rights.request.terms import Status

# How far ahead records are pinned for an open request, and how long before its end a pin is renewed. The
# sweep may be down for that long before a pinned record expires.
PINNED_AHEAD = 3 * DAY
_RENEWED_BEFORE = 2 * DAY
_A_SECOND = timedelta(seconds=1)


class Duty(StrEnum):
    """The duties, in the order in which they are done."""

    PIN = "pin"
    REMIND = "remind"
    RECORD_OVERDUE = "record_overdue"
    ANNOUNCE_EXTENSION = "announce_extension"
    RECORD_OWED = "record_owed"
    RECORD_UNPROVEN = "record_unproven"
    REMIND_OF_PROOF = "remind_of_proof"
    REFUSE_UNPROVEN = "refuse_unproven"


def upcoming(request: RightsRequest, now: datetime) -> Iterator[tuple[datetime, Duty]]:
    """Return when each duty is due next; after a failure, none is due before the next try."""
    for at, duty in _planned(request, now):
        yield max(at, request.duties_at or at), duty


def _planned(request: RightsRequest, now: datetime) -> Iterator[tuple[datetime, Duty]]:
    if request.owed_at:
        yield request.owed_at, Duty.RECORD_OWED
    if not request.is_open:
        return
    if request.pinned_until:
        yield request.pinned_until - _RENEWED_BEFORE, Duty.PIN
    elif _waits_unpinned(request):
        yield request.received_at, Duty.PIN
    if request.extension and not request.notes.extension_announced:
        yield request.extension.decided_at, Duty.ANNOUNCE_EXTENSION
    if unproven_at := request.notes.unproven_at:
        yield unproven_at, Duty.RECORD_UNPROVEN
    yield from _of_proof(request, now)
    if request.clock.is_paused():
        return  # each day of the pause moves the due day
    reminders = request.clock.reminders(now)
    if request.reminded < len(reminders):
        yield reminders[request.reminded], Duty.REMIND
    elif request.reminded == len(reminders):
        yield request.clock.due_at(now) + _A_SECOND, Duty.RECORD_OVERDUE


def _of_proof(request: RightsRequest, now: datetime) -> Iterator[tuple[datetime, Duty]]:
    asked_at, reminded = request.notes.identity_asked_at, request.notes.identity_reminded
    if asked_at is None or request.status is not Status.AWAITING_VERIFICATION or request.proposal:
        return
    lapses_at = proof_lapses_at(request, now)
    yield lapses_at, Duty.REFUSE_UNPROVEN
    if reminded < len(PROOF_REMINDERS) and asked_at + PROOF_REMINDERS[reminded] < lapses_at:
        yield asked_at + PROOF_REMINDERS[reminded], Duty.REMIND_OF_PROOF


def proof_lapses_at(request: RightsRequest, now: datetime) -> datetime:
    """When a request is refused if its subject has not proven their identity by then.

    A refusal has to be sent inside the first period (Art. 12(4) GDPR), which does not pass during a pause.
    """
    asked_at = request.notes.identity_asked_at or request.received_at
    lapses_at = asked_at + PROOF_AWAITED
    if request.clock.is_paused():
        return lapses_at
    return max(asked_at + PROOF_AWAITED_LEAST, min(lapses_at, request.clock.first_period_ends(now)))


def _waits_unpinned(request: RightsRequest) -> bool:
    """Return whether the request waits for a person before its step `pin` has run."""
    step = request.next_step
    return request.run_at is None and step is not None and step.name == Duty.PIN


def wakes_at(request: RightsRequest, now: datetime) -> datetime | None:
    """Return when a worker has to process a request again; None if it has no work ahead.

    While a worker has the lease, that is when the lease expires.
    """
    if request.leased_until:
        return request.leased_until
    duties = [at for at, _ in upcoming(request, now)]
    return min((*duties, request.run_at) if request.run_at else duties, default=None)


def answer_by(request: RightsRequest, now: datetime) -> datetime:
    """The time by which lists sort a request: when its answer is due.

    No write of a request updates that time during a pause, so it counts as if the pause lasted a year.
    """
    return request.clock.due_at(now + 365 * DAY if request.clock.is_paused() else now)


def all_due(request: RightsRequest, now: datetime) -> tuple[Duty, ...]:
    """The duties that are due now, in order."""
    waiting = {duty for at, duty in upcoming(request, now) if at <= now}
    return tuple(duty for duty in Duty if duty in waiting)


def due(request: RightsRequest, now: datetime) -> Duty | None:
    """The first duty that is due now; None if there is none."""
    return next(iter(all_due(request, now)), None)


def step_is_due(request: RightsRequest, now: datetime) -> bool:
    """Return whether the next step is due now."""
    return request.next_step is not None and request.run_at is not None and request.run_at <= now
