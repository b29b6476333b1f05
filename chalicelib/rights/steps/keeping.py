"""Keeping what a request needs, and those who answer it reminded."""

from datetime import timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.metrics import Metric
from chalicelib.privacy import pinning
from chalicelib.rights import evidence, plans, reminding, store
from chalicelib.rights.duties import PINNED_AHEAD
from chalicelib.rights.model import RightsRequest
from chalicelib.rights.plans.step import WHOLE_RUN, Done, Job, Outcome


class Pin:
    """What would lapse in the next days is kept; the duty of the same name goes on with it."""

    name = plans.PIN
    lease = WHOLE_RUN
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Keep it, and note until when."""
        pinned, job.request = pinned_anew(job.request)
        return Done(counts={"pinned": pinned})


def pinned_anew(request: RightsRequest) -> tuple[int, RightsRequest]:
    """Keep what the request needs for some days more; how much that is, and the request with the new end."""
    until = clock.now() + PINNED_AHEAD
    pinned = pinning.pin(request.account_id, request.received_at, until)
    return pinned, request.model_copy(update={"pinned_until": until})


def renew_pins(request: RightsRequest) -> RightsRequest:
    """The duty: as the step, while the request is open."""
    pinned, renewed = pinned_anew(request)
    return store.move(request, renewed, evidence.entry("pinned", {"by": "engine", "pinned": pinned}))


def remind(request: RightsRequest) -> RightsRequest:
    """The duty: whoever answers is told that the day comes near.

    Told first and noted then: a reminder too many does no harm, a missing one does.
    """
    days = request.clock.days_left(clock.now())
    reminding.tell_operations(request)
    metrics.count(Metric.RIGHTS_REMINDED)
    reminded = request.model_copy(update={"reminded": request.reminded + 1})
    return store.move(request, reminded, evidence.entry("reminded", {"by": "engine", "days_left": days}))


def note_overdue(request: RightsRequest) -> RightsRequest:
    """The duty: that the answer is late goes on record, once (RGT-10)."""
    reminding.tell_operations(request)
    noted = request.model_copy(update={"reminded": request.reminded + 1})
    late = clock.now() - request.clock.due_at(clock.now())
    said = {"by": "engine", "late_by_days": late // timedelta(days=1)}
    return store.move(request, noted, evidence.entry("overdue", said))
