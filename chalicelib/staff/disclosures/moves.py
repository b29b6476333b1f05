"""Changes that an operator makes to a disclosure, each by a pure rule over the version read.

If another write came first, the disclosure is read again and the rule is applied to its new state. A rule
returns None if its change was made before: repeating a call changes nothing. A response shows the disclosure,
so a call that changes nothing is recorded as an inspection; a change has its own evidence.

No disclosure changes without evidence: if its history was altered, so that no entry can follow, the change is
refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.core import observe
from chalicelib.core.chain import HeadMoved, Unreadable
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import DisclosureId, StaffId
from chalicelib.staff import history
from chalicelib.staff.disclosures import store
from chalicelib.staff.disclosures.model import Disclosure
from chalicelib.staff.disclosures.store import DisclosureMoved

_TRIES = 3


@dataclass(frozen=True)
class DisclosureMove:
    """The new state of a disclosure, and the evidence of the change (its actor is added)."""

    after: Disclosure
    event: str
    said: Mapping[str, object]


Rule = Callable[[Disclosure], DisclosureMove | None]


def etag(disclosure: Disclosure) -> str:
    """The entity tag of the version that an operator sees."""
    return f'"{disclosure.version}"'


def apply_move(disclosure_id: DisclosureId, by: StaffId, rule: Rule) -> Disclosure:
    """Apply a rule to a disclosure, together with its evidence.

    Raises:
        NotFound: no such disclosure.
        Unavailable: another write came first in every try, or no evidence can be appended.
    """
    for _ in range(_TRIES):
        disclosure = store.read(disclosure_id)
        if disclosure is None:
            raise NotFound
        move = rule(disclosure)
        if move is None:
            record_inspection(disclosure, by)
            return disclosure
        try:
            return store.move(disclosure, move.after, store.entry(disclosure, move.event, by, move.said))
        except (DisclosureMoved, HeadMoved):
            continue
        except Unreadable as altered:
            observe.log_failure("disclosure_not_changed", altered)
            raise Unavailable from None
    raise Unavailable


def record_inspection(disclosure: Disclosure, by: StaffId) -> None:
    """Record that a member of staff views a disclosure.

    Raises:
        Unavailable: it cannot be recorded now, so the disclosure must not be shown.
    """
    history.record_view(by, "inspected", "disclosures", [disclosure.disclosure_id])
