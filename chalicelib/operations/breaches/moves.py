"""Changes that an operator or a job makes to a breach, each by a pure rule over the version read.

If another write came first, the breach is read again and the rule is applied to its new state. A rule returns
None if its change was made before. No breach changes without evidence: if its history was altered, so that no
entry can follow, the change is refused.

Each change of a breach appends one entry, so the number of its newest entry is its version. So
`behind_ledger` finds the breaches that a restored table has in an older state than the Ledger, or not at all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core import chain, observe
from chalicelib.core.chain import HeadMoved, Unreadable
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.core.sealing import SealingError
from chalicelib.core.transactions import Write
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.model import Breach
from chalicelib.operations.breaches.store import BreachMoved
from chalicelib.staff import history

_TRIES = 3


@dataclass(frozen=True)
class BreachMove:
    """The new state of a breach, the evidence of the change (its actor is added), and other writes."""

    after: Breach
    event: str
    said: Mapping[str, object]
    more: tuple[Write, ...] = field(default=())


Rule = Callable[[Breach], BreachMove | None]


def etag(breach: Breach) -> str:
    """The entity tag of the version that an operator sees."""
    return f'"{breach.version}"'


def apply_move(breach_id: BreachId, by: StaffId, rule: Rule) -> Breach:
    """Apply an operator's rule to a breach, together with its evidence.

    Raises:
        NotFound: no such breach.
        Unavailable: another write came first in every try, or no evidence can be appended.
    """
    breach, moved = _moved(breach_id, by, rule)
    if not moved:
        record_inspection(breach.breach_id, by)
    return breach


def apply_by_job(breach_id: BreachId, rule: Rule) -> Breach:
    """Apply a job's rule to a breach, as `apply_move` does; the evidence names no actor."""
    return _moved(breach_id, None, rule)[0]


def record_inspection(breach_id: BreachId, by: StaffId) -> None:
    """Record that a member of staff views a breach.

    Raises:
        Unavailable: it cannot be recorded now, so the breach must not be shown.
    """
    history.record_view(by, "inspected", "breaches", [breach_id])


def _moved(breach_id: BreachId, by: StaffId | None, rule: Rule) -> tuple[Breach, bool]:
    for _ in range(_TRIES):
        breach = store.read(breach_id)
        if breach is None:
            raise NotFound
        move = rule(breach)
        if move is None:
            return breach, False
        try:
            entry = store.entry(breach.opened_at, move.event, by, move.said)
            return store.move(breach, move.after, entry, *move.more), True
        except (BreachMoved, HeadMoved):
            continue
        except Unreadable as altered:
            observe.log_failure("breach_not_changed", altered)
            raise Unavailable from None
    raise Unavailable


def behind_ledger(since: datetime) -> Iterator[BreachId]:
    """The breaches with entries since an instant whose stored state lacks some of them.

    One whose state or history cannot be read counts as behind.

    Raises:
        Unavailable: a table does not answer.
    """
    for touched in chain.chains_touched_since(since, store.CHAIN):
        breach_id = BreachId(touched.pseudonym)
        if not _is_current(breach_id):
            yield breach_id


def _is_current(breach_id: BreachId) -> bool:
    try:
        found, newest = store.glance(breach_id), chain.head(store.history_of(breach_id))
    except (SealingError, Unreadable):
        return False
    return found is not None and newest is not None and found.version == newest.seq
