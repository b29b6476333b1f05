"""The history of a member of staff in the Ledger: which records of users they viewed.

An entry names ids only, and is kept for the period of audits. What must not be shown without an entry calls
`record_view` before it shows anything.
"""

from collections.abc import Mapping, Sequence

from chalicelib.accounts.service import AccountGone, not_erasing
from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Chain, ChainEntry, HeadMoved, NewEntry, Unreadable
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, StaffId, StaffLookId
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.privacy.periods import Period
from chalicelib.staff import store
from chalicelib.staff.model import StaffLook


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


@retry_on(HeadMoved, tries=8)  # the entries of other looks at the same moment
def record_look(
    by: StaffId, event: str, said: Mapping[str, object], account_id: AccountId | None = None
) -> None:
    """Record a look at an account, or a search that found none, in one transaction.

    The entry has a random id. A record of the account maps that to the account, and is erased with it. An
    account that is being erased gets no new record.

    Args:
        by: the member of staff.
        event: how they looked: a fixed word.
        said: fixed words, numbers and random ids.
        account_id: the account.

    Raises:
        Unavailable: it cannot be recorded now, so nothing must be shown.
    """
    look = StaffLook(look_id=StaffLookId.new(), by=by, looked_at=clock.now())
    payload = {"by": by, "look": look.look_id, **said}
    new = NewEntry(event, payload, delete_at=Period.AUDIT.ends(look.looked_at))
    link: list[Write] = [store.look_creation(account_id, look), not_erasing(account_id)] if account_id else []
    try:
        commit(chain.append_write(history_of(by), new), *link)
    except AccountGone:
        record_look(by, event, said)
    except Unreadable as altered:
        observe.log_failure("inspection_not_recorded", altered)
        raise Unavailable from None


def is_of_today(entry: ChainEntry) -> bool:
    """Return whether an entry is of this day in the controller's zone."""
    return clock.day_of(entry.at) == clock.day_of(clock.now())
