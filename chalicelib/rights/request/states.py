"""Which status of a request may follow which, and the problems of what a status does not allow. Pure.

received ─┬─> awaiting_verification ──> in_progress <──> awaiting_processor
          ├─────────────────────────────^   │  ^             │
          └─> awaiting_review <─────────────┘──┘<────────────┘
any open status ──> awaiting_verification, if the subject's identity is in doubt
any open status ──> completed, partially_completed, refused, cancelled, which are final; but from
                    awaiting_verification only refused and cancelled

When a problem is raised, the request is unchanged.
"""

from datetime import timedelta
from typing import ClassVar

from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import ConflictingRequest, Gone, Schemas, TooMany, Unprocessable
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status, StepStatus


class AlreadyOpen(ConflictingRequest):
    """The subject already has an open request for this right; `open_rights_request_id` names it."""

    title = "There is already an open request for this right"
    shows: ClassVar[Schemas] = {
        "open_rights_request_id": {
            "type": "string",
            "pattern": f"^{RightsRequestId.pattern.pattern}$",
            "description": "The open request for this right",
        }
    }


class TooLate(ConflictingRequest):
    """The request is already decided, or its copy is being sent to another controller."""

    title = "It is too late to change this request"


class NotReady(ConflictingRequest):
    """The copy or the certificate does not exist yet."""

    title = "The copy or the certificate is not ready yet"
    shows: ClassVar[Schemas] = {"retry_after": TooMany.shows["retry_after"]}

    def __init__(self, retry_after: timedelta = MINUTE) -> None:
        super().__init__(retry_after=int(retry_after.total_seconds()))


class ExportDeleted(Gone):
    """The copy is deleted after some days; a new request creates a new one."""

    title = "The copy has been deleted; make a new request to get another"


class ProofNotAccepted(Unprocessable):
    """The code was right, but the number or mailbox is not that of the account, or is new.

    A number or mailbox that was changed after the request proves nothing for it. A new one may count later.
    """

    title = "This number or mailbox does not belong to the account, or was changed too recently"


class NotNow(ConflictingRequest):
    """The status of the request does not allow this."""

    title = "The current status of the request does not allow this"


class NotCarriedOut(Unprocessable):
    """A rectification names no values, so nothing was corrected and the answer cannot say that."""

    title = "The request names no values to correct, so it cannot be answered as completed"


class ExtensionNotAllowed(Unprocessable):
    """The law does not allow this extension; `detail` says why (Art. 12(3) GDPR)."""

    title = "The deadline cannot be extended"


ANSWERS = frozenset({Status.COMPLETED, Status.PARTIALLY_COMPLETED, Status.REFUSED})
CLOSED = ANSWERS | {Status.CANCELLED}

# The statuses that may follow each one. Keeping the same status is always allowed.
MOVES: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: CLOSED | {Status.AWAITING_VERIFICATION, Status.IN_PROGRESS, Status.AWAITING_REVIEW},
    # No data is delivered before the subject has proven their identity.
    Status.AWAITING_VERIFICATION: frozenset({Status.IN_PROGRESS, Status.REFUSED, Status.CANCELLED}),
    Status.IN_PROGRESS: CLOSED
    | {Status.AWAITING_VERIFICATION, Status.AWAITING_PROCESSOR, Status.AWAITING_REVIEW},
    Status.AWAITING_PROCESSOR: CLOSED
    | {Status.AWAITING_VERIFICATION, Status.IN_PROGRESS, Status.AWAITING_REVIEW},
    Status.AWAITING_REVIEW: CLOSED | {Status.AWAITING_VERIFICATION, Status.IN_PROGRESS},
    **dict.fromkeys(CLOSED, frozenset()),
}


class NotAMove(ValueError):
    """This status must not follow that one; a bug in the caller."""


def check(before: Status, after: Status) -> None:
    """Check a change of status against `MOVES`.

    Raises:
        NotAMove: `MOVES` does not allow it.
    """
    if before is not after and after not in MOVES[before]:
        raise NotAMove(f"{before} to {after}")


def check_cancellable(request: RightsRequest) -> None:
    """Check that a session of the account may still cancel a request, or contest it.

    Raises:
        TooLate: as for `check_open`; or two operators decided once more, after a session contested it.
    """
    check_open(request)
    release = request.notes.release
    if release and release.was_contested and request.status is not Status.AWAITING_VERIFICATION:
        raise TooLate("Two operators decided this again. Write to us")


def check_open(request: RightsRequest) -> None:
    """Check that a person may still cancel or decide a request.

    Raises:
        TooLate: the request is closed; an erasure has passed its point of no return; the account has the
            number for which it was entered; or a copy is being sent to the controller that the subject named,
            which may have received data already. A stopped transfer does not raise: an operator has to be
            able to decide, and the history shows that it began.
    """
    if not request.is_open:
        raise TooLate("This request is closed already")
    step = request.next_step
    if request.notes.is_irrevocable:
        raise TooLate("The deletion has begun")
    if request.notes.number_given_at:
        raise TooLate("The account has the number")
    if request.notes.is_sending and not (step and step.status is StepStatus.STOPPED):
        raise TooLate("The copy is being sent to the controller that was named")
