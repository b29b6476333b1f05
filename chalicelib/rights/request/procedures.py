"""Procedures: the steps that answer a request, by name and in order.

It contains only names, so that the intake of requests imports no step. `steps` has their code.
"""

from collections.abc import Mapping, Sequence

from chalicelib.rights.engine.queue import Destination
from chalicelib.rights.request.identity import PROOFS_NEEDED
from chalicelib.rights.request.model import Right, RightsRequest, Status, StepState, StepStatus

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

NOTIFY_RECIPIENTS = "notify_recipients"  # notify each recipient of the data (Art. 19 GDPR)
RESTRICT_AT_STREAM = "restrict_at_stream"  # suspend the user at Stream while all use is restricted
PRESERVE_MESSAGES = "preserve_messages"  # keep the subject's messages, which Stream deletes by age
CONCLUDE = "conclude"  # the restriction is carried out; this is the answer
# As long as a restriction or objection lasts: keep its request and what it preserves; end a restriction when
# operators do.
UPHOLD = "uphold"
END_RESTRAINT = "end_restraint"  # after a refusal: end the restriction or objection once it was announced
RELEASE_AT_STREAM = "release_at_stream"  # let the user connect to Stream again
DISCARD_PRESERVED = "discard_preserved"  # delete the preserved messages
WEIGH = "weigh"  # wait for the weighing of an objection
SEARCH = "search"  # search for an account of the contact of a person without an account
ANSWER = "answer"  # answer that nothing is stored about that person
FORGET_CONTACT = "forget_contact"  # delete the contact from the request
WARN = "warn"  # announce on every channel of the account what was requested without a session
COOL_DOWN = "cool_down"  # wait until a person who was warned, or whose number changed, had time to object
CORRECT = "correct"  # carry out a correction that waited for that; this is the answer

# The request of a person without an account, whatever the right.
WITHOUT_ACCOUNT = (SEARCH, ANSWER, ANNOUNCE, FORGET_CONTACT)

# The steps after the answer. A request under review has none before its decision.
RECTIFIED = (ANNOUNCE, NOTIFY_RECIPIENTS)
# A correction of what the subject edits in the app, requested without a session.
RECTIFIED_LATER = (WARN, COOL_DOWN, CORRECT, *RECTIFIED)

_COPY = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, DELIVER, ANNOUNCE, DISCARD)
_COPY_HANDED_ON = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, TRANSFER, DELIVER, ANNOUNCE, DISCARD)

_ERASURE = (
    CONFIRM, SETTLE, FREEZE, SUSPEND_AT_STREAM, GRACE,
    CAPTURE, RECORD_TOMBSTONE, QUARANTINE, DELETE_AT_STREAM, AWAIT_STREAM_DELETION, KEEP_HELD,
    DELETE_COPIES, DELETE_RECORDS, VERIFY_DELETION, DELETE_KEY, CERTIFY, NOTIFY, FORGET, AWAIT_LAPSE,
)  # fmt: skip
_ERASURE_CANCELLED = (THAW, CONFIRM_CANCELLATION, RESUME_AT_STREAM)
_ERASURE_REFUSED = (THAW, ANNOUNCE, RESUME_AT_STREAM)

_AFTER_RESTRICTION = (RELEASE_AT_STREAM, DISCARD_PRESERVED)
_OBJECTION = (WEIGH, ANNOUNCE, UPHOLD)

# Steps that run in a separate worker, under an IAM role of its own.
DESTINATIONS = {
    TRANSFER: Destination.TRANSFERS,
    **dict.fromkeys((*_ERASURE, *_ERASURE_CANCELLED), Destination.ERASURES),
}


def steps_of(right: Right, transfer_to: str | None) -> tuple[str, ...]:
    """The names of the steps that carry a request out."""
    match right:
        case Right.ERASURE:
            return _ERASURE
        case Right.RESTRICTION:
            return restriction_steps(covers_all=True, preserves=True)
        case Right.OBJECTION:
            return _OBJECTION
        case Right.RECTIFICATION:
            return RECTIFIED
        case Right.MARKETING_OBJECTION | Right.CONSENT_WITHDRAWAL:  # their intake has the whole effect
            return (ANNOUNCE,)
        case _:
            return _COPY_HANDED_ON if transfer_to else _COPY


def restriction_steps(*, covers_all: bool, preserves: bool) -> tuple[str, ...]:
    """The names of the steps of a restriction.

    Args:
        covers_all: all use but storage stops, so the user is suspended at Stream.
        preserves: deletion stops too, so records are pinned and messages copied out of Stream.
    """
    at_stream = (RESTRICT_AT_STREAM,) if covers_all else ()
    kept = (PIN,) if preserves else ()
    copied = (ASK_STREAM, AWAIT_STREAM, PRESERVE_MESSAGES) if covers_all and preserves else ()
    concluded = (CONCLUDE,) if at_stream or kept else ()  # without such steps, the intake is the answer
    afterwards = _AFTER_RESTRICTION if covers_all else ()
    return (*at_stream, *kept, *copied, *concluded, ANNOUNCE, UPHOLD, *afterwards)


def cooled(names: Sequence[str]) -> tuple[str, ...]:
    """The steps of a request of an account whose number has just changed: nothing irreversible follows soon.

    What can be undone, such as the freeze of an erasure, does not wait.
    """
    if COOL_DOWN in names:
        return tuple(names)
    at = names.index(CAPTURE) if CAPTURE in names else names.index(PIN) + 1 if PIN in names else 0
    return (*names[:at], COOL_DOWN, *names[at:])


def recovered(names: Sequence[str]) -> tuple[str, ...]:
    """The steps of a request without a session: as `cooled`, and the account is warned."""
    cooling = cooled(names)
    at = 0 if CAPTURE in names else cooling.index(COOL_DOWN)
    return (*cooling[:at], WARN, *cooling[at:])


def is_recovery(request: RightsRequest) -> bool:
    """Return whether a copy, an erasure or a correction was requested without a session of the account."""
    return any(step.name == WARN for step in request.steps)


def is_unproven(request: RightsRequest) -> bool:
    """Return whether a request without a session waits for a proof, and for no decision of operators."""
    waits = request.status is Status.AWAITING_VERIFICATION and request.proposal is None
    return waits and is_recovery(request) and len(request.proofs) < PROOFS_NEEDED


def waits_for_warning(request: RightsRequest) -> bool:
    """Return whether a correction is carried out only after the account was warned, and was not yet."""
    return any(step.name == CORRECT and step.status is not StepStatus.DONE for step in request.steps)


def waiting_steps(names: tuple[str, ...]) -> tuple[StepState, ...]:
    """The states of steps that have not run yet."""
    return tuple(StepState(name=name) for name in names)


def ended_early(request: RightsRequest, status: Status) -> tuple[StepState, ...]:
    """The steps of a request that a person closes early: those done, then those that closing it takes.

    Those undo what was done, delete a copy that was made, and announce a decision or confirm a cancellation.
    """
    done = tuple(step for step in request.steps if step.status is StepStatus.DONE)
    if request.without_account:
        announced = () if status is Status.CANCELLED else (ANNOUNCE,)
        return (*done, *waiting_steps((*announced, FORGET_CONTACT)))
    of_right = _ENDED_EARLY.get(request.right, _COPY_ENDED)
    return (*done, *waiting_steps(of_right.get(status, of_right[None])))


# By right, then by the status with which a person closes it; None: any other answer.
_Endings = Mapping[Status | None, tuple[str, ...]]
_COPY_ENDED: _Endings = {Status.CANCELLED: (DISCARD,), None: (ANNOUNCE, DISCARD)}
_ENDED_EARLY: Mapping[Right, _Endings] = {
    Right.ERASURE: {Status.CANCELLED: _ERASURE_CANCELLED, None: _ERASURE_REFUSED},
    Right.RECTIFICATION: {Status.CANCELLED: (), Status.REFUSED: (ANNOUNCE,), None: RECTIFIED},
    Right.RESTRICTION: {
        Status.CANCELLED: _AFTER_RESTRICTION,
        Status.REFUSED: (ANNOUNCE, END_RESTRAINT, *_AFTER_RESTRICTION),
        None: (ANNOUNCE, UPHOLD, *_AFTER_RESTRICTION),
    },
    Right.OBJECTION: {
        Status.CANCELLED: (),
        Status.REFUSED: (ANNOUNCE, END_RESTRAINT),
        None: (ANNOUNCE, UPHOLD),
    },
}
