"""Rules for subjects: submit a request, read it, cancel it, fetch the copy (RGT-1, RGT-10).

Invariants:

- One request at a time exercises a right. A second one is refused with the id of the first.
- Intake is one transaction: the request, its effect, the guard of its right, and the first evidence. A
  request that is answered at once has no guard.
- A repeated call with the same Idempotency-Key returns the same request and the same receipt.
- A closed request does not change its answer.

Failures: if the response is lost, the repeated call finds the first request; if the message to the worker
is lost, the sweep sends another within minutes.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, idempotency, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Conflict
from chalicelib.rights import evidence, procedures, receipts, states, store
from chalicelib.rights.engine import queue
from chalicelib.rights.files import Link, link_to
from chalicelib.rights.intake.body import NewRequest, RequestedChange
from chalicelib.rights.intake.rules import RULES
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Subject, Submission, read_again
from chalicelib.rights.model import ReceivedBy, Right, RightsRequest, Status
from chalicelib.rights.moves import Move, apply_move, with_reminders_reset
from chalicelib.rights.problems import AlreadyOpen, ExportGone, NotOfferedHere, NotReady
from chalicelib.rights.store import ExercisedAlready, RequestExists

PAGE = 20
_TRIES = 5  # of an intake while the subject's records change


@dataclass(frozen=True)
class TakenRequest:
    """A request that this call made, or an earlier one with the same Idempotency-Key."""

    request: RightsRequest
    receipt: str


def wants_step_up(right: Right) -> bool:
    """Return whether a right needs a recent step-up; one refused at intake needs none."""
    return right in RULES and RULES[right].wants_step_up


def is_limited(right: Right) -> bool:
    """Return whether a right is limited per account. A right refused at intake needs no limit."""
    return right in RULES and RULES[right].is_limited


def submit(subject: Subject, body: NewRequest, key: IdempotencyKey | None) -> TakenRequest:
    """Submit a subject's request, give it its effect, and have the worker start on it.

    Args:
        subject: The subject's records, as the call read them.
        body: The request.
        key: The client's Idempotency-Key.

    Raises:
        NotOfferedHere: no procedure carries this right out yet.
        InvalidRequest: a field that the right does not allow, or a value that does not fit.
        AlreadyOpen: another request exercises the right.
        IdempotencyMismatch: the key was used with another body.
        Unavailable: the subject's records changed in every try; nothing was written.
    """
    rule = RULES.get(body.right)
    if rule is None:
        raise NotOfferedHere(contact_email=settings().contact_email)
    rule.check_fields(body)
    received = Received(
        request_id=_id_for(subject.account.account_id, key),
        at=clock.now(),
        fingerprint=idempotency.fingerprint(body) if key else None,
    )
    return take(subject, body, received, rule)


@dataclass(frozen=True)
class Received:
    """How a request was received.

    Attributes:
        request_id: its new id.
        at: the instant from which its deadline counts.
        by: the channel.
        entered_by: the member of staff who entered it; None: the subject sent it.
        fingerprint: of its body, if it has an Idempotency-Key.
    """

    request_id: RightsRequestId
    at: datetime
    by: ReceivedBy = ReceivedBy.APP
    entered_by: StaffId | None = None
    fingerprint: str | None = None


def take(subject: Subject, body: RequestedChange, received: Received, rule: IntakeRule) -> TakenRequest:
    """Record a request with its effect, in one transaction, and send it to the worker.

    If the subject's records changed since they were read, they are read again, a bounded number of times.

    Raises:
        AlreadyOpen, IdempotencyMismatch, InvalidRequest, Unavailable: as for `submit`.
    """
    for _ in range(_TRIES):
        begun = rule.begin(Submission(subject, body, received.request_id, received.at, clock.now()))
        request = _new_request(subject, body, received, begun)
        try:
            _record_new(request, received, begun)
        except (RequestExists, HeadMoved):
            return _request_of_key(request.request_id, body)
        except ExercisedAlready as found:
            raise _open_already(found, request) from None
        except Conflict:
            subject = read_again(subject)
        else:
            return TakenRequest(request, receipts.of(request.request_id))
    raise Unavailable


def _new_request(
    subject: Subject, body: RequestedChange, received: Received, begun: Beginning
) -> RightsRequest:
    now = clock.now()
    request = RightsRequest(
        request_id=received.request_id,
        account_id=subject.account.account_id,
        user_id=subject.account.user_id,
        right=body.right,
        received_by=received.by,
        received_at=received.at,
        status=begun.answer or begun.status,
        country=subject.profile.country if subject.profile else None,
        transfer_to=body.transfer_to,
        steps=procedures.waiting_steps(begun.steps),
        run_at=now if begun.steps else None,
        fingerprint=received.fingerprint,
        notes=begun.notes,
        decided_at=now if begun.answer else None,
        closed_at=now if begun.answer else None,
    )
    return with_reminders_reset(request, now) if received.at < now else request


def _record_new(request: RightsRequest, received: Received, begun: Beginning) -> None:
    said = {
        "right": request.right,
        "received_by": request.received_by,
        "by": received.entered_by or evidence.SUBJECT,
        "received_at": clock.to_text(request.received_at),
        **begun.said,
        **({"answer": begun.answer} if begun.answer else {}),
    }
    store.create(request, evidence.entry("received", said, request.closed_at), begun.also)
    metrics.count(Metric.RIGHTS_REQUESTED, of=request.right)
    if begun.answer:
        metrics.count(Metric.RIGHTS_ANSWERED)
    if request.run_at:
        queue.send(request.request_id, request.run_at)


def _id_for(account_id: AccountId, key: IdempotencyKey | None) -> RightsRequestId:
    return key.id_for(RightsRequestId, account_id) if key else RightsRequestId.new()


def _request_of_key(request_id: RightsRequestId, body: RequestedChange) -> TakenRequest:
    """Return the request that an earlier call with the same Idempotency-Key made."""
    found = store.read(request_id)
    if found is None or found.fingerprint is None:
        raise Unavailable
    idempotency.check(found.fingerprint, body)
    return TakenRequest(found, receipts.of(request_id))


def _open_already(conflict: ExercisedAlready, request: RightsRequest) -> AlreadyOpen:
    named = (conflict.found or {}).get("request_id") or store.exercised_by(request.account_id, request.right)
    return AlreadyOpen(open_request_id=str(named or ""))


def own(account_id: AccountId, request_id: RightsRequestId) -> RightsRequest:
    """Read a subject's own request.

    Raises:
        NotFound: no such request, or it belongs to another subject.
    """
    found = store.read(request_id)
    if found is None or found.account_id != account_id:
        raise NotFound
    return found


def listed(account_id: AccountId, cursor: Cursor | None) -> tuple[list[RightsRequest], str | None]:
    """Read a page of a subject's requests, and the cursor of the next page.

    Raises:
        InvalidRequest: the cursor is malformed, or belongs to another subject.
    """
    page = store.of_account(account_id, _list_place(account_id, cursor), PAGE)
    return page.found, page.last


def _list_place(account_id: AccountId, cursor: Cursor | None) -> store.ListPlace | None:
    """The place where the page before ended; the cursor is the id of its last request."""
    if cursor is None:
        return None
    request_id = RightsRequestId.parse(cursor)
    place = store.place_in_list(account_id, request_id) if request_id else None
    if place is None:
        raise invalid_cursor()
    return place


def by_receipt(request_id: RightsRequestId, receipt: str) -> RightsRequest:
    """Read the request that a receipt belongs to, even after its account was erased.

    Raises:
        NotFound: no such request, or the receipt belongs to another one.
    """
    if not receipts.belongs_to(request_id, receipt):
        raise NotFound
    found = store.read(request_id)
    if found is None:
        raise NotFound
    return found


def cancel(account_id: AccountId, request_id: RightsRequestId, by: str = evidence.SUBJECT) -> RightsRequest:
    """Cancel a request. Repeating the call changes nothing. `by`: who does, in the words of the evidence.

    Raises:
        NotFound: as for `own`.
        TooLate: it is closed, its deletion has begun, or its copy is being sent to another controller.
        Unavailable: another write came first in every try.
    """

    def cancellation(request: RightsRequest) -> Move | None:
        if request.account_id != account_id:
            raise NotFound
        return _cancellation(request, by)

    return apply_move(request_id, None, cancellation).request


def cancel_by_receipt(request_id: RightsRequestId, receipt: str) -> RightsRequest:
    """Cancel the request that a receipt belongs to, without a session.

    A subject may have lost the phone, and with it every session, but not the receipt.

    Raises:
        NotFound: as for `by_receipt`.
        TooLate, Unavailable: as for `cancel`.
    """
    if not receipts.belongs_to(request_id, receipt):
        raise NotFound
    return apply_move(request_id, None, _cancellation).request


def _cancellation(request: RightsRequest, by: str = evidence.SUBJECT) -> Move | None:
    if request.status is Status.CANCELLED:
        return None
    states.check_open(request)
    return Move(closed_early(request, Status.CANCELLED), "cancelled", {"by": by})


def closed_early(request: RightsRequest, status: Status) -> RightsRequest:
    """Return the request closed before the end of its procedure, with the steps that this takes left to do.

    They wait until a current lease expires.
    """
    now = clock.now()
    states.check(request.status, status)
    return request.model_copy(
        update={
            "status": status,
            "decided_at": now,
            "closed_at": now,
            "steps": procedures.ended_early(request, status),
            "tries": 0,
            "unreachable_since": None,
            "run_at": max(now, request.leased_until or now),
            "leased_until": None,
            "proposal": None,
            "decision_text": None,
        }
    )


def export_link(account_id: AccountId, request_id: RightsRequestId) -> Link:
    """Return a link to the copy of a request.

    Raises:
        NotFound: as for `own`, or the right gives no copy.
        NotReady: the copy is not made yet.
        ExportGone: the copy was deleted, or the request was closed before it was delivered.
    """
    request = own(account_id, request_id)
    if procedures.DELIVER not in {step.name for step in request.steps}:
        raise NotFound if request.is_open else ExportGone
    if request.is_open:
        raise NotReady
    file = store.export_file(request_id)
    if file is None:
        raise ExportGone
    store.note_link(file)
    return link_to(file)
