"""Records the beginning of a request, and its early end by a person, each with its effect.

Request and effect are one transaction (ADR 46). If the subject's records changed since they were read, they
are read again, a bounded number of times. A person ends a request before its procedure does by a
cancellation, or by a decision of operators.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import clock, idempotency, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId, UserId
from chalicelib.core.languages import Language, language_of
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Conflict, retry_on
from chalicelib.rights.engine import queue
from chalicelib.rights.engine.moves import Move, awaiting_identity, with_reminders_reset, without_proposal
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.submission import (
    Beginning,
    IntakeRule,
    Subject,
    Submission,
    read_again,
    rule_of,
)
from chalicelib.rights.request import evidence, procedures, receipts, states, store
from chalicelib.rights.request.model import (
    GuestContact,
    IdentityProof,
    OnBehalf,
    RightsRequest,
    SeenAuthority,
)
from chalicelib.rights.request.states import AlreadyOpen
from chalicelib.rights.request.store import ExercisedAlready, RequestExists
from chalicelib.rights.request.terms import ReceivedBy, Status, StepStatus

_TRIES = 5  # of an intake while the subject's records change
_RECENT = 20  # requests of a subject among which an earlier one of the same effect is looked for


@dataclass(frozen=True)
class TakenRequest:
    """A request that this call made, or an earlier one with the same Idempotency-Key or the same effect."""

    request: RightsRequest
    receipt: str


@dataclass(frozen=True)
class Received:
    """How a request was received.

    Attributes:
        request_id: its new id.
        at: the instant from which its deadline counts.
        by: the channel.
        entered_by: the member of staff who entered it; None: the subject sent it.
        fingerprint: of its body, if it has an Idempotency-Key or a code.
        proofs: that it comes from the account's owner, if it comes without a session.
        on_behalf: the person who makes it for the subject; None: the subject.
        authority: what showed that this person may do so.
    """

    request_id: RightsRequestId
    at: datetime
    by: ReceivedBy = ReceivedBy.APP
    entered_by: StaffId | None = None
    fingerprint: str | None = None
    proofs: tuple[IdentityProof, ...] = ()
    on_behalf: OnBehalf | None = None
    authority: SeenAuthority | None = None


def take(subject: Subject, body: RequestedChange, received: Received, rule: IntakeRule) -> TakenRequest:
    """Record a request with its effect, in one transaction, and send it to the worker.

    If the subject's records changed since they were read, they are read again, a bounded number of times. A
    request from the app that changes nothing returns the earlier one that has its effect.

    Raises:
        AlreadyOpen, IdempotencyMismatch, InvalidRequest, Unavailable: as for `service.submit`.
    """
    for _ in range(_TRIES):
        begun = rule.begin(Submission(subject, body, received.request_id, clock.now()))
        if earlier := _repeated(subject, received, body, begun):
            return TakenRequest(earlier, receipts.of(earlier.request_id))
        request = _new_request(subject, body, received, begun)
        try:
            _record_new(request, received, begun)
        except (RequestExists, HeadMoved):
            if made := _request_of_key(request, body):
                return made
            received = replace(received, request_id=idempotency.next_id(received.request_id))
        except ExercisedAlready as found:
            raise _open_already(found, request) from None
        except Conflict:
            subject = read_again(subject)
        else:
            return TakenRequest(request, receipts.of(request.request_id))
    raise Unavailable


def _repeated(
    subject: Subject, received: Received, body: RequestedChange, begun: Beginning
) -> RightsRequest | None:
    """A recent request of the subject that a request from the app only repeats; None if it is a new one.

    Some rights are never limited. Without this, each repeated call would store a request and send an answer.
    """
    if begun.repeats is None or received.by is not ReceivedBy.APP:
        return None
    if received.fingerprint and store.read(received.request_id):
        return None  # an earlier call with the same Idempotency-Key made it: the transaction finds it
    recent = store.of_account(subject.account.account_id, None, _RECENT).found
    return next((one for one in recent if one.right is body.right and begun.repeats(one)), None)


@retry_on(Conflict, tries=_TRIES)
def take_without_account(
    contact: GuestContact, body: RequestedChange, received: Received, begin: Callable[[], Beginning]
) -> TakenRequest:
    """Record the request of a person without an account, who gets the answer at a contact.

    It has random ids that name no account, so no guard of a right can ever conflict. `begin` is called again
    if a write of its effect conflicts.

    Raises:
        IdempotencyMismatch, Unavailable: as for `service.submit`.
    """
    reached_at = {
        "contact_phone": contact.phone,
        "contact_email": contact.email,
        # Without a contact no step deletes it; the language is enough for an answer on paper.
        "contact_locale": contact.locale if contact.phone or contact.email else None,
        "language": language_of(contact.locale),
    }
    begun = begin()
    request = _new_request(None, body, received, begun).model_copy(update=reached_at)
    try:
        _record_new(request, received, begun)
    except (RequestExists, HeadMoved):
        if made := _request_of_key(request, body):
            return made
        raise Unavailable from None  # unreachable: the draft of a code is younger than any forgotten key
    return TakenRequest(request, receipts.of(request.request_id))


def _new_request(
    subject: Subject | None, body: RequestedChange, received: Received, begun: Beginning
) -> RightsRequest:
    now = clock.now()
    request = RightsRequest(
        request_id=received.request_id,
        account_id=subject.account.account_id if subject else AccountId.new(),
        user_id=subject.account.user_id if subject else UserId.new(),
        without_account=subject is None,
        proofs=received.proofs,
        on_behalf=received.on_behalf,
        authority=received.authority,
        right=body.right,
        received_by=received.by,
        received_at=received.at,
        status=begun.answer or begun.status,
        country=subject.profile.country if subject and subject.profile else None,
        language=subject.language if subject else Language.ENGLISH,
        correction=begun.correction,
        reason=body.reason,
        transfer_to=body.transfer_to,
        steps=procedures.waiting_steps(begun.steps),
        run_at=now if begun.steps and begun.status is not Status.AWAITING_VERIFICATION else None,
        fingerprint=received.fingerprint,
        notes=begun.notes,
        decided_at=now if begun.answer else None,
        closed_at=now if begun.answer else None,
    )
    if request.notes.identity_asked_at:
        request = awaiting_identity(request, now)
    return with_reminders_reset(request, now) if received.at < now else request


def _record_new(request: RightsRequest, received: Received, begun: Beginning) -> None:
    said = {
        "right": request.right,
        "received_by": request.received_by,
        "by": received.entered_by or evidence.SUBJECT,
        "received_at": clock.to_text(request.received_at),
        **({"on_behalf": request.on_behalf} if request.on_behalf else {}),
        **({"authority": request.authority.model_dump(mode="json")} if request.authority else {}),
        **begun.said,
        **({"answer": begun.answer} if begun.answer else {}),
    }
    store.create(request, evidence.entry("received", said, request.closed_at), begun.also)
    metrics.count(Metric.RIGHTS_REQUESTED, of=request.right)
    for metric, of in begun.counts:
        metrics.count(metric, of=of)
    if begun.answer:
        metrics.count(Metric.RIGHTS_ANSWERED)
    if request.status is Status.AWAITING_VERIFICATION:
        metrics.count(Metric.RIGHTS_IDENTITY_AWAITED)
    if request.run_at:
        queue.send(request.request_id, request.run_at)


def _request_of_key(request: RightsRequest, body: RequestedChange) -> TakenRequest | None:
    """The request that an earlier call with the same Idempotency-Key made; None if the key is forgotten."""
    found = store.read(request.request_id)
    if found is None or found.fingerprint is None:
        raise Unavailable
    if found.received_at <= request.received_at - idempotency.KEPT:
        return None
    idempotency.check(found.fingerprint, body)
    return TakenRequest(found, receipts.of(found.request_id))


def _open_already(conflict: ExercisedAlready, request: RightsRequest) -> AlreadyOpen:
    named = (conflict.found or {}).get("request_id") or store.exercised_by(request.account_id, request.guard)
    return AlreadyOpen(open_rights_request_id=str(named or ""))


def closing_move(
    request: RightsRequest, status: Status, event: str, said: Mapping[str, object] | None = None
) -> Move:
    """The move by which a person closes a request, with the effect that this has by the rule of its right."""
    effect = rule_of(request.right).closing(request, status)
    after = closed_early(request.model_copy(update={"notes": effect.notes}), status)
    return Move(after, event, said or {}, also=effect.also)


def closed_early(request: RightsRequest, status: Status) -> RightsRequest:
    """Return the request closed before the end of its procedure, with the steps that this takes left to do.

    They wait until a worker that has the lease gives it back, or it expires.
    """
    now = clock.now()
    states.check(request.status, status)
    steps = procedures.ended_early(request, status)
    is_done = all(step.status is StepStatus.DONE for step in steps)
    return without_proposal(request).model_copy(
        update={
            "status": status,
            "decided_at": now,
            "closed_at": now,
            "steps": steps,
            "tries": 0,
            "unreachable_since": None,
            "waits_for": None,
            "run_at": None if is_done else now,
        }
    )
