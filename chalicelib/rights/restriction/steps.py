"""The steps of a restriction after its intake, which stopped the use already (ADR 48).

They suspend the user at Stream, keep what the restriction preserves, and answer. Then the step `uphold` lasts
as long as the restriction: until the subject lifts it, the account is gone, or the end comes that operators
announced.

A subject cannot write messages while all use is restricted, so the messages are copied once.

Of an objection, what stopped at intake stays stopped (Art. 21(1) GDPR). If nothing else is named, it is
upheld unless operators decide in time. What goes on while it is weighed needs a decision by two persons:
nothing else answers it, and operators are notified each day when it is late.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy import pins
from chalicelib.rights.answers import letters
from chalicelib.rights.copy import package as copies
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.steps import open_chat
from chalicelib.rights.engine.step import WHOLE_RUN, Done, Job, Outcome, Step, Wait
from chalicelib.rights.erasure.freeze import resume_user
from chalicelib.rights.request import files, restraints
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import Lifting, MadeCopy, RequestAnnouncement, RestraintNotes
from chalicelib.rights.request.terms import Right, Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.rights.restriction import right
from chalicelib.rights.steps.announce import send_once
from chalicelib.rights.steps.duties import pinned_end
from chalicelib.stream.users import access

RestraintJob = Job[RestraintNotes]

_SLICE = 8 * MINUTE  # of a run that pins; it fits into the worker's fifteen minutes
# An objection preserves nothing, and there may be many. Its request is kept for years, so a late run is safe.
_OBJECTION_LASTS = 30 * DAY


def _restrict_at_stream(job: RestraintJob) -> Outcome:
    """Revoke the user's chat tokens and deactivate the user, so that no client connects."""
    access.suspend(job.request.user_id, clock.now())
    return Done()


def _preserve_messages(job: RestraintJob) -> Outcome:
    """Write the subject's messages to a place that no period ends; another run replaces the file."""
    request = job.request
    with open_chat(job.request.user_id, job.notes, CopyKind.ACCESS) as chat:
        if not chat.total:
            return Done()
        kept = copies.assemble_chat(chat, request.received_at, files.preserved_key_of(request.request_id))
    made = MadeCopy(kept.sha256, kept.size, clock.now())
    return Done(notes=replace(job.notes, copy=made), counts={"preserved": chat.total})


def _conclude(job: RestraintJob) -> Outcome:
    """Answer the request; the restriction itself lasts."""
    return Done(answers=Status.PARTIALLY_COMPLETED if job.request.missing else Status.COMPLETED)


def _weigh(job: RestraintJob) -> Outcome:
    """Wait for the weighing of an objection."""
    objection, now = restraints.restraint_of(job.request), clock.now()
    due = restraints.weighing_ends(job.request)
    if now < due:
        return Wait(due - now, WaitReason.WEIGHING)
    if objection is None or not objection.weighed:
        return Done(notes=replace(job.notes, upheld=True), answers=Status.COMPLETED)
    last = job.notes.unweighed_at
    if last and now < last + DAY:
        return Wait(last + DAY - now, WaitReason.WEIGHING)
    metrics.count(Metric.OBJECTION_UNWEIGHED)
    job.note(replace(job.notes, unweighed_at=now))
    return Wait(DAY, WaitReason.WEIGHING)


def _uphold(job: RestraintJob) -> Outcome:
    """Keep the request and what it preserves for another time, and end it when operators have announced that.

    Each run writes the request, which is then kept for its period again (`evidence.with_period`).
    """
    lifting = job.notes.lifting
    if not job.notes.is_in_force or restraints.read(job.request.account_id) is None:
        return Done()
    ends_at = lifting.ends_at if lifting else None
    if job.request.right is Right.OBJECTION:
        return Wait(_OBJECTION_LASTS, WaitReason.IN_FORCE)
    if ends_at is None:
        kept = _keep_until(job, None)
        metrics.count(Metric.RESTRICTION_UPHELD, int(kept.for_ > timedelta()))
        return kept
    if lifting and lifting.announced_at is None:
        return _announce_lifting(job, lifting, ends_at)
    return _end_at(job, ends_at)


def _announce_lifting(job: RestraintJob, lifting: Lifting, ends_at: datetime) -> Outcome:
    """Notify the subject, whose time begins only then (Art. 18(3) GDPR): an outage makes the end later.

    Raises:
        Unavailable: no provider takes the message now.
    """
    later = max(ends_at, clock.now() + settings().choices.lifting_notice_hours * HOUR)
    send_once(job, RequestAnnouncement.LIFTING, letters.lifting(job.request, later))
    announced = replace(lifting, announced_at=clock.now(), ends_at=later)
    return Wait(timedelta(), WaitReason.LIFTING_NOTICE, replace(job.notes, lifting=announced))


def _end_after_refusal(job: RestraintJob) -> Outcome:
    """End a refused restriction or objection, once the subject had the time to read the answer."""
    if not job.notes.is_in_force:
        return Done()
    notice = settings().choices.lifting_notice_hours * HOUR
    return _end_at(job, (job.request.decided_at or clock.now()) + notice)


def _end_at(job: RestraintJob, ends_at: datetime) -> Outcome:
    now = clock.now()
    if now < ends_at:
        return _keep_until(job, ends_at)
    also = restraints.ending(job.request.account_id, job.request.request_id)
    metrics.count(Metric.RESTRAINT_ENDED)
    return Done(notes=replace(job.notes, ended_at=now), also=also)


def _keep_until(job: RestraintJob, ends_at: datetime | None) -> Wait:
    """Pin what is preserved, as much as fits into this run; wait for a day, or until the restriction ends."""
    now, request = clock.now(), job.request
    restraint = restraints.restraint_of(request)
    if restraint and restraint.preserves:
        until = pinned_end(request, now)
        pinned = pins.pin(request.account_id, request.received_at, until, deadline=now + _SLICE)
        if not pinned.complete:
            return Wait(timedelta(), WaitReason.MORE_RECORDS)
    why = WaitReason.LIFTING_NOTICE if ends_at else WaitReason.IN_FORCE
    return Wait(min(DAY, ends_at - now) if ends_at else DAY, why)


def _release(job: RestraintJob) -> Outcome:
    """Let the user connect to Stream again, unless another restriction or an erasure keeps them suspended."""
    found = restraints.read(job.request.account_id)
    if found is None or not found.account.is_active or not _covers_all(job.request):
        return Done()
    return resume_user(job)


def _covers_all(request: RightsRequest) -> bool:
    restraint = restraints.restraint_of(request)
    return restraint is not None and restraint.covers_all


def _discard(job: RestraintJob) -> Outcome:
    """Delete the preserved messages: nothing requires them any more."""
    files.discard(files.preserved_key_of(job.request.request_id))
    return Done()


RESTRICT_AT_STREAM = Step(right.RESTRICT_AT_STREAM, _restrict_at_stream)
PRESERVE_MESSAGES = Step(right.PRESERVE_MESSAGES, _preserve_messages, lease=WHOLE_RUN)
CONCLUDE = Step(right.CONCLUDE, _conclude)
WEIGH = Step(right.WEIGH, _weigh)
UPHOLD = Step(right.UPHOLD, _uphold, lease=WHOLE_RUN)
END_RESTRAINT = Step(right.END_RESTRAINT, _end_after_refusal, lease=WHOLE_RUN)
RELEASE_AT_STREAM = Step(right.RELEASE_AT_STREAM, _release)
DISCARD_PRESERVED = Step(right.DISCARD_PRESERVED, _discard)
