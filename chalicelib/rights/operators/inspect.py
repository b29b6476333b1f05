"""Inspections by operators. Each is recorded before any data is shown (ADR 27).

Invariants:

- A request is shown to a member of staff only if its history names them today. It records at most one
  inspection per person and day, and none if another entry of today names the person already.
- Its identity papers are shown only after an entry that names them, each time (ADR 101).
- A page of the list is shown only if the person's own history (`staff#<pseudonym>`) names its requests.
- If the history of a request was altered, so that no entry can be appended, the inspection is recorded in the
  person's own history instead: operators need to see exactly such a request.
- A page of any history is shown only if the person's own history names its chain; one of a request counts as
  its inspection too, unless the request was altered. Chains that are named after a subject are not shown
  (ADR 93).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile

from chalicelib.core import chain
from chalicelib.core.chain import Chain, ChainEntry, Unreadable
from chalicelib.core.errors import NotFound, does_not_apply, existing
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.sealing import SealingError
from chalicelib.rights.engine import moves
from chalicelib.rights.engine.moves import Move
from chalicelib.rights.papers import store as papers
from chalicelib.rights.papers.model import IdentityPaper
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right
from chalicelib.staff import history
from chalicelib.staff import service as staff
from chalicelib.staff.cases import InspectedCase, entries_before, newest_entries

INSPECTED, LISTED = "inspected", "listed"
SHOWN_CHAINS = (
    "backups", "breach", "chat_settings", "complaint", "disclosure", "hold", "invoice", "notice", "purge",
    "reconciliation", "report", "rights", "staff", "stream_case", "support_message",
    "table_removal",
)  # fmt: skip
_REQUESTS = "requests"  # what an entry in the history of a member of staff lists


def inspect(request_id: RightsRequestId, by: StaffId) -> InspectedCase[RightsRequest]:
    """Record that an operator inspects a request, and return it with its history.

    Raises:
        NotFound: no such request.
        Unavailable: the inspection cannot be recorded now.
    """
    request = read(request_id)
    record_inspection(request, by)
    return InspectedCase(request, newest_entries(evidence.history_of(request_id)))


def open_papers(request_id: RightsRequestId, by: StaffId) -> tuple[IdentityPaper, ...]:
    """Record that an operator opens the identity papers of a request, each time; return them, oldest first.

    Raises:
        NotFound: no such request.
        Unavailable: it cannot be recorded now.
    """
    request, found = read(request_id), papers.papers_of(request_id)
    said = {"by": by, "papers": [one.paper_id for one in found if one.kept_as]}
    try:
        own = evidence.history_of(request_id)
        chain.append(own, evidence.entry("papers_opened", said, request.kept_since))
    except Unreadable:
        history.record_view(by, "papers_opened", _REQUESTS, [request_id])
    return found


def show_history(
    name: str, before: int | None, by: StaffId
) -> tuple[tuple[ChainEntry, ...] | None, int | None]:
    """Record that an operator looks at a history, and return a page of it, newest first.

    Args:
        name: of the chain; that of a member of staff may have the ARN as its id.
        before: the page has the entries before this number.
        by: the operator.

    Returns:
        The page, or None if an entry of it was altered; and `before` for the next page. A later page is
        empty if its entries expired meanwhile: nothing is shown, so nothing is recorded.

    Raises:
        InvalidRequest: the text names no chain that operators see.
        NotFound: there is no entry, or the register has no such person. Nothing is recorded, since the text
            may hold anything.
        Unavailable: the look cannot be recorded now.
    """
    chosen = _chain_named(name)
    entries, earlier = entries_before(chosen, before)
    if entries == ():
        existing(before)  # a cursor: there was an entry
        return entries, None
    history.record_view(by, "viewed", "chains", [chosen.name])
    if chosen.kind == evidence.CHAIN:
        with suppress(NotFound, SealingError):  # no request is left, or it was altered
            record_inspection(read(RightsRequestId(chosen.pseudonym)), by)
    return entries, earlier


def _chain_named(name: str) -> Chain:
    kind, _, named = name.partition("#")
    if kind == "staff" and not StaffId.parse(named):
        return history.history_of(existing(staff.find(named)))
    try:
        if kind in SHOWN_CHAINS:
            return Chain(kind, named)
    except ValueError:
        pass
    kinds = ", ".join(SHOWN_CHAINS)
    raise does_not_apply("chain", f"A name such as hold#h_..., of one of these kinds: {kinds}")


def inspect_erasure(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Record that an operator inspects an erasure, and return it.

    Raises:
        NotFound: no such request, or it is no erasure.
        Unavailable: the inspection cannot be recorded now.
    """
    request = read(request_id)
    if request.right is not Right.ERASURE:
        raise NotFound
    record_inspection(request, by)
    return request


def read(request_id: RightsRequestId) -> RightsRequest:
    """Read a request.

    Raises:
        NotFound: no such request.
    """
    return existing(store.read(request_id))


def apply_move(
    request_id: RightsRequestId, by: StaffId, rule: Callable[[RightsRequest], Move | None]
) -> RightsRequest:
    """Apply an operator's change as `moves.apply_move` does, and record what the operator sees of it.

    A change has its own evidence. A repeated call changes nothing, so its response is an inspection.

    Raises:
        NotFound, Unavailable: as for `moves.apply_move`.
    """
    applied = moves.apply_move(request_id, by, rule)
    if not applied.changed:
        record_inspection(applied.request, by)
    return applied.request


def record_inspection(request: RightsRequest, by: StaffId) -> None:
    """Record that a member of staff inspects a request; kept as long as the request.

    Raises:
        Unavailable: the inspection cannot be recorded now, so the request must not be shown.
    """
    own = evidence.history_of(request.request_id)
    try:
        if not _names_today(own, by):
            chain.append(own, evidence.entry(INSPECTED, {"by": by}, request.kept_since))
    except Unreadable:
        history.record_view(by, INSPECTED, _REQUESTS, [request.request_id])


def record_page(request_ids: Sequence[RightsRequestId], by: StaffId) -> None:
    """Record which requests a member of staff sees on a page of the list.

    Raises:
        Unavailable: as for `record_inspection`.
    """
    history.record_view(by, LISTED, _REQUESTS, request_ids)


def _names_today(own: Chain, by: StaffId) -> bool:
    """Return whether an entry of today names a member of staff."""
    today = takewhile(history.is_of_today, chain.newest_first(own))
    return any(entry.data.get("by") == by for entry in today)
