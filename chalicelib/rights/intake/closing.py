"""How a person ends a request before its procedure does: a cancellation, or a decision of operators."""

from collections.abc import Mapping

from chalicelib.core import clock
from chalicelib.rights.engine.moves import Move, without_proposal
from chalicelib.rights.intake.submission import rule_of
from chalicelib.rights.request import procedures, states
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status, StepStatus


def closing_move(
    request: RightsRequest, status: Status, event: str, said: Mapping[str, object] | None = None
) -> Move:
    """The move by which a person closes a request, with the effect that this has by the rule of its right."""
    effect = rule_of(request.right).closing(request, status)
    after = closed_early(request.model_copy(update={"notes": effect.notes}), status)
    return Move(after, event, said or {}, also=effect.also)


def closed_early(request: RightsRequest, status: Status) -> RightsRequest:
    """Return the request closed before the end of its procedure, with the steps that this takes left to do.

    They wait until a current lease expires.
    """
    now = clock.now()
    states.check(request.status, status)
    steps = procedures.ended_early(request, status)
    is_done = all(step.status is StepStatus.DONE for step in steps)
    return without_proposal(request).model_copy(
        update={
            "status": status,
            "decided_at": now,
            "closed_at": now,
            "steps": steps,
            "tries": 0,
            "unreachable_since": None,
            "run_at": None if is_done else max(now, request.leased_until or now),
            "leased_until": None,
        }
    )
