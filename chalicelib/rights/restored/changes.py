"""The changes of a request after a restore, each one transaction with its evidence.

The evidence names the instant of the backup, and the engine as the actor: no person made the change.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.chain import NewEntry
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.transactions import Write
from chalicelib.retention.holds import service as holds
from chalicelib.rights.engine.moves import undecided, with_next_step_due
from chalicelib.rights.erasure import right as erasure_right
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.inputs import KEPT_AHEAD
from chalicelib.rights.erasure.tombstones import Mark, Tombstone
from chalicelib.rights.intake import record
from chalicelib.rights.request import evidence, procedures, store
from chalicelib.rights.request.model import RightsRequest, StepState
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import ReceivedBy, Right, Status, StepStatus
from chalicelib.rights.restored.history import ClosingEvidence, RequestHistory


def close(request: RightsRequest, closing: ClosingEvidence, at: datetime) -> None:
    """Close a request as the Ledger says that it was closed after the backup.

    Raises:
        MovedMeanwhile, HeadMoved: another writer changed the request or its history.
    """
    # The statuses in between are lost; each of them led over this one.
    in_work = request.model_copy(update={"status": Status.IN_PROGRESS})
    said = {"refusal": closing.reason, "voided_at": closing.voided_at}
    after = record.closed_early(in_work, closing.status).model_copy(update=said)
    _move(request, after, "closed_after_restore", at)


def complete(request: RightsRequest, mark: Mark, at: datetime) -> None:
    """Close an erasure whose mark is final; its certificate is lost with the table.

    The last step is left to run: it states what a hold keeps, and waits for its end.

    Raises:
        MovedMeanwhile, HeadMoved: as for `close`.
    """
    done = max(mark.erased_at or clock.now(), request.received_at)
    steps = tuple(
        step if step.name == erasure_right.AWAIT_LAPSE else _done(step, done) for step in request.steps
    )
    after = request.model_copy(
        update={
            "status": Status.COMPLETED,
            "decided_at": done,
            "closed_at": done,
            "notes": _captured(request, mark.tombstone),
            "steps": steps,
            **_AT_REST,
        }
    )
    after = with_next_step_due(after, clock.now())
    _move(request, after, "completed_after_restore", at)


def go_on(request: RightsRequest, tombstone: Tombstone, at: datetime) -> None:
    """Let an erasure go on after its point of no return, which it passed after the backup.

    Raises:
        OthersAreOpen: another request of the subject is open.
        HoldsChanged: a hold of the subject was changed meanwhile.
        MovedMeanwhile, HeadMoved: as for `close`.
    """
    now = clock.now()
    passed = [step.name for step in request.steps].index(erasure_right.CAPTURE) + 1
    steps = (
        *(_done(step, tombstone.captured_at) for step in request.steps[:passed]),
        *request.steps[passed:],
    )
    after = request.model_copy(
        update={
            "status": Status.IN_PROGRESS,
            "notes": _captured(request, tombstone),
            "steps": steps,
            "pinned_until": now + KEPT_AHEAD,
            **_AT_REST,
            "run_at": now,
        }
    )
    guards = erasures.guard_writes(request.account_id, request.request_id)
    closed = holds.closing(holds.of_subject(request.account_id), request.request_id)
    _move(request, after, "continued_after_restore", at, *guards, closed)


def begin_again(request: RightsRequest, at: datetime) -> None:
    """Return an erasure to its first step: a new confirmation, and a new time to cancel.

    Two operators decide again whether the owner of an account gets another number.

    Raises:
        MovedMeanwhile, HeadMoved: as for `close`.
    """
    notes, names = request.notes, tuple(step.name for step in request.steps)
    if isinstance(notes, ErasureNotes):
        fresh = {"notes": _fresh(at, notes), "steps": procedures.waiting_steps(names)}
        at_rest = {"tries": 0, "unreachable_since": None, "leased_until": None}
        after = with_next_step_due(request.model_copy(update=fresh | at_rest), clock.now())
    else:
        after = undecided(request, replace(notes, release=None, restored_from=at)).model_copy(update=_AT_REST)
    _move(request, after, "begun_again_after_restore", at)


def rebuild(
    request_id: RightsRequestId, account_id: AccountId, user_id: UserId, known: RequestHistory, at: datetime
) -> RightsRequest:
    """Store an erasure again that was received after the backup, at its first step.

    Its language is English, since the evidence does not name another one. A reader's browser does, and the
    messages use the account's locale.

    Raises:
        ExercisedAlready: another erasure of the account is open.
        RequestExists, HeadMoved: another run stored it.
    """
    now, received = clock.now(), known.received
    request = RightsRequest(
        request_id=request_id,
        account_id=account_id,
        user_id=user_id,
        right=Right.ERASURE,
        received_by=received.received_by if received else ReceivedBy.APP,
        received_at=received.received_at if received else now,
        status=Status.IN_PROGRESS,
        steps=procedures.waiting_steps(procedures.steps_of(Right.ERASURE)),
        run_at=now,
        notes=_fresh(at, ErasureNotes()),
    )
    store.create(request, _entry("rebuilt_after_restore", at))
    return request


# No worker has the request, and no decision about it waits.
_AT_REST = {
    "tries": 0,
    "unreachable_since": None,
    "waits_for": None,
    "run_at": None,
    "leased_until": None,
    "proposal": None,
    "decision_text": None,
}


def _fresh(at: datetime, before: ErasureNotes) -> ErasureNotes:
    return ErasureNotes(
        waives_grace=before.waives_grace,
        mails=before.mails,
        identity_asked_at=before.identity_asked_at,
        identity_reminded=before.identity_reminded,
        identity_checked_by=before.identity_checked_by,
        entered_by=before.entered_by,
        restored_from=at,
    )


def _captured(request: RightsRequest, tombstone: Tombstone) -> ErasureNotes:
    notes = request.notes if isinstance(request.notes, ErasureNotes) else ErasureNotes()
    return replace(
        notes,
        frozen_at=notes.frozen_at or tombstone.captured_at,
        captured_at=tombstone.captured_at,
        held=tombstone.held_id,
        tombstone=tombstone.tombstone_id,
    )


def _done(step: StepState, at: datetime) -> StepState:
    is_done = step.status is StepStatus.DONE
    return step if is_done else StepState(name=step.name, status=StepStatus.DONE, at=at)


def _move(before: RightsRequest, after: RightsRequest, event: str, at: datetime, *also: Write) -> None:
    store.move(before, after, _entry(event, at, after.kept_since), also)


def _entry(event: str, at: datetime, kept_since: datetime | None = None) -> NewEntry:
    return evidence.entry(event, {"by": "engine", "backup": clock.to_text(at)}, kept_since)
