"""Evidence of requests in the Ledger (RGT-10).

It holds fixed words and numbers, under the request's random id. `by` names the actor: the subject, the
engine, or a member of staff by pseudonym.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import MAX_PAYLOAD_BYTES, Chain, NewEntry, Unreadable
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write
from chalicelib.privacy.periods import Period
from chalicelib.rights.request.model import OwedEntry, RightsRequest
from chalicelib.rights.request.notes import RestraintNotes

# The entry that appends owed ones has them in its payload, beside what it says itself.
_MAX_OWED_BYTES = MAX_PAYLOAD_BYTES - 4096
_FOLDED = "owed_folded"

CHAIN = "rights"  # the kind of the chains
SUBJECT = "subject"
RETENTION = "retention"  # the job that closes idle accounts
STAFF = "staff"  # shown to the subject in place of a pseudonym


def entry(event: str, said: Mapping[str, object], kept_since: datetime | None = None) -> NewEntry:
    """An entry for a request's history, kept as long as the request is by now.

    For an open request the period counts from now, since it may close now. A request whose restriction lasts
    is kept longer than its earlier entries.
    """
    return NewEntry(event, said, delete_at=Period.RIGHTS_EVIDENCE.ends(kept_since or clock.now()))


def with_period(request: RightsRequest) -> RightsRequest:
    """The request with the instant from which it is kept for its period.

    Each write moves it while a restriction or objection lasts: without its request, none can be ended.
    """
    notes, since = request.notes, request.closed_at
    if since and isinstance(notes, RestraintNotes) and notes.since:
        since = max(since, notes.ended_at or clock.now())
    return request.model_copy(update={"kept_since": since})


def history_of(request_id: RightsRequestId) -> Chain:
    """The history of a request in the Ledger; the request's id is random, and names no person."""
    return Chain(CHAIN, request_id)


def append_or_owe(after: RightsRequest, entry: NewEntry) -> tuple[Write | None, RightsRequest]:
    """Return the write of an entry and the owed ones; or None, and this one is owed too."""
    whole = _with_owed(entry, _bounded(after.owed))
    try:
        append = chain.append_write(history_of(after.request_id), whole)
    except Unreadable:
        metrics.count(Metric.RIGHTS_EVIDENCE_OWED)
        owed = _bounded((*after.owed, OwedEntry(event=entry.event, at=clock.now(), said=entry.payload)))
        return None, after.model_copy(update={"owed": owed, "owed_at": clock.now() + DAY})
    return append, after.model_copy(update={"owed": (), "owed_at": None})


def _with_owed(new: NewEntry, owed: Sequence[OwedEntry]) -> NewEntry:
    """Return the entry together with the owed evidence."""
    if not owed:
        return new
    earlier = [entry.model_dump(mode="json") for entry in owed]
    return NewEntry(new.event, {**new.payload, "owed": earlier}, delete_at=new.delete_at)


def _bounded(owed: tuple[OwedEntry, ...]) -> tuple[OwedEntry, ...]:
    """Return owed entries that fit into a payload: the oldest become one that counts them by event."""
    while sum(len(one.model_dump_json().encode()) for one in owed) > _MAX_OWED_BYTES:
        events = Counter[str]()
        for one in owed[:2]:
            events.update(one.said["events"] if one.event == _FOLDED else [one.event])
        owed = (OwedEntry(event=_FOLDED, at=owed[0].at, said={"events": dict(events)}), *owed[2:])
    return owed


def without_staff(said: Any) -> Any:  # noqa: ANN401 - a value of JSON
    """The data of an entry with `STAFF` in place of each pseudonym."""
    match said:
        case str():
            return STAFF if StaffId.parse(said) else said
        case dict():
            return {name: without_staff(value) for name, value in said.items()}
        case list():
            return [without_staff(value) for value in said]
        case _:
            return said
