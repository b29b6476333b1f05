"""Changes that an operator or a job makes to a breach, each by a pure rule over the version read.

If another write came first, the breach is read again and the rule is applied to its new state. A rule returns
None if its change was made before. No breach changes without evidence: if its history was altered, so that no
entry can follow, the change is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chalicelib.core import observe
from chalicelib.core.chain import HeadMoved, Unreadable
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.core.transactions import Write
from chalicelib.operations.breaches import evidence, store
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
            entry = evidence.entry(breach.opened_at, move.event, by, move.said)
            return store.move(breach, move.after, entry, *move.more), True
        except (BreachMoved, HeadMoved):
            continue
        except Unreadable as altered:
            observe.log_failure("breach_not_changed", altered)
            raise Unavailable from None
    raise Unavailable
