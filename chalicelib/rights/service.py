"""The rules of requests as their subject meets them: asking, looking, cancelling, fetching (RGT-1, RGT-10).

What always holds:

- A right is exercised by one request at a time; another one is told by which.
- Taking in is one transaction: the request, that its right is being exercised, and the first evidence.
- What is asked again under the same Idempotency-Key is answered about the same request, receipt included.
- A closed request changes no more.

What may break: the answer is lost, then the same request again finds the first one; the message to the
worker is lost, then the sweep sends another within minutes.
"""

from dataclasses import dataclass

from chalicelib.accounts.model import Account
from chalicelib.core import clock, idempotency, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.errors import InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Body, Cursor
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.outbound import BadTarget, Target
from chalicelib.core.settings import settings
from chalicelib.profiles.model import Profile
from chalicelib.rights import evidence, plans, queue, receipts, states, store
from chalicelib.rights.files import Link, link_to
from chalicelib.rights.model import (
    AlreadyOpen,
    ExportGone,
    NotOfferedHere,
    NotReady,
    Right,
    RightsRequest,
    Status,
)
from chalicelib.rights.moving import Move, moved
from chalicelib.rights.store import ExercisedAlready, RequestExists
from chalicelib.rights.views import NewRequest

# What a stolen token must not do.
_WANTS_STEP_UP = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})
# An objection to marketing and a withdrawal are heard however often (Art. 7(3) and 21(2) GDPR).
_NEVER_LIMITED = frozenset({Right.MARKETING_OBJECTION, Right.CONSENT_WITHDRAWAL})
# Which fields of the body go with which right.
_TAKES: dict[Right, frozenset[str]] = {Right.PORTABILITY: frozenset({"transfer_to"})}
PAGE = 20


@dataclass(frozen=True)
class TakenRequest:
    """A request that was taken in, now or by the same call before."""

    request: RightsRequest
    receipt: str


def wants_step_up(right: Right) -> bool:
    """Whether it needs a code given back minutes ago. What is refused in any case needs none."""
    return right in _WANTS_STEP_UP & plans.OFFERED


def is_limited(right: Right) -> bool:
    """Whether an account may ask for it only so often. What is refused in any case needs no limit."""
    return right in plans.OFFERED - _NEVER_LIMITED


def ask(
    account: Account, profile: Profile | None, body: NewRequest, key: IdempotencyKey | None
) -> TakenRequest:
    """Take a request in.

    Args:
        account: Whose rights; frozen and restricted ones have them too (RGT-11).
        profile: For the country that the subject declared.
        body: What is asked.
        key: The client's name for this request.

    Raises:
        NotOfferedHere: nothing carries this right out yet.
        InvalidRequest: a field that does not go with the right.
        AlreadyOpen: by another request.
        IdempotencyMismatch: the key was used with another body.
    """
    if body.right not in plans.OFFERED:
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
        steps=plans.begun(plans.plan(body.right, body.transfer_to)),
        run_at=now,
        fingerprint=idempotency.fingerprint(body) if key else None,
    )
    return take(request, body)


def take(request: RightsRequest, body: Body, by: StaffId | None = None) -> TakenRequest:
    """Put a request on record and have it worked on. `by` is who entered it, if not its subject.

    Raises:
        AlreadyOpen, IdempotencyMismatch: as above; nothing was changed.
    """
    said = {
        "right": request.right,
        "received_by": request.received_by,
        "by": by or evidence.SUBJECT,
        "received_at": clock.to_text(request.received_at),
    }
    try:
        store.take(request, evidence.entry("received", said))
    except (RequestExists, HeadMoved):
        return _asked_before(request.request_id, body)
    except ExercisedAlready as found:
        raise _open_already(found, request) from None
    metrics.count(Metric.RIGHTS_REQUESTED)
    queue.send(request.request_id, clock.now())
    return TakenRequest(request, receipts.receipt(request.request_id))


def _check(body: NewRequest) -> None:
    """Refuse what does not go with the right: it would be ignored, and somebody counts on it."""
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


def _asked_before(request_id: RightsRequestId, body: Body) -> TakenRequest:
    """What the same call made before."""
    found = store.read(request_id)
    if found is None or found.fingerprint is None:
        raise Unavailable
    idempotency.check(found.fingerprint, body)
    return TakenRequest(found, receipts.receipt(request_id))


def _open_already(conflict: ExercisedAlready, request: RightsRequest) -> AlreadyOpen:
    named = (conflict.found or {}).get("request_id") or store.exercised_by(request.account_id, request.right)
    return AlreadyOpen(open_request_id=str(named or ""))


def own(account_id: AccountId, request_id: RightsRequestId) -> RightsRequest:
    """A subject's own request.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = store.read(request_id)
    if found is None or found.account_id != account_id:
        raise NotFound
    return found


def listed(account_id: AccountId, cursor: Cursor | None) -> tuple[list[RightsRequest], str | None]:
    """A page of a subject's requests, and where the next begins.

    Raises:
        InvalidRequest: the cursor is none of ours, or of another subject.
    """
    page = store.of_account(account_id, _place(account_id, cursor), PAGE)
    return page.found, page.last


def _place(account_id: AccountId, cursor: Cursor | None) -> store.ListPlace | None:
    """Where the page before ended; a cursor is the id of its last request."""
    if cursor is None:
        return None
    request_id = RightsRequestId.parse(cursor)
    place = store.place_in_list(account_id, request_id) if request_id else None
    if place is None:
        raise InvalidRequest("This cursor is not one of ours")
    return place


def by_receipt(request_id: RightsRequestId, receipt: str) -> RightsRequest:
    """The request that a receipt stands for, also when the account is gone.

    Raises:
        NotFound: there is none, or the receipt is not its own.
    """
    if not receipts.is_of(request_id, receipt):
        raise NotFound
    found = store.read(request_id)
    if found is None:
        raise NotFound
    return found


def cancel(account_id: AccountId, request_id: RightsRequestId) -> RightsRequest:
    """Take a request back; again, and it is what it was.

    Raises:
        NotFound: as for `own`.
        TooLate: it is answered, or its copy is on its way to another controller.
        Unavailable: others moved it each time.
    """

    def cancelled(request: RightsRequest) -> Move | None:
        if request.account_id != account_id:
            raise NotFound
        if request.status is Status.CANCELLED:
            return None
        states.check_open(request)
        return Move(ended(request, Status.CANCELLED, plans.DISCARD), "cancelled", {})

    return moved(request_id, None, cancelled)


def ended(request: RightsRequest, status: Status, *then: str) -> RightsRequest:
    """A request that ends before its plan does; steps that follow wait for whoever is at it now."""
    now = clock.now()
    states.check(request.status, status)
    return request.model_copy(
        update={
            "status": status,
            "decided_at": now,
            "closed_at": now,
            "steps": plans.ended_early(request, *then),
            "tries": 0,
            "unreachable_since": None,
            "run_at": max(now, request.leased_until or now),
            "leased_until": None,
            "proposal": None,
            "decision_text": None,
        }
    )


def export(account_id: AccountId, request_id: RightsRequestId) -> Link:
    """A link to the copy.

    Raises:
        NotFound: as for `own`, or the right gives no copy.
        NotReady: it is not made yet.
        ExportGone: it was there, or would have been.
    """
    request = own(account_id, request_id)
    if plans.DELIVER not in {step.name for step in request.steps}:
        raise NotFound if request.is_open else ExportGone
    if request.is_open:
        raise NotReady
    file = store.export_file(request_id)
    if file is None:
        raise ExportGone
    return link_to(file)
