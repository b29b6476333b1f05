"""The duties of the usual worker: those of every request, and by name all of them."""

from dataclasses import replace
from datetime import timedelta

from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import Unreadable
from chalicelib.core.clock import DAY
from chalicelib.core.metrics import Metric
from chalicelib.rights.answers import letters
from chalicelib.rights.engine.step import AnyJob, Duties
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.duties import Duty
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.steps import announce, guests, pin


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
    """Duty: mail operators each day while an erasure past its point of no return is unproven (STR-5)."""
    request, notes = job.request, job.request.notes
    letters.mail_unproven(request)
    if isinstance(notes, ErasureNotes):
        notified = request.model_copy(update={"notes": replace(notes, reported_unproven_at=clock.now())})
        job.move(notified, "unproven")


DUTIES: Duties = {
    Duty.PIN: pin.renew_pins,
    Duty.REMIND: send_reminder,
    Duty.RECORD_OVERDUE: record_overdue,
    Duty.ANNOUNCE_EXTENSION: announce.announce_extension,
    Duty.RECORD_OWED: record_owed,
    Duty.RECORD_UNPROVEN: record_unproven,
    Duty.REMIND_OF_PROOF: guests.remind_of_proof,
    Duty.REFUSE_UNPROVEN: guests.refuse_unproven,
}
