"""Step `pin`, and the duty that renews pins, or the inputs of an erasure."""

from datetime import datetime, timedelta

from chalicelib.core import clock
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.privacy import pins
from chalicelib.rights.engine.step import WHOLE_RUN, AnyJob, Done, Outcome, Step, Wait
from chalicelib.rights.erasure import inputs
from chalicelib.rights.request import declaration
from chalicelib.rights.request.duties import PINNED_AHEAD
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes

# How long one run pins. With the run's other duties it fits into the worker's fifteen minutes, and the lease
# is longer than those.
_SLICE = 5 * MINUTE


def _pin(job: AnyJob) -> Outcome:
    """Pin one slice of the records that would expire in the next days; done once all are pinned."""
    pinned, job.request = pin_slice(job.request)
    return Wait(timedelta(0)) if pinned is None else Done(counts={"pinned": pinned})


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


PIN = Step(declaration.PIN, _pin, lease=WHOLE_RUN)
