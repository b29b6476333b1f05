"""The history of a member of staff in the Ledger: which records of users they viewed.

An entry names ids only, and is kept for the period of audits. What must not be shown without an entry calls
`record_view` before it shows anything.
"""

from collections.abc import Mapping, Sequence

from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Chain, ChainEntry, NewEntry, Unreadable
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import StaffId
from chalicelib.privacy.periods import Period


def history_of(staff_id: StaffId) -> Chain:
    """The history of a member of staff."""
    return Chain("staff", staff_id)


def record_view(by: StaffId, event: str, what: str, ids: Sequence[str]) -> None:
    """Record that a member of staff views records, unless their newest entry of today is identical.

    Args:
        by: the member of staff.
        event: how they view the records: a fixed word.
        what: what the ids name: a fixed word in the plural.
        ids: random ids; none records nothing.

    Raises:
        Unavailable: it cannot be recorded now, so the records must not be shown.
    """
    if not ids:
        return
    own, said = history_of(by), {"by": by, what: list(ids)}
    try:
        newest = chain.head(own)
        if not (newest and is_of_today(newest) and (newest.event, newest.data) == (event, said)):
            chain.append(own, NewEntry(event, said, delete_at=Period.AUDIT.ends(clock.now())))
    except Unreadable as altered:
        observe.log_failure("inspection_not_recorded", altered)
        raise Unavailable from None


def record_lookup(by: StaffId, event: str, said: Mapping[str, object]) -> None:
    """Record each look at a subject's account, also a search that found none.

    Args:
        by: the member of staff.
        event: how they looked: a fixed word.
        said: fixed words, numbers and random ids that the erasure of the account does not make false.

    Raises:
        Unavailable: it cannot be recorded now, so nothing must be shown.
    """
    try:
        chain.append(
            history_of(by), NewEntry(event, {"by": by, **said}, delete_at=Period.AUDIT.ends(clock.now()))
        )
    except Unreadable as altered:
        observe.log_failure("inspection_not_recorded", altered)
        raise Unavailable from None


def is_of_today(entry: ChainEntry) -> bool:
    """Return whether an entry is of this day in the controller's zone."""
    return clock.day_of(entry.at) == clock.day_of(clock.now())
