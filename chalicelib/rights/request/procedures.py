"""Procedures: the steps that carry a request out, in order, from the declaration of its right."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.core.clock import DAY
from chalicelib.rights.request import declaration, proofs
from chalicelib.rights.request.declaration import ANNOUNCE, COOL_DOWN, FORGET_CONTACT, WARN
from chalicelib.rights.request.model import RightsRequest, StepState
from chalicelib.rights.request.terms import Right, Status, StepStatus

# An erasure needs them after its point of no return, until its answer.
LAST_DAYS = 5 * DAY


def steps_of(right: Right, variant: str | None = None) -> tuple[str, ...]:
    """The names of the steps that carry a request out; `variant`: of those that need others."""
    one = declaration.of(right)
    return one.variants[variant] if variant else one.steps


def cooled(right: Right, names: Sequence[str]) -> tuple[str, ...]:
    """The steps of a request of an account whose number has just changed: nothing irreversible follows soon.

    What can be undone, such as the freeze of an erasure, does not wait.
    """
    if COOL_DOWN in names:
        return tuple(names)
    first = declaration.of(right).cools_before
    at = names.index(first) if first in names else 0
    return (*names[:at], COOL_DOWN, *names[at:])


def recovered(right: Right, names: Sequence[str]) -> tuple[str, ...]:
    """The steps of a request without a session: as `cooled`, and the account is warned."""
    cooling = cooled(right, names)
    at = cooling.index(declaration.of(right).warns_before or COOL_DOWN)
    return (*cooling[:at], WARN, *cooling[at:])


def is_recovery(request: RightsRequest) -> bool:
    """Return whether a copy, an erasure or a correction was requested without a session of the account."""
    return any(step.name == WARN for step in request.steps)


def is_unproven(request: RightsRequest) -> bool:
    """Return whether a request without a session waits for a proof, and for no decision of operators."""
    waits = request.status is Status.AWAITING_VERIFICATION and request.proposal is None
    return waits and is_recovery(request) and not proofs.are_two(request.proofs)


def is_for_two(request: RightsRequest) -> bool:
    """Return whether operators entered what changes or deletes data after a warning; two extend it."""
    return request.received_by.is_entered and is_recovery(request)


def unwarned_until(request: RightsRequest, now: datetime) -> datetime | None:
    """Until when an entered request waits of which no channel was warned; None if it does not wait.

    It follows the deadline, so it moves with an extension of the two operators (Art. 12(3) GDPR).
    """
    until = request.clock.due_at(now) - LAST_DAYS
    return until if request.notes.unwarned and is_for_two(request) and until > now else None


def waiting_steps(names: tuple[str, ...]) -> tuple[StepState, ...]:
    """The states of steps that have not run yet."""
    return tuple(StepState(name=str(name)) for name in names)


def ended_early(request: RightsRequest, status: Status) -> tuple[StepState, ...]:
    """The steps of a request that a person closes early: those done, then those that closing it takes.

    Those undo what was done, delete a copy that was made, and announce a decision or confirm a cancellation.
    """
    done = tuple(step for step in request.steps if step.status is StepStatus.DONE)
    if request.without_account:
        announced = () if status is Status.CANCELLED else (ANNOUNCE,)
        return (*done, *waiting_steps((*announced, FORGET_CONTACT)))
    endings = declaration.of(request.right).endings
    return (*done, *waiting_steps(endings.get(status, endings[None])))
