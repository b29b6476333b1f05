"""The requests of a restored table: guards, closings after the backup, and requests that it lacks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from chalicelib.core import chain
from chalicelib.core.batches import batched
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.restored import changes
from chalicelib.rights.restored import store as restored
from chalicelib.rights.restored.history import RequestHistory, read_history


class RequestOutcome(StrEnum):
    """What was done with a request after a restore."""

    UNCHANGED = "unchanged"
    CLOSED = "closed as the Ledger says"
    COMPLETED = "completed: the mark is final"
    CONTINUED = "continued after the point of no return"
    REBUILT = "stored again"
    BEGUN_AGAIN = "begun again with a new confirmation"
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
    again, once for each restore: it may have been cancelled, and the evidence of that be owed or altered. Any
    other request goes on where it was; if it was answered after the backup, it is answered again.

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
    if request.without_account:  # it erases nothing
        return RequestOutcome.UNCHANGED
    if not isinstance(notes, ErasureNotes) or notes.is_irrevocable or notes.restored_from == at:
        return RequestOutcome.UNCHANGED
    perform(partial(changes.begin_again, request, notes, at))
    return RequestOutcome.BEGUN_AGAIN


def _ensure_guard(request: RightsRequest, perform: Perform) -> bool:
    """Make the guard of a request's right name it; returns whether it may, as no other open one is named."""
    named = store.exercised_by(request.account_id, request.right)
    if named == request.request_id:
        return True
    other = store.read(named) if named else None
    if other and other.is_open:
        return False
    perform(partial(restored.put_guard, request, named))
    return True


def lost_since(since: datetime) -> Iterator[LostRequest]:
    """The requests with entries in the Ledger since an instant that the table lacks."""
    touched = chain.chains_touched_since(since, evidence.CHAIN)
    for names in batched(touched, store.MAX_READ):
        ids = filter(None, (RightsRequestId.parse(one.pseudonym) for one in names))
        for request_id in restored.missing(list(ids)):
            yield LostRequest(request_id, read_history(request_id))


def read(request_ids: Sequence[RightsRequestId]) -> tuple[list[RightsRequest], list[RightsRequestId]]:
    """Read at most 100 requests; returns them, and the ids of those that cannot be opened."""
    return store.read_several(request_ids)


def read_open(request_ids: Sequence[RightsRequestId]) -> tuple[list[RightsRequest], list[RightsRequestId]]:
    """Read at most 100 requests; returns the open ones, and the ids of those that cannot be opened."""
    found, unreadable = store.read_several(request_ids)
    return [request for request in found if request.is_open], unreadable
