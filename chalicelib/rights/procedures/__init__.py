"""Procedures: the steps that answer a request, by name and in order.

It contains only names, so that the intake of requests imports no step. `steps` has their code.
"""

from chalicelib.rights.engine.queue import Destination
from chalicelib.rights.model import Right, RightsRequest, StepState, StepStatus

PIN = "pin"  # pin the records that would expire before the answer
ASK_STREAM = "ask_stream"  # request an export of the subject's data from Stream
AWAIT_STREAM = "await_stream"  # wait for that export
ASSEMBLE = "assemble"  # pack all data into one file
TRANSFER = "transfer"  # send the file to the controller that the subject named
DELIVER = "deliver"  # let the subject fetch the file; this is the answer
ANNOUNCE = "announce"  # announce the answer to the subject
DISCARD = "discard"  # delete the file once its retention period ends

_COPY = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, DELIVER, ANNOUNCE, DISCARD)
_COPY_HANDED_ON = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, TRANSFER, DELIVER, ANNOUNCE, DISCARD)

# Steps that run in a separate worker, under an IAM role of its own.
DESTINATIONS = {TRANSFER: Destination.TRANSFERS}

# Rights without a procedure are refused at intake.
OFFERED = frozenset({Right.ACCESS, Right.PORTABILITY})


def steps_of(right: Right, transfer_to: str | None) -> tuple[str, ...]:
    """The names of the steps that carry a request out.

    Raises:
        KeyError: no procedure carries this right out yet.
    """
    if right not in OFFERED:
        raise KeyError(right)
    return _COPY_HANDED_ON if transfer_to else _COPY


def waiting_steps(names: tuple[str, ...]) -> tuple[StepState, ...]:
    """The states of steps that have not run yet."""
    return tuple(StepState(name=name) for name in names)


def ended_early(request: RightsRequest, *then: str) -> tuple[StepState, ...]:
    """The steps of a request that closes early: those done, followed by the steps `then`."""
    done = tuple(step for step in request.steps if step.status is StepStatus.DONE)
    return (*done, *waiting_steps(then))
