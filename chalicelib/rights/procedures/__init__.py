"""Procedures: the steps that answer a request, by name and in order.

It contains only names, so that the intake of requests imports no step. `steps` has their code.
"""

from chalicelib.rights.engine.queue import Destination
from chalicelib.rights.model import Right, RightsRequest, Status, StepState, StepStatus

PIN = "pin"  # pin the records that would expire before the answer
ASK_STREAM = "ask_stream"  # request an export of the subject's data from Stream
AWAIT_STREAM = "await_stream"  # wait for that export
ASSEMBLE = "assemble"  # pack all data into one file
TRANSFER = "transfer"  # send the file to the controller that the subject named
DELIVER = "deliver"  # let the subject fetch the file; this is the answer
ANNOUNCE = "announce"  # announce the answer to the subject
DISCARD = "discard"  # delete the file once its retention period ends

CONFIRM = "confirm"  # notify the subject at once that the account will be deleted, and how to cancel that
SETTLE = "settle"  # wait for the subject's other requests, while the grace period fits before the deadline
FREEZE = "freeze"  # freeze the account, and end its sessions
SUSPEND_AT_STREAM = "suspend_at_stream"  # deactivate the user at Stream, and revoke its tokens
GRACE = "grace"  # wait for the end of the time in which the erasure can be cancelled
CAPTURE = "capture"  # the point of no return: end the account, and keep the inputs of the later steps
RECORD_TOMBSTONE = "record_tombstone"  # mark the erasure outside of the tables, for restores of backups
QUARANTINE = "quarantine"  # take the account off its claims
DELETE_AT_STREAM = "delete_at_stream"  # request the deletion of the user at Stream
AWAIT_STREAM_DELETION = "await_stream_deletion"  # wait for that deletion, and check its result
KEEP_HELD = "keep_held"  # move what a law or a hold keeps out of the subject's reach and under another key
DELETE_COPIES = "delete_copies"  # delete copies in S3, and take the address off SES's suppression list
DELETE_RECORDS = "delete_records"  # delete the subject's records in all tables
VERIFY_DELETION = "verify_deletion"  # the second pass: search for late writes
DELETE_KEY = "delete_key"  # delete the subject's data key
CERTIFY = "certify"  # sign the certificate; this is the answer
NOTIFY = "notify"  # notify the subject that the deletion is complete
FORGET = "forget"  # write the last tombstone, delete the inputs of the steps
AWAIT_LAPSE = "await_lapse"  # wait for the ends of holds, delete what they kept, issue the certificate anew
THAW = "thaw"  # after a cancellation or refusal: restore the account's state
CONFIRM_CANCELLATION = "confirm_cancellation"  # notify the subject that the account stays
RESUME_AT_STREAM = "resume_at_stream"  # let the user connect to Stream again

_COPY = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, DELIVER, ANNOUNCE, DISCARD)
_COPY_HANDED_ON = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, TRANSFER, DELIVER, ANNOUNCE, DISCARD)

_ERASURE = (
    CONFIRM, SETTLE, FREEZE, SUSPEND_AT_STREAM, GRACE,
    CAPTURE, RECORD_TOMBSTONE, QUARANTINE, DELETE_AT_STREAM, AWAIT_STREAM_DELETION, KEEP_HELD,
    DELETE_COPIES, DELETE_RECORDS, VERIFY_DELETION, DELETE_KEY, CERTIFY, NOTIFY, FORGET, AWAIT_LAPSE,
)  # fmt: skip
_ERASURE_CANCELLED = (THAW, CONFIRM_CANCELLATION, RESUME_AT_STREAM)
_ERASURE_REFUSED = (THAW, ANNOUNCE, RESUME_AT_STREAM)

# Steps that run in a separate worker, under an IAM role of its own.
DESTINATIONS = {
    TRANSFER: Destination.TRANSFERS,
    **dict.fromkeys((*_ERASURE, *_ERASURE_CANCELLED), Destination.ERASURES),
}

# Rights without a procedure are refused at intake.
OFFERED = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})


def steps_of(right: Right, transfer_to: str | None) -> tuple[str, ...]:
    """The names of the steps that carry a request out.

    Raises:
        KeyError: no procedure carries this right out yet.
    """
    if right not in OFFERED:
        raise KeyError(right)
    if right is Right.ERASURE:
        return _ERASURE
    return _COPY_HANDED_ON if transfer_to else _COPY


def waiting_steps(names: tuple[str, ...]) -> tuple[StepState, ...]:
    """The states of steps that have not run yet."""
    return tuple(StepState(name=name) for name in names)


def ended_early(request: RightsRequest, status: Status) -> tuple[StepState, ...]:
    """The steps of a request that a person closes early: those done, then those that closing it takes.

    Those undo what was done, delete a copy that was made, and announce a decision or confirm a cancellation.
    """
    done = tuple(step for step in request.steps if step.status is StepStatus.DONE)
    match request.right, status:
        case Right.ERASURE, Status.CANCELLED:
            then: tuple[str, ...] = _ERASURE_CANCELLED
        case Right.ERASURE, _:
            then = _ERASURE_REFUSED
        case _, Status.CANCELLED:
            then = (DISCARD,)
        case _:
            then = (ANNOUNCE, DISCARD)
    return (*done, *waiting_steps(then))
