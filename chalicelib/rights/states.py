"""Which status may follow which, and its term in the Data Privacy Vocabulary. Pure.

The terms are those of W3C DPV 2.3 with its eu-gdpr extension. They say less than a status, and only leave.

    received ─┬─> awaiting_verification ──> in_progress <──> awaiting_processor
              ├─────────────────────────────^   │  ^             │
              └─> awaiting_review <─────────────┘──┘<────────────┘
    whatever is not answered ──> awaiting_verification, where who asks is in doubt
    any of these ──> completed, partially_completed, refused, cancelled, which nothing follows
"""

from chalicelib.rights.model import Right, RightsRequest, Status, StepStatus, TooLate

ANSWERS = frozenset({Status.COMPLETED, Status.PARTIALLY_COMPLETED, Status.REFUSED})
CLOSED = ANSWERS | {Status.CANCELLED}

# From each status to others. To stay is no move, and always allowed.
MOVES: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: CLOSED | {Status.AWAITING_VERIFICATION, Status.IN_PROGRESS, Status.AWAITING_REVIEW},
    # Nobody gets anything before it is known who asks.
    Status.AWAITING_VERIFICATION: frozenset({Status.IN_PROGRESS, Status.REFUSED, Status.CANCELLED}),
    Status.IN_PROGRESS: CLOSED
    | {Status.AWAITING_VERIFICATION, Status.AWAITING_PROCESSOR, Status.AWAITING_REVIEW},
    Status.AWAITING_PROCESSOR: CLOSED
    | {Status.AWAITING_VERIFICATION, Status.IN_PROGRESS, Status.AWAITING_REVIEW},
    Status.AWAITING_REVIEW: CLOSED | {Status.AWAITING_VERIFICATION, Status.IN_PROGRESS},
    **dict.fromkeys(CLOSED, frozenset()),
}


# Notes of the step that sends the copy to another controller: how many attempts began, and why it failed.
TRANSFER_BEGUN, TRANSFER_FAILED = "transfer_begun", "transfer_failed"


class NotAMove(ValueError):
    """No such move; a bug of whoever tried it."""


def check(before: Status, after: Status) -> None:
    """Hold a move against the table.

    Raises:
        NotAMove: it is not in it.
    """
    if before is not after and after not in MOVES[before]:
        raise NotAMove(f"{before} to {after}")


def check_open(request: RightsRequest) -> None:
    """Hold that a person may still cancel a request, or decide it.

    Raises:
        TooLate: it is closed; or its copy is on its way to the controller that the subject named, so that
            nobody could say any more that the other side has nothing. Once the transfer has stopped for a
            person, that person has to be able to decide; the history says that it began.
    """
    if not request.is_open:
        raise TooLate("This request is closed already")
    step = request.next_step
    stopped = step is not None and step.status is StepStatus.STOPPED
    if TRANSFER_BEGUN in request.notes and TRANSFER_FAILED not in request.notes and not stopped:
        raise TooLate("The copy is being sent to the controller that was named")


_TERMS: dict[Status, str] = {
    Status.RECEIVED: "RequestInitiated",
    Status.AWAITING_VERIFICATION: "RequestRequiresAction",
    Status.IN_PROGRESS: "RequestAccepted",
    Status.AWAITING_PROCESSOR: "RequestRequiredActionPerformed",
    Status.AWAITING_REVIEW: "RequestAcknowledged",
    Status.COMPLETED: "RequestFulfilled",
    Status.PARTIALLY_COMPLETED: "RequestFulfilled",
    Status.REFUSED: "RequestRejected",
    Status.CANCELLED: "ActivityHalted",
}

_DELAYED = "RequestActionDelayed"

ARTICLES: dict[Right, str] = {
    Right.ACCESS: "A15",
    Right.PORTABILITY: "A20",
    Right.RECTIFICATION: "A16",
    Right.ERASURE: "A17",
    Right.RESTRICTION: "A18",
    Right.OBJECTION: "A21",
    Right.MARKETING_OBJECTION: "A21",
    Right.CONSENT_WITHDRAWAL: "A7-3",
}


def dpv_status(request: RightsRequest) -> str:
    """The DPV term for the status of a request."""
    if request.extension and request.status not in CLOSED:
        return _DELAYED
    return _TERMS[request.status]
