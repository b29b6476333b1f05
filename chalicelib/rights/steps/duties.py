"""The step `pin`, and the duties of the usual worker: those of every request, and by name all of them."""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import Unreadable
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.privacy import pins
from chalicelib.rights.answers import letters
from chalicelib.rights.engine.step import WHOLE_RUN, AnyJob, Done, Duties, Outcome, Step, Wait
from chalicelib.rights.erasure import inputs
from chalicelib.rights.request import declaration, evidence, store
from chalicelib.rights.request.duties import PINNED_AHEAD, Duty
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.waits import WaitReason
from chalicelib.rights.steps import announce, guests

# How long one run pins. With the run's other duties it fits into the worker's fifteen minutes, and the lease
# is longer than those.
_SLICE = 5 * MINUTE


def _pin(job: AnyJob) -> Outcome:
    """Pin one slice of the records that would expire in the next days; done once all are pinned."""
    pinned, job.request = pin_slice(job.request)
    waits = Wait(timedelta(0), WaitReason.MORE_RECORDS)
    return waits if pinned is None else Done(counts={"pinned": pinned})


def pin_slice(request: RightsRequest) -> tuple[int | None, RightsRequest]:
    """Pin the records that the request needs, as many as fit into a slice of time.

    Returns the number of pinned items and the request with the new end of its pins; None and the unchanged
    request while some records are not pinned yet.
    """
    now = clock.now()
    until = pinned_end(request, now)
    pinned = pins.pin(request.account_id, request.received_at, until, deadline=now + _SLICE)
    if not pinned.complete:
        return None, request
    return pinned.items, request.model_copy(update={"pinned_until": until})


def pinned_end(request: RightsRequest, now: datetime) -> datetime:
    """Return the end of new pins; constant for a day, so a slice skips the pins of another."""
    days = (now + PINNED_AHEAD - request.received_at) // DAY + 1
    return request.received_at + days * DAY


def renew_pins(job: AnyJob) -> None:
    """Duty: renew the pins of an open request, or the inputs of an erasure, which pins nothing.

    It stays due until all records are pinned.
    """
    if isinstance(job.request.notes, ErasureNotes):
        _extend_inputs(job)
        return
    pinned, renewed = pin_slice(job.request)
    if pinned is not None:
        job.move(renewed, "pinned", pinned=pinned)


def _extend_inputs(job: AnyJob) -> None:
    """Keep the inputs of an erasure for another period."""
    inputs.extend_inputs(job.request)
    until = clock.now() + inputs.KEPT_AHEAD
    job.move(job.request.model_copy(update={"pinned_until": until}), "inputs_extended")


def send_reminder(job: AnyJob) -> None:
    """Duty: remind operators that the answer is due soon.

    The mail is sent before it is recorded: a duplicate reminder does no harm, a missing one does.
    """
    request = job.request
    letters.mail_operators(request)
    metrics.count(Metric.RIGHTS_REMINDED)
    reminded = request.model_copy(update={"reminded": request.reminded + 1})
    job.move(reminded, "reminded", days_left=request.clock.days_left(clock.now()))


def record_overdue(job: AnyJob) -> None:
    """Duty: record once that the answer is overdue, and mail operators (RGT-10)."""
    request = job.request
    letters.mail_operators(request)
    late = clock.now() - request.clock.due_at(clock.now())
    noted = request.model_copy(update={"reminded": request.reminded + 1})
    job.move(noted, "overdue", late_by_days=late // timedelta(days=1))


def record_owed(job: AnyJob) -> None:
    """Duty: append the owed evidence to the request's history, or postpone that by a day."""
    request = job.request
    try:
        chain.head(evidence.history_of(request.request_id))
    except Unreadable:
        metrics.count(Metric.RIGHTS_EVIDENCE_OWED)
        postponed = request.model_copy(update={"owed_at": clock.now() + DAY})
        job.request = store.move(request, postponed)
    else:
        job.move(request, "owed_recorded")


def record_unproven(job: AnyJob) -> None:
    """Duty: record each day that an erasure past its point of no return is unproven (STR-5)."""
    request, notes = job.request, job.request.notes
    if isinstance(notes, ErasureNotes):
        notified = request.model_copy(update={"notes": replace(notes, reported_unproven_at=clock.now())})
        job.move(notified, "unproven")


PIN = Step(declaration.PIN, _pin, lease=WHOLE_RUN)
DUTIES: Duties = {
    Duty.PIN: renew_pins,
    Duty.REMIND: send_reminder,
    Duty.RECORD_OVERDUE: record_overdue,
    Duty.ANNOUNCE_EXTENSION: announce.announce_extension,
    Duty.RECORD_OWED: record_owed,
    Duty.RECORD_UNPROVEN: record_unproven,
    Duty.REMIND_OF_PROOF: guests.remind_of_proof,
    Duty.REFUSE_UNPROVEN: guests.refuse_unproven,
}
