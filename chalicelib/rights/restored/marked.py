"""The requests of erasures that are past their point of no return.

A final mark proves the whole erasure, so its request is closed as completed. A pending one proves the
capture only: Stream may not have deleted the user yet. So its procedure goes on after the point of no return,
and ends in a certificate. If the restored table lacks the request, it is stored again from the mark and the
Ledger.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from chalicelib.core.chain import Unreadable
from chalicelib.core.sealing import SealingError
from chalicelib.core.transactions import Perform
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure import tombstones
from chalicelib.rights.erasure.inputs import InputsGone, ensure_inputs
from chalicelib.rights.erasure.tombstones import Mark, Tombstone
from chalicelib.rights.request import store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.store import ExercisedAlready
from chalicelib.rights.request.terms import Right, Status
from chalicelib.rights.restored import changes
from chalicelib.rights.restored.history import ClosingEvidence, read_history
from chalicelib.rights.restored.requests import RequestOutcome


def keep_inputs(tombstone: Tombstone) -> None:
    """Keep what the later steps of an unfinished erasure need, before its account is deleted.

    If it cannot be kept, the step that needs it stops for an operator.

    Raises:
        Unavailable: a table does not answer.
    """
    with suppress(InputsGone, SealingError):
        request = store.read(tombstone.request_id)
        if request and request.is_open:
            ensure_inputs(request)


def write_mark(tombstone: Tombstone, perform: Perform) -> None:
    """Write the pending mark of a capture that only the Ledger has, as its procedure would.

    The object states the instant that the request has, since the step that is repeated writes the same bytes.

    Raises:
        ObjectDiffers: the bucket has another mark under this id.
        Unavailable: S3 or a table does not answer.
    """
    request = store.read(tombstone.request_id)
    if request and isinstance(request.notes, ErasureNotes):
        captured_at = request.notes.captured_at if request.notes.tombstone == tombstone.tombstone_id else None
        tombstone = replace(tombstone, captured_at=captured_at or tombstone.captured_at)
    perform(partial(tombstones.keep, tombstone))


def restore_marked(mark: Mark, at: datetime, perform: Perform) -> RequestOutcome:
    """Bring the request of a marked erasure to the state that the mark proves.

    Raises:
        SealingError: a request of the subject was altered.
        Unavailable: a table does not answer.
        MovedMeanwhile, HeadMoved: another writer changed the request or its history.
    """
    tombstone = mark.tombstone
    request = store.read(tombstone.request_id)
    if request is None:
        return RequestOutcome.UNCHANGED if mark.erased_at else _restore_lost(tombstone, at, perform)
    if not is_that_of(request, tombstone):
        return RequestOutcome.DOUBTFUL
    if not request.is_open:
        perform(partial(_delete_guards, mark))
        return RequestOutcome.UNCHANGED
    if mark.erased_at:
        perform(partial(_complete, request, mark, at))
        return RequestOutcome.COMPLETED
    if request.notes.is_irrevocable:
        return RequestOutcome.UNCHANGED
    perform(partial(_go_on, request, tombstone, at))
    return RequestOutcome.CONTINUED


def is_that_of(request: RightsRequest, tombstone: Tombstone) -> bool:
    """Return whether a request can be the erasure of a tombstone: one that was not cancelled or refused."""
    same = (request.account_id, request.user_id) == (tombstone.account_id, tombstone.user_id)
    return (
        same and request.right is Right.ERASURE and request.status not in {Status.CANCELLED, Status.REFUSED}
    )


def _restore_lost(tombstone: Tombstone, at: datetime, perform: Perform) -> RequestOutcome:
    """Store the request of an unfinished erasure again, which the table lacks."""

    def store_again() -> None:
        known = read_history(tombstone.request_id)
        request = changes.rebuild(tombstone.request_id, tombstone.account_id, tombstone.user_id, known, at)
        _go_on(request, tombstone, at)

    try:
        perform(store_again)
    except (ExercisedAlready, Unreadable):  # its history was altered
        return RequestOutcome.DOUBTFUL
    return RequestOutcome.REBUILT


def _complete(request: RightsRequest, mark: Mark, at: datetime) -> None:
    changes.complete(request, mark, at)
    _delete_guards(mark)


def _delete_guards(mark: Mark) -> None:
    """Delete the guards that an erasure has until its last step, if that was done."""
    if mark.erased_at:
        erasures.delete_guards(mark.tombstone.account_id, mark.tombstone.request_id)


def _go_on(request: RightsRequest, tombstone: Tombstone, at: datetime) -> None:
    """Continue the erasure. No other request is open after a capture, so others that are open here end."""
    others = store.open_requests_of(request.account_id)
    others.pop(Right.ERASURE, None)
    for other in filter(None, (store.read(request_id) for request_id in set(others.values()))):
        if other.is_open and other.request_id != request.request_id:
            changes.close(other, ClosingEvidence(Status.CANCELLED), at)
    changes.go_on(request, tombstone, at)
