"""The step that waits for the weighing of an objection (Art. 21(1) GDPR, ADR 48).

What stopped at intake stays stopped. If nothing else is named, the objection is upheld unless operators
decide in time. What goes on while it is weighed needs a decision by two persons: nothing else answers it, and
operators are notified each day when it is late.
"""

from dataclasses import replace

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.rights.answers import letters
from chalicelib.rights.engine.step import Done, Job, Outcome, Step, Wait
from chalicelib.rights.objection import right
from chalicelib.rights.request import restraints
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import Status


def _weigh(job: Job[RestraintNotes]) -> Outcome:
    objection, now = restraints.restraint_of(job.request), clock.now()
    due = job.request.received_at + settings().choices.weighing_days * DAY
    if now < due:
        return Wait(due - now)
    if objection is None or not objection.weighed:
        return Done(notes=replace(job.notes, upheld=True), answers=Status.COMPLETED)
    last = job.notes.unweighed_at
    if last and now < last + DAY:
        return Wait(last + DAY - now)
    metrics.count(Metric.OBJECTION_UNWEIGHED)
    job.note(replace(job.notes, unweighed_at=now))  # before the mail: a killed worker sends no second one
    letters.mail_unweighed(job.request)
    return Wait(DAY)


WEIGH = Step(right.WEIGH, _weigh)
