"""Rules for subjects: submit a request, read it, cancel it, fetch the copy (RGT-1, RGT-10).

Invariants:

- One request at a time exercises a right. A second one is refused with the id of the first.
- Intake is one transaction: the request, the guard of its right, and the first evidence.
- A repeated call with the same Idempotency-Key returns the same request and the same receipt.
- A closed request does not change its answer.

Failures: if the response is lost, the repeated call finds the first request; if the message to the worker
is lost, the sweep sends another within minutes.
"""

from dataclasses import dataclass, replace

from chalicelib.accounts.model import Account
from chalicelib.core import clock, idempotency, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.errors import InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Body, Cursor, invalid_cursor
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.outbound import BadTarget, Target
from chalicelib.core.settings import settings
from chalicelib.profiles.model import Profile
from chalicelib.rights import evidence, procedures, receipts, states, store
from chalicelib.rights.engine import queue
from chalicelib.rights.files import Link, link_to
from chalicelib.rights.model import Right, RightsRequest, Status, new_notes
from chalicelib.rights.moves import Move, apply_move
from chalicelib.rights.notes import ErasureNotes, RequestNotes
from chalicelib.rights.problems import AlreadyOpen, ExportGone, NotOfferedHere, NotReady
from chalicelib.rights.store import ExercisedAlready, RequestExists
from chalicelib.rights.views import NewRequest

# Rights that a stolen token alone must not exercise.
_WANTS_STEP_UP = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})
# An objection to marketing and a withdrawal of consent have no limit (Art. 7(3) and 21(2) GDPR).
_NEVER_LIMITED = frozenset({Right.MARKETING_OBJECTION, Right.CONSENT_WITHDRAWAL})
# The fields of the body that each right allows.
_TAKES: dict[Right, frozenset[str]] = {
    Right.PORTABILITY: frozenset({"transfer_to"}),
    Right.ERASURE: frozenset({"waive_grace"}),
}
PAGE = 20


@dataclass(frozen=True)
class TakenRequest:
    """A request that this call made, or an earlier one with the same Idempotency-Key."""

    request: RightsRequest
    receipt: str


def wants_step_up(right: Right) -> bool:
    """Return whether a right needs a recent step-up; one refused at intake needs none."""
    return right in _WANTS_STEP_UP & procedures.OFFERED


def is_limited(right: Right) -> bool:
    """Return whether a right is limited per account. A right refused at intake needs no limit."""
    return right in procedures.OFFERED - _NEVER_LIMITED


def submit(
    account: Account, profile: Profile | None, body: NewRequest, key: IdempotencyKey | None
) -> TakenRequest:
    """Submit a subject's request, and have the worker start on it.

    Args:
        account: The subject's account; it may be frozen or restricted (RGT-11).
        profile: Gives the country that the subject declared.
        body: The request.
        key: The client's Idempotency-Key.

    Raises:
        NotOfferedHere: no procedure carries this right out yet.
        InvalidRequest: a field that the right does not allow.
        AlreadyOpen: another request exercises the right.
        IdempotencyMismatch: the key was used with another body.
    """
    if body.right not in procedures.OFFERED:
        raise NotOfferedHere(contact_email=settings().contact_email)
    _check(body)
    now = clock.now()
    request = RightsRequest(
        request_id=_id_for(account.account_id, key),
        account_id=account.account_id,
        user_id=account.user_id,
        right=body.right,
        received_at=now,
        country=profile.country if profile else None,
        transfer_to=body.transfer_to,
        steps=procedures.waiting_steps(procedures.steps_of(body.right, body.transfer_to)),
        run_at=now,
        fingerprint=idempotency.fingerprint(body) if key else None,
        notes=_first_notes(body),
    )
    return record_new(request, body)


def _first_notes(body: NewRequest) -> RequestNotes:
    notes = new_notes(body.right)
    return replace(notes, waives_grace=bool(body.waive_grace)) if isinstance(notes, ErasureNotes) else notes


def record_new(request: RightsRequest, body: Body, by: StaffId | None = None) -> TakenRequest:
    """Record a new request, and send it to the worker. `by`: the member of staff who entered it.

    Raises:
        AlreadyOpen, IdempotencyMismatch: as for `submit`; nothing was written.
    """
    said = {
        "right": request.right,
        "received_by": request.received_by,
        "by": by or evidence.SUBJECT,
        "received_at": clock.to_text(request.received_at),
    }
    try:
        store.create(request, evidence.entry("received", said))
    except (RequestExists, HeadMoved):
        return _request_of_key(request.request_id, body)
    except ExercisedAlready as found:
        raise _open_already(found, request) from None
    metrics.count(Metric.RIGHTS_REQUESTED)
    queue.send(request.request_id, clock.now())
    return TakenRequest(request, receipts.of(request.request_id))


def _check(body: NewRequest) -> None:
    """Refuse fields that the right does not allow: the client would rely on an ignored field."""
    given = body.model_dump(exclude_none=True).keys() - {"right"}
    if odd := sorted(given - _TAKES.get(body.right, frozenset())):
        raise InvalidRequest(
            errors=[
                {"pointer": f"/{name}", "code": "does_not_apply", "message": f"Not for {body.right}"}
                for name in odd
            ]
        )
    if body.transfer_to:
        try:
            Target.parse(body.transfer_to)
        except BadTarget as bad:
            wrong = {"pointer": "/transfer_to", "code": "bad_address", "message": bad.fault.value}
            raise InvalidRequest(errors=[wrong]) from None


def _id_for(account_id: AccountId, key: IdempotencyKey | None) -> RightsRequestId:
    return key.id_for(RightsRequestId, account_id) if key else RightsRequestId.new()


def _request_of_key(request_id: RightsRequestId, body: Body) -> TakenRequest:
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
