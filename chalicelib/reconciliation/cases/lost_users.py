"""Finds users of live accounts who were deleted or deactivated at Stream, but not by us (STR-6).

An erasure of ours freezes the account before it deactivates the user, and ends it before it deletes the user.
So an account that is still active after its user was seen as gone or deactivated was not ended by us. The
account is therefore read after Stream, and before it too, which saves a query at Stream for each erasure.

A cancelled erasure makes the account active before it reactivates the user, and does that once more half a
minute later (stream/users/access). So a user who is seen as deactivated is looked at again after five
minutes. If Stream is down for longer, a case is opened, and the review closes it when the user is back.
"""

from dataclasses import dataclass

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, AccountState
from chalicelib.core import clock
from chalicelib.core.batches import batched
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, UserId
from chalicelib.reconciliation.cases import service as cases
from chalicelib.reconciliation.cases.model import StreamCase, StreamLoss
from chalicelib.stream.model import FoundUser
from chalicelib.stream.users import access
from chalicelib.stream.webhook import events
from chalicelib.stream.webhook.events import Hook

_LIVE = (AccountState.ACTIVE, AccountState.RESTRICTED)
_UNTIL_REACTIVATED = 5 * MINUTE
_USERS_AT_ONCE = 100  # of a query at Stream


def judge(hook: Hook, *, has_waited: bool) -> None:
    """Open a case if the account is live, and its user is gone or deactivated at Stream.

    Args:
        hook: the event.
        has_waited: whether the user was seen as deactivated five minutes ago.

    Raises:
        StreamUnavailable, StreamRefused: the state at Stream is not known.
        Unavailable: a table does not answer, or another writer was first; work on the event again.
    """
    user_id = UserId(hook.subject)
    owner = accounts.owner_of_user(user_id)
    if owner is None or _live(owner) is None:
        return
    loss = _loss_of(access.find_existing([user_id]).get(user_id))
    account = _live(owner) if loss else None
    if not (account and loss in _losses(account)):
        return
    if loss is StreamLoss.DEACTIVATED and not has_waited:
        events.send_hook(hook, not_before=clock.now() + _UNTIL_REACTIVATED)
        return
    cases.open_case(account, loss)


def _losses(account: Account) -> tuple[StreamLoss, ...]:
    """What this system does not do to the user: it deactivates those of restricted and suspended accounts."""
    return (StreamLoss.DELETED, *((StreamLoss.DEACTIVATED,) if account.is_active else ()))


@dataclass(frozen=True)
class OpenCases:
    """The figures of the open cases."""

    number: int
    oldest_days: int


def review() -> OpenCases:
    """Close the cases whose users are back at Stream, and count the others.

    Raises:
        StreamUnavailable, StreamRefused: the users at Stream are not known.
        Unavailable: a table does not answer, or another writer was first.
    """
    now, left = clock.now(), list[StreamCase]()
    for some in batched(cases.all_open(), _USERS_AT_ONCE):
        found = access.find_existing([case.user_id for case in some])
        for case in some:
            if _loss_of(found.get(case.user_id)):
                left.append(case)
            else:
                cases.close_reversed(case)
    oldest = min((case.opened_at for case in left), default=now)
    return OpenCases(len(left), (now - oldest).days)


def _live(account_id: AccountId) -> Account | None:
    account = accounts.glances([account_id]).get(account_id)
    return account if account and account.state in _LIVE else None


def _loss_of(found: FoundUser | None) -> StreamLoss | None:
    if found is None:
        return StreamLoss.DELETED
    return StreamLoss.DEACTIVATED if found.is_deactivated else None
