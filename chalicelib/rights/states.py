"""Which status may follow which, and what each is called elsewhere. Pure.

One machine inside, three projections for whoever speaks another language: OpenDSR 2.0, the Data Rights
Protocol 1.0, and the Data Privacy Vocabulary (W3C DPV 2.3 with its eu-gdpr extension). A projection says
less than the machine and is never read back.

    received ─┬─> awaiting_verification ──> in_progress <──> awaiting_processor
              ├─────────────────────────────^   │  ^             │
              └─> awaiting_review <─────────────┘──┘<────────────┘
    whatever is not answered ──> awaiting_verification, where who asks is in doubt
    any of these ──> completed, partially_completed, refused, cancelled, which nothing follows
"""

from dataclasses import dataclass

from chalicelib.rights.model import RefusalReason, Right, RightsRequest, Status, StepStatus, TooLate

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


@dataclass(frozen=True)
class Projection:
    """A status in the words of others."""

    open_dsr: str
    drp: str  # status, and the reason where there is one
    dpv: str


_PROJECTIONS: dict[Status, Projection] = {
    Status.RECEIVED: Projection("pending", "open", "RequestInitiated"),
    Status.AWAITING_VERIFICATION: Projection(
        "pending", "in_progress/need_user_verification", "RequestRequiresAction"
    ),
    Status.IN_PROGRESS: Projection("in_progress", "in_progress", "RequestAccepted"),
    Status.AWAITING_PROCESSOR: Projection("in_progress", "in_progress", "RequestRequiredActionPerformed"),
    Status.AWAITING_REVIEW: Projection("in_progress", "in_progress", "RequestAcknowledged"),
    Status.COMPLETED: Projection("completed", "fulfilled", "RequestFulfilled"),
    Status.PARTIALLY_COMPLETED: Projection("completed", "fulfilled", "RequestFulfilled"),
    Status.REFUSED: Projection("cancelled", "denied/other", "RequestRejected"),
    Status.CANCELLED: Projection("cancelled", "revoked", "ActivityHalted"),
}

_DELAYED = "RequestActionDelayed"

# Why DRP says that a request was denied; what it has no word for is `other`.
_DENIED = {
    RefusalReason.IDENTITY_FAILURE: "denied/insuf_verification",
    RefusalReason.MANIFESTLY_UNFOUNDED: "denied/claim_not_covered",
    RefusalReason.MANIFESTLY_EXCESSIVE: "denied/too_many_requests",
}

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


def projected(request: RightsRequest) -> Projection:
    """How others would call where a request stands."""
    plain = _PROJECTIONS[request.status]
    if request.status is Status.REFUSED and request.refusal:
        return Projection(plain.open_dsr, _DENIED.get(request.refusal, plain.drp), plain.dpv)
    if request.status not in CLOSED and request.extension:
        return Projection(plain.open_dsr, plain.drp, _DELAYED)
    return plain
