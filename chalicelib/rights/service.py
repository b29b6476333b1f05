"""Rules for subjects: submit, read and cancel a request, fetch its copy, end its restriction (RGT-1, RGT-10).

Invariants:

- One request at a time exercises a right. A second one is refused with the id of the first, unless the first
  came without a session and waits for a proof that the second one has.
- Intake is one transaction: the request, its effect, the guard of its right, and the first evidence. A
  request that is answered at once has no guard.
- A repeated call with the same Idempotency-Key returns the same request and the same receipt.
- A closed request does not change its answer.
- Subjects end their own restriction or objection at any time, in one transaction (Art. 18 and 21 GDPR). The
  steps then resume the user at Stream, if nothing else stops that.
- A restriction that was not requested from a session may protect the subject from a thief, who has one. So
  the app ends it with a step-up only, by a code to the subject's number (ADR 49). If the number was changed
  just before, the code may go to the thief. Then operators end it (ADR 43).

Failures: if the response is lost, the repeated call finds the first request; if the message to the worker
is lost, the sweep sends another within minutes.
"""

from dataclasses import replace

from chalicelib.accounts.model import Account
from chalicelib.core import clock, idempotency
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.errors import NotFound, existing
from chalicelib.core.http import Cursor, PageSize
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.push import asks
from chalicelib.push.model import PushKind
from chalicelib.rights.copy import right as copy_right
from chalicelib.rights.engine.moves import Move, apply_move, undecided, with_next_step_due
from chalicelib.rights.intake import record
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.record import Received, TakenRequest, take
from chalicelib.rights.intake.submission import IntakeRule, Subject, rule_of
from chalicelib.rights.request import evidence, number_change, procedures, receipts, restraints, states, store
from chalicelib.rights.request.files import Link, link_to, preserved_key_of
from chalicelib.rights.request.model import ExportFile, RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.states import AlreadyOpen, ExportDeleted, NotNow, NotReady
from chalicelib.rights.request.terms import ReceivedBy, Right, Status


def submit(subject: Subject, body: RequestedChange, key: IdempotencyKey | None) -> TakenRequest:
    """Submit a subject's request, give it its effect, and have the worker start on it.

    Args:
        subject: The subject's records, as the call read them.
        body: The request.
        key: The client's Idempotency-Key.

    Raises:
        InvalidRequest: a field that the right does not allow, or a value that does not fit.
        AlreadyOpen: as for `take_instead`.
        IdempotencyMismatch: the key was used with another body.
        Unavailable: the subject's records changed in every try; nothing was written.
    """
    rule, account_id = rule_of(body.right), subject.account.account_id
    received = Received(
        request_id=key.id_for(RightsRequestId, account_id) if key else RightsRequestId.new(),
        at=clock.now(),
        fingerprint=idempotency.fingerprint(body) if key else None,
    )
    taken = take_instead(subject, body, received, rule)
    push_erasure(account_id, taken)
    return taken


def push_erasure(account_id: AccountId, taken: TakenRequest) -> None:
    """Push to the phones of an account that its erasure was requested, before the freeze signs them out."""
    if taken.request.right is Right.ERASURE:
        asks.ask(account_id, PushKind.SECURITY, taken.request.request_id)


def take_instead(
    subject: Subject, body: RequestedChange, received: Received, rule: IntakeRule
) -> TakenRequest:
    """Record a request of a proven subject, instead of an open one that waits for a proof.

    A stranger who has only the number of an account could otherwise keep its owner from a right for weeks. In
    the days after a change of the number, and while a freeze protects from the new one, the proofs of the
    second request may be those of a thief.

    Raises:
        AlreadyOpen: another open request exercises the right, and was proven or needs no proof.
        IdempotencyMismatch, InvalidRequest, Unavailable: as for `submit`.
    """
    try:
        return take(subject, body, received, rule)
    except AlreadyOpen as found:
        open_id = RightsRequestId.parse(str(found.members["open_rights_request_id"]))
        proven = rule.wants_step_up and not number_change.number_proves_nothing(subject.account)
        if not (proven and open_id and _supersede(open_id)):
            raise
    return take(subject, body, received, rule)


def _supersede(request_id: RightsRequestId) -> bool:
    """Cancel a request that waits for the proof that it is the subject's; return whether it gave way."""
    try:
        return not apply_move(request_id, None, _superseding).request.is_open
    except NotFound:
        return True


def _superseding(request: RightsRequest) -> Move | None:
    if not procedures.is_unproven(request):
        return None
    return record.closing_move(request, Status.CANCELLED, "superseded")


def own(account_id: AccountId, request_id: RightsRequestId) -> RightsRequest:
    """Read a subject's own request.

    Raises:
        NotFound: no such request, or it belongs to another subject.
    """
    found = store.read(request_id)
    if found is None or found.account_id != account_id:
        raise NotFound
    return found


def listed(
    account_id: AccountId, cursor: Cursor | None, size: PageSize
) -> tuple[list[RightsRequest], str | None]:
    """Read a page of a subject's requests, and the cursor of the next page.

    Raises:
        InvalidRequest: the cursor is malformed, or belongs to another subject.
    """
    page = store.of_account(account_id, store.place_after(account_id, cursor), size)
    return page.found, page.last


def by_receipt(request_id: RightsRequestId, receipt: str) -> RightsRequest:
    """Read the request that a receipt belongs to, even after its account was erased.

    Raises:
        NotFound: no such request, or the receipt belongs to another one.
    """
    if not receipts.belongs_to(request_id, receipt):
        raise NotFound
    return existing(store.read(request_id))


def cancel(account_id: AccountId, request_id: RightsRequestId, by: str = evidence.SUBJECT) -> RightsRequest:
    """Cancel a request. Repeating the call changes nothing. `by`: the actor, in the words of the evidence.

    If operators let the owner have another number, the session may be that of a thief: two operators decide
    again (ADR 68).

    Raises:
        NotFound: as for `own`.
        TooLate: as for `states.check_cancellable`.
        Unavailable: another write came first in every try.
    """

    def cancellation(request: RightsRequest) -> Move | None:
        if request.account_id != account_id:
            raise NotFound
        return _contest(request, by) if request.gives_number else _cancellation(request, by)

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
    return record.closing_move(request, Status.CANCELLED, "cancelled", {"by": by})


def _contest(request: RightsRequest, by: str) -> Move | None:
    """The move by which a session says no. One before the first decision leaves it the one after that."""
    states.check_cancellable(request)
    notes = request.notes
    release = replace(notes.release, was_contested=True) if notes.release else None
    if notes.contested_at and release == notes.release:
        return None
    contested = replace(notes, contested_at=clock.now(), release=release)
    return Move(undecided(request, contested), "contested", {"by": by})


def _preserved_file(request: RightsRequest) -> ExportFile | None:
    """The messages that a restriction keeps; None if it keeps none, or has ended."""
    notes = request.notes
    if not isinstance(notes, RestraintNotes) or not notes.is_in_force or notes.copy is None:
        return None
    key, kept = preserved_key_of(request.request_id), notes.copy
    return ExportFile(
        request_id=request.request_id, key=key, sha256=kept.sha256, size=kept.size, made_at=kept.made_at
    )


def export_link(account: Account, request_id: RightsRequestId) -> Link:
    """Return a link to the copy of a request, or to the messages that a restriction keeps.

    Raises:
        NotFound: as for `own`, or the right gives no copy.
        NotReady: the copy is not made yet, or it is, and the account's number has just changed, or a freeze
            protects the account from its new number (ADR 43).
        ExportDeleted: the copy was deleted, or the request was closed before it was delivered.
    """
    request = own(account.account_id, request_id)
    if number_change.number_proves_nothing(account):
        raise NotReady(HOUR)  # of days, or of a decision by operators
    return _link_to_copy(request)


def export_link_by_receipt(request_id: RightsRequestId, receipt: str) -> Link:
    """Return a link to the copy of a request without a session, for the holder of its receipt.

    A request from a session gives its copy to sessions only: its receipt is sent by mail, and proves less.

    Raises:
        NotFound: as for `by_receipt`, or the request came from a session.
        NotReady, ExportDeleted: as for `export_link`.
    """
    request = by_receipt(request_id, receipt)
    if not procedures.is_recovery(request):
        raise NotFound
    return _link_to_copy(request)


def _link_to_copy(request: RightsRequest) -> Link:
    if preserved := _preserved_file(request):
        return link_to(preserved)
    if copy_right.DELIVER not in {step.name for step in request.steps}:
        raise NotFound if request.is_open else ExportDeleted
    if request.is_open:
        raise NotReady(HOUR if procedures.is_recovery(request) else MINUTE)
    file = existing(store.export_file(request.request_id), ExportDeleted)
    store.note_link(file)
    return link_to(file)


def wants_step_up_to_end(request: RightsRequest) -> bool:
    """Whether a session alone must not end the restriction of a request."""
    notes = request.notes
    if request.right is not Right.RESTRICTION or not isinstance(notes, RestraintNotes):
        return False
    return request.received_by is not ReceivedBy.APP and notes.is_in_force


def check_number_to_end(account: Account, request: RightsRequest) -> None:
    """Refuse to end in the app what followed a change of the number, for a request that wants a step-up.

    Raises:
        NotNow: the restriction began within the days after a change in which nothing irreversible is done.
    """
    notes = request.notes
    if isinstance(notes, RestraintNotes) and notes.since and number_change.followed_by(account, notes.since):
        raise NotNow("The number was changed shortly before. Write to the contact of the controller")


def lift(account_id: AccountId, request_id: RightsRequestId) -> RightsRequest:
    """End the restriction or objection of a request; repeating the call changes nothing.

    A request that is not answered yet is cancelled, which ends it too.

    Raises:
        NotFound: no such request, or it belongs to another subject.
        NotNow: the request restricts nothing.
        Unavailable: another write came first in every try.
    """
    request = own(account_id, request_id)
    if not isinstance(request.notes, RestraintNotes) or request.notes.since is None:
        raise NotNow
    return apply_move(request_id, None, _lifting).request


def _lifting(request: RightsRequest) -> Move | None:
    """The move that ends it; it may be answered at any time before."""
    if request.is_open:
        return _cancellation(request)
    notes, now = request.notes, clock.now()
    if not isinstance(notes, RestraintNotes) or not notes.is_in_force:
        return None
    ended = replace(notes, ended_at=now, lifting=None)
    after = request.model_copy(update={"notes": ended, "tries": 0, "unreachable_since": None})
    return Move(
        with_next_step_due(after, now),
        "lifted",
        {},
        (Metric.RESTRAINT_ENDED,),
        restraints.ending(request.account_id, request.request_id),
    )
