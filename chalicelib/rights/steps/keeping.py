"""Keeping what a request needs, and those who answer it reminded."""

from datetime import datetime, timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.privacy import pinning
from chalicelib.rights import plans, reminding, store
from chalicelib.rights.duties import PINNED_AHEAD
from chalicelib.rights.model import RightsRequest
from chalicelib.rights.plans.step import WHOLE_RUN, Done, Job, Outcome, Wait

# How long a run pins at a time: with the other duties of a run it fits into the worker's fifteen minutes, and
# the lease is longer than those.
_SLICE = 5 * MINUTE


class Pin:
    """What would lapse in the next days is kept; the duty of the same name goes on with it."""

    name = plans.PIN
    lease = WHOLE_RUN
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Keep it, and note until when; or as much as goes into a slice, and the rest in the next run."""
        pinned, job.request = pin_slice(job.request)
        return Wait(timedelta(0)) if pinned is None else Done(counts={"pinned": pinned})


def pin_slice(request: RightsRequest) -> tuple[int | None, RightsRequest]:
    """Keep what the request needs for some days more, as much of it as goes into a slice.

    Gives how much is kept in all, and the request with the new end; None while not all of it is.
    """
    now = clock.now()
    until = pinned_end(request, now)
    pinned = pinning.pin(request.account_id, request.received_at, until, deadline=now + _SLICE)
    if not pinned.complete:
        return None, request
    return pinned.items, request.model_copy(update={"pinned_until": until})


def pinned_end(request: RightsRequest, now: datetime) -> datetime:
    """Until when pins are made: the same for a day, so that a slice does not touch what another one kept."""
    days = (now + PINNED_AHEAD - request.received_at) // DAY + 1
    return request.received_at + days * DAY


def renew_pins(job: Job) -> None:
    """The duty: as the step, while the request is open. It stays due while not all is kept."""
    pinned, renewed = pin_slice(job.request)
    if pinned is not None:
        job.move(renewed, "pinned", pinned=pinned)


def remind(job: Job) -> None:
    """The duty: operations are reminded that the day comes near.

    The mail goes out before it is noted: a reminder too many does no harm, a missing one does.
    """
    request = job.request
    reminding.tell_operations(request)
    metrics.count(Metric.RIGHTS_REMINDED)
    reminded = request.model_copy(update={"reminded": request.reminded + 1})
    job.move(reminded, "reminded", days_left=request.clock.days_left(clock.now()))


def note_overdue(job: Job) -> None:
    """The duty: that the answer is late goes on record, once (RGT-10)."""
    request = job.request
    reminding.tell_operations(request)
    late = clock.now() - request.clock.due_at(clock.now())
    noted = request.model_copy(update={"reminded": request.reminded + 1})
    job.move(noted, "overdue", late_by_days=late // timedelta(days=1))


def record_owed(job: Job) -> None:
    """The duty: what is owed to the request's history is appended, once the history can take it."""
    job.request = store.record_owed(job.request)
