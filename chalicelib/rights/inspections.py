"""Inspections: that staff looked at requests is on record before they see anything (ADR 27).

What always holds:

- A request is shown to a member of staff only if its history names them on this day. It names each person
  once a day for looking, however often they look, and not at all if it names them for what they did.
- A page of the list is shown only if the person's own history (`staff#<pseudonym>`) names its requests.
- Where the history of a request was altered and takes no entry, the person's own history names the request:
  such a request has to be seen all the more.
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
    """What a member of staff looked at, beside what the histories of requests say."""
    return Chain("staff", staff_id)


def record(request: RightsRequest, by: StaffId) -> None:
    """Put on record that a member of staff looks at a request. The entry goes with the request.

    Raises:
        Unavailable: it can't be put on record now, so nothing may be shown.
    """
    history = store.evidence_of(request.request_id)
    try:
        if not _names(history, by):
            chain.append(history, evidence.entry(INSPECTED, {"by": by}, request.closed_at))
    except Unreadable:
        _record_apart(INSPECTED, by, [request.request_id])


def record_page(request_ids: Sequence[RightsRequestId], by: StaffId) -> None:
    """Put on record which requests a member of staff sees on a page of the list.

    Raises:
        Unavailable: as above.
    """
    if request_ids:
        _record_apart(LISTED, by, request_ids)


def _names(history: Chain, by: StaffId) -> bool:
    """Whether a history names somebody on this day."""
    today = takewhile(_is_of_today, chain.newest_first(history))
    return any(entry.data.get("by") == by for entry in today)


def _record_apart(event: str, by: StaffId, request_ids: Sequence[RightsRequestId]) -> None:
    """Name requests in a person's own history, unless its newest entry says just that today."""
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
