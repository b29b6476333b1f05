"""The requests of a restored table: guards, closings after the backup, lost requests, and those of marks.

A final mark proves the whole erasure, so its request is closed as completed. A pending one proves the
capture only: Stream may not have deleted the user yet. So its procedure goes on after the point of no return,
and ends in a certificate. If the restored table lacks the request, it is stored again from the mark and the
Ledger.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from chalicelib.core.batches import batched
from chalicelib.core.chain import Unreadable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
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
from chalicelib.rights.restored import store as restored
from chalicelib.rights.restored.history import (
    ClosingEvidence,
    RequestHistory,
    ids_touched_since,
    read_history,
)


class RequestOutcome(StrEnum):
    """What was done with a request after a restore."""

    UNCHANGED = "unchanged"
    CLOSED = "closed as the Ledger says"
    COMPLETED = "completed: the mark is final"
    CONTINUED = "continued after the point of no return"
    REBUILT = "stored again"
    BEGUN_AGAIN = "begun again: confirmed, or decided, once more"
    DOUBTFUL = "in doubt"


@dataclass(frozen=True)
class LostRequest:
    """A request that the Ledger knows and the table does not."""

    request_id: RightsRequestId
    history: RequestHistory

    @property
    def is_ended(self) -> bool:
        """Whether it was answered or closed."""
        return self.history.is_answered or self.history.closing is not None


def remove_orphans(segment: Segment, perform: Perform) -> int:
    """Delete guards of a segment whose request is closed or not stored; returns how many.

    The items of a backup are of slightly different instants.
    """
    removed = 0
    for page in restored.guards_in(segment):
        for guards in batched(page, store.MAX_READ):
            found, unreadable = store.read_several(list({guard.request_id for guard in guards}))
            needed = {request.request_id for request in found if _needs_guards(request)} | set(unreadable)
            for guard in guards:
                if guard.request_id not in needed:
                    perform(partial(restored.delete_guard, guard))
                    removed += 1
    return removed


def _needs_guards(request: RightsRequest) -> bool:
    """An erasure past its point of no return has guards until its last step, which deletes them."""
    return request.is_open or (request.notes.is_irrevocable and request.next_step is not None)


def open_in_table() -> Iterator[RightsRequestId]:
    """The ids of the open requests of all shards."""
    for shard in store.SHARDS:
        for request_id, _ in store.open_requests(shard):
            yield request_id


def restore_open(request: RightsRequest, at: datetime, perform: Perform) -> RequestOutcome:
    """Bring an open request of a restored table to the state that it must have.

    A request that a person closed after the backup is closed. An erasure before its point of no return begins
    again, once for each restore: it may have been cancelled, and the evidence of that be owed or altered. A
    number is decided again: a session may have said no, or the account may have got it. Any other request
    goes on where it was; if it was answered after the backup, it is answered again.

    Raises:
        Unavailable: a table does not answer.
        MovedMeanwhile, HeadMoved: another writer changed the request or its history.
    """
    if not request.is_open:
        return RequestOutcome.UNCHANGED
    if not _ensure_guard(request, perform):
        return RequestOutcome.DOUBTFUL
    if closing := read_history(request.request_id).closing:
        perform(partial(changes.close, request, closing, at))
        return RequestOutcome.CLOSED
    notes = request.notes
    erases = request.right is Right.ERASURE and not (request.without_account or notes.is_irrevocable)
    if notes.restored_from == at or not (erases or request.gives_number):
        return RequestOutcome.UNCHANGED
    perform(partial(changes.begin_again, request, at))
    return RequestOutcome.BEGUN_AGAIN


def _ensure_guard(request: RightsRequest, perform: Perform) -> bool:
    """Make the guard of a request's right name it; returns whether it may, as no other open one is named."""
    named = store.exercised_by(request.account_id, request.guard)
    if named == request.request_id:
        return True
    other = store.read(named) if named else None
    if other and other.is_open:
        return False
    perform(partial(restored.put_guard, request, named))
    return True


def lost_since(since: datetime) -> Iterator[LostRequest]:
    """The requests with entries in the Ledger since an instant that the table lacks."""
    for ids in ids_touched_since(since):
        for request_id in restored.missing(ids):
            yield LostRequest(request_id, read_history(request_id))


def read(request_ids: Sequence[RightsRequestId]) -> tuple[list[RightsRequest], list[RightsRequestId]]:
    """Read at most 100 requests; returns them, and the ids of those that cannot be opened."""
    return store.read_several(request_ids)


def read_open(request_ids: Sequence[RightsRequestId]) -> tuple[list[RightsRequest], list[RightsRequestId]]:
    """Read at most 100 requests; returns the open ones, and the ids of those that cannot be opened."""
    found, unreadable = store.read_several(request_ids)
    return [request for request in found if request.is_open], unreadable


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
