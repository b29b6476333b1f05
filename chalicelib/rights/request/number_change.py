"""What waits after a change of the account's number, which a thief may have made (ADR 43).

For some days nothing irreversible is done, by whatever channel it was requested. A freeze that begins in
these days, and not from a session, protects the account from the thief, who can step up with the new number.
While it is in force, a session or guest gets no copy, has none sent, and passes no point of no return.
Operators end it. Nor is a copy sent or such a point passed for them while operators give the account back to
its owner (ADR 68): the request may be that of the thief.
"""

from datetime import datetime, timedelta

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import ACCOUNT
from chalicelib.consents.model import none_decided
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request import store
from chalicelib.rights.request.model import NEW_NUMBER, RightsRequest
from chalicelib.rights.request.terms import ReceivedBy, Right

# A thief with the new number can use both. Operators check the identity of those who write to them.
_BY_NUMBER = frozenset({ReceivedBy.APP, ReceivedBy.GUEST})


def followed_by(account: Account, began_at: datetime) -> bool:
    """Return whether something began in the days after the account's last change of its number."""
    changed_at = account.number_changed_at
    return changed_at is not None and changed_at <= began_at and account.cools_for(began_at) is not None


def number_proves_nothing(account: Account) -> bool:
    """Return whether the account's number proves nothing now, since a thief may have made it the new one."""
    return account.cools_for(clock.now()) is not None or _is_protected(account)


def _is_protected(account: Account) -> bool:
    """Return whether a freeze that did not begin in a session protects an account from its new number."""
    if account.number_changed_at is None:
        return False
    (row,) = needs.read_accounts([account.account_id], (PURPOSES, DATA_KEY))
    decided = none_decided(account.account_id)
    with skip_unreadable("purposes_unreadable"):  # such decisions must not block an erasure for ever
        decided = row[PURPOSES] or decided
    followed = (one for one, placed in decided.restraints.items() if followed_by(account, placed.since))
    return any(_is_freeze(found) for one in followed if (found := store.read(one)))


def _is_freeze(request: RightsRequest) -> bool:
    return request.right is Right.RESTRICTION and request.received_by is not ReceivedBy.APP


def time_to_wait(account_id: AccountId, received_by: ReceivedBy) -> timedelta | None:
    """How long a request of an account has to wait before it is irreversible; None if it has not to."""
    (row,) = needs.read_accounts([account_id], (ACCOUNT,))
    account = row[ACCOUNT]
    if account is None:
        return None
    if left := account.cools_for(clock.now()):
        return left
    waits = received_by in _BY_NUMBER and (_is_protected(account) or _is_given_back(account_id))
    return HOUR if waits else None


def _is_given_back(account_id: AccountId) -> bool:
    """Return whether two operators decided that an owner gets another number, who did not prove it yet.

    One operator alone holds up nothing beyond its deadline.
    """
    request_id = store.exercised_by(account_id, NEW_NUMBER)
    found = store.read(request_id) if request_id else None
    return found is not None and found.notes.release is not None
