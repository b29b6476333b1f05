"""Inspections: each look of staff at requests is recorded before they are shown (ADR 27).

Invariants:

- A request is shown to a member of staff only if its history names them today. It records at most one
  inspection per person and day, and none if another entry of today names the person already.
- A page of the list is shown only if the person's own history (`staff#<pseudonym>`) names its requests.
- If the history of a request was altered and can take no entry, the inspection is recorded in the person's
  own history instead: operators need to see exactly such a request.
"""

from collections.abc import Sequence
from itertools import takewhile

from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Chain, ChainEntry, Unreadable
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.rights import evidence, store
from chalicelib.rights.model import RightsRequest

INSPECTED, LISTED = "inspected", "listed"


def history_of(staff_id: StaffId) -> Chain:
    """The history of a member of staff: inspections that no request's history records."""
    return Chain("staff", staff_id)


def record(request: RightsRequest, by: StaffId) -> None:
    """Record that a member of staff inspects a request; kept as long as the request.

    Raises:
        Unavailable: the inspection cannot be recorded now, so the request must not be shown.
    """
    history = store.evidence_of(request.request_id)
    try:
        if not _names(history, by):
            chain.append(history, evidence.entry(INSPECTED, {"by": by}, request.closed_at))
    except Unreadable:
        _record_in_staff_history(INSPECTED, by, [request.request_id])


def record_page(request_ids: Sequence[RightsRequestId], by: StaffId) -> None:
    """Record which requests a member of staff sees on a page of the list.

    Raises:
        Unavailable: as for `record`.
    """
    if request_ids:
        _record_in_staff_history(LISTED, by, request_ids)


def _names(history: Chain, by: StaffId) -> bool:
    """Whether an entry of today names a member of staff."""
    today = takewhile(_is_of_today, chain.newest_first(history))
    return any(entry.data.get("by") == by for entry in today)


def _record_in_staff_history(event: str, by: StaffId, request_ids: Sequence[RightsRequestId]) -> None:
    """Record requests in a person's own history, unless its newest entry of today is identical."""
    own, said = history_of(by), {"by": by, "requests": list(request_ids)}
    try:
        newest = chain.head(own)
        if not (newest and _is_of_today(newest) and (newest.event, newest.data) == (event, said)):
            chain.append(own, evidence.entry(event, said))
    except Unreadable as altered:
        observe.log_failure("inspection_not_recorded", altered)
        raise Unavailable from None


def _is_of_today(entry: ChainEntry) -> bool:
    return clock.day_of(entry.at) == clock.day_of(clock.now())
