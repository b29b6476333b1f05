"""Makes a restored table agree with the restrictions and objections of Rights and the Ledger (ADR 32, 48).

A restriction or objection that was received after the backup is placed again, and one that ended after it is
ended again. The request says which: it holds what it restricts, since when, and whether it ended. No entry is
written to its history, which has the event already. Objections to direct marketing come from the requests
that the Ledger names.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial

from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.sealing import SealingError
from chalicelib.core.transactions import Perform, commit
from chalicelib.rights.request import restraints, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import Right, Status
from chalicelib.rights.restored.history import ids_touched_since


class RestraintOutcome(StrEnum):
    """What was done with a restriction or objection after a restore."""

    AGREES = "agrees"
    PLACED = "placed again"
    ENDED = "ended again"
    UNREADABLE = "cannot be read"


def apply_again(since: datetime, perform: Perform) -> Iterator[tuple[RightsRequestId, RestraintOutcome]]:
    """Apply what happened since an instant to the restored decisions; yields what was done with each request.

    Raises:
        Unavailable: a table does not answer.
        Conflict: another writer changed the decisions or the account.
    """
    for ids in ids_touched_since(since):
        found, unreadable = store.read_several(ids)
        yield from ((request_id, RestraintOutcome.UNREADABLE) for request_id in unreadable)
        for request in found:
            if request.right in {Right.RESTRICTION, Right.OBJECTION}:
                yield request.request_id, _apply(request, perform)


def _apply(request: RightsRequest, perform: Perform) -> RestraintOutcome:
    try:
        found = restraints.read(request.account_id)
    except SealingError:
        return RestraintOutcome.UNREADABLE
    if found is None:
        return RestraintOutcome.AGREES
    wanted = restraints.restraint_of(request) if _is_in_force(request) else None
    if found.known.restraints.get(request.request_id) == wanted:
        return RestraintOutcome.AGREES
    if wanted:
        perform(partial(commit, *restraints.placing(found, request.request_id, wanted)))
        return RestraintOutcome.PLACED
    perform(partial(commit, *restraints.ending(request.account_id, request.request_id)))
    return RestraintOutcome.ENDED


def _is_in_force(request: RightsRequest) -> bool:
    notes = request.notes
    return isinstance(notes, RestraintNotes) and notes.is_in_force and request.status is not Status.CANCELLED


def marketing_objections_since(since: datetime) -> dict[AccountId, datetime]:
    """The accounts that objected since an instant, with the instant of the newest objection.

    Raises:
        Unavailable: a table does not answer.
    """
    found: dict[AccountId, datetime] = {}
    requests = (request for ids in ids_touched_since(since) for request in store.read_several(ids)[0])
    for request in requests:
        if request.right is Right.MARKETING_OBJECTION and request.decided_at:
            known = found.get(request.account_id, request.decided_at)
            found[request.account_id] = max(known, request.decided_at)
    return found


def objected_to_marketing(account_id: AccountId) -> bool:
    """Return whether an account has a request that objects to direct marketing."""
    return any(request.right is Right.MARKETING_OBJECTION for request in store.all_of(account_id))
