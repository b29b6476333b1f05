"""Plans: which steps answer a request, by name and in their order.

Names only, so that who takes requests in imports no step. What a step does stands in `steps`.
"""

from chalicelib.rights.model import Right, RightsRequest, StepState, StepStatus
from chalicelib.rights.queue import Destination

PIN = "pin"  # keep what would lapse before the answer
ASK_STREAM = "ask_stream"  # order the subject's copy at Stream
AWAIT_STREAM = "await_stream"
ASSEMBLE = "assemble"  # everything into one file
TRANSFER = "transfer"  # hand it to the controller that the subject named
DELIVER = "deliver"  # the subject can fetch it; this is the answer
TELL = "tell"
DISCARD = "discard"  # the file, when its days are over

_COPY = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, DELIVER, TELL, DISCARD)
_COPY_HANDED_ON = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, TRANSFER, DELIVER, TELL, DISCARD)

# Steps that another worker than the usual one runs, under a role of its own.
DESTINATIONS = {TRANSFER: Destination.TRANSFERS}

# Rights without a plan are refused at intake.
OFFERED = frozenset({Right.ACCESS, Right.PORTABILITY})


def plan(right: Right, transfer_to: str | None) -> tuple[str, ...]:
    """The steps that carry a request out.

    Raises:
        KeyError: nothing carries this right out yet.
    """
    if right not in OFFERED:
        raise KeyError(right)
    return _COPY_HANDED_ON if transfer_to else _COPY


def begun(names: tuple[str, ...]) -> tuple[StepState, ...]:
    """Steps of which none is done."""
    return tuple(StepState(name=name) for name in names)


def ended_early(request: RightsRequest, *then: str) -> tuple[StepState, ...]:
    """What was done, and what is left to do once a request ends before its plan does."""
    done = tuple(step for step in request.steps if step.status is StepStatus.DONE)
    return (*done, *begun(then))
