"""The rules of missed calls.

Invariants:

- A report discloses nothing: the response is the same, and so are the calls. For a user who is no contact, or
  keeps the caller away, they concern an account that does not exist, and the transaction fails.
- A person has at most 200 missed calls. A new one takes the place of the oldest: no contact can fill the list
  and keep later calls out of it.
- What is stored is what is pushed: the stream of Accounts brings the row to `push/changes`. A report that was
  interrupted stored either all or nothing, and the app may repeat it.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.blocks.service import Peer
from chalicelib.consents.model import NotOffered
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock
from chalicelib.core.http import Cursor, PageSize
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Conflict, commit, retry_on
from chalicelib.people.contacts import service as contacts
from chalicelib.privacy.purposes import Practice
from chalicelib.push.calls import store
from chalicelib.push.calls.model import MissedCallList, MissedCallView
from chalicelib.push.calls.store import CallsMoved

# A transaction has at most 100 writes. More are over only after the limit was lowered.
_REMOVED_AT_ONCE = 40
_LIST = "m"  # in cursors


@retry_on(CallsMoved)
def report(me: Peer, user_id: UserId) -> None:
    """Store that a contact did not answer, once a minute. Nothing is returned or raised about the contact.

    Raises:
        NotOffered: the privacy policy in effect does not describe pushes.
        Unavailable: a table does not answer.
    """
    if not notices.describes(Practice.NOTIFYING):
        raise NotOffered
    other = contacts.contact_of(me, user_id)
    called = other.account.account_id if other else AccountId.new()
    before = store.items_of(called)
    over = max(0, len(before) + 1 - settings().limits.missed_calls_most)
    try:
        commit(
            accounts.active(called),
            contacts.still_contact(called, me.account.user_id),
            store.creation(called, me.account.user_id, clock.now(), (other or me).keys),
            *map(store.removal, before[: min(over, _REMOVED_AT_ONCE)]),
        )
    except CallsMoved:
        raise
    except Conflict:
        return


def listed(me: Peer, cursor: Cursor | None, size: PageSize) -> MissedCallList:
    """A page of missed calls, newest first, of contacts whom the caller may meet.

    Raises:
        InvalidRequest: the cursor is none of this list.
    """
    found = store.items_of(me.account.account_id)[::-1]
    if cursor is not None:
        found = found[-cursor.number(_LIST) :]
    left = len(found) - size
    calls = [*store.open_readable(found[:size], me.keys)]
    callers = contacts.profiles_of(me, {one.user_id for one in calls})
    return MissedCallList(
        items=tuple(
            MissedCallView(missed_call_id=one.missed_call_id, caller=caller, missed_at=one.missed_at)
            for one in calls
            if (caller := callers.get(one.user_id))
        ),
        next_cursor=Cursor.numbered(_LIST, left) if left > 0 else None,
    )
