"""Makes frozen accounts and open erasures agree, if one of their tables was restored.

An account that is frozen for a closed request would stay frozen for ever, and an erasure whose account is not
frozen would stop at its point of no return.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, AccountState, Frozen
from chalicelib.core.chain import Unreadable
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.transactions import Perform, commit
from chalicelib.rights.request import store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.store import ExercisedAlready
from chalicelib.rights.request.terms import Right
from chalicelib.rights.restored import changes
from chalicelib.rights.restored.history import read_history


class FreezeOutcome(StrEnum):
    """What was done with a frozen account, or with the account of an open erasure."""

    AGREES = "agrees"
    THAWED = "thawed: its erasure is closed"
    REBUILT = "erasure stored again"
    FROZEN_AGAIN = "frozen again"
    ACCOUNT_MISSING = "account missing"
    DOUBTFUL = "in doubt"


def check_accounts(
    page: Sequence[Account], at: datetime, perform: Perform
) -> list[tuple[AccountId, FreezeOutcome]]:
    """Check the frozen ones of at most 100 accounts against their requests; returns what was done.

    Raises:
        Unavailable: a table does not answer.
        NotFrozen: another writer changed the account.
    """
    frozen = [(account, account.frozen) for account in page if account.frozen]
    found, unreadable = (
        store.read_several([freeze.request_id for _, freeze in frozen]) if frozen else ([], [])
    )
    requests = {request.request_id: request for request in found}
    return [
        (
            account.account_id,
            FreezeOutcome.DOUBTFUL
            if freeze.request_id in unreadable
            else _check(account, freeze, requests.get(freeze.request_id), at, perform),
        )
        for account, freeze in frozen
    ]


def _check(
    account: Account, freeze: Frozen, request: RightsRequest | None, at: datetime, perform: Perform
) -> FreezeOutcome:
    is_open = request is not None and request.is_open
    if account.state is AccountState.ERASING:
        captured = request is not None and request.notes.is_irrevocable
        return FreezeOutcome.AGREES if captured else FreezeOutcome.DOUBTFUL
    if is_open:
        return FreezeOutcome.AGREES
    if request is None and _is_pending(freeze.request_id):
        return _rebuild(account, freeze, at, perform)
    perform(partial(commit, *accounts.thawing(account, freeze)))
    return FreezeOutcome.THAWED


def _is_pending(request_id: RightsRequestId) -> bool:
    known = read_history(request_id)
    return known.received is not None and known.closing is None


def _rebuild(account: Account, freeze: Frozen, at: datetime, perform: Perform) -> FreezeOutcome:
    known = read_history(freeze.request_id)
    try:
        perform(partial(changes.rebuild, freeze.request_id, account.account_id, account.user_id, known, at))
    except (ExercisedAlready, Unreadable):  # its history was altered
        return FreezeOutcome.DOUBTFUL
    return FreezeOutcome.REBUILT


def freeze_again(
    requests: Sequence[RightsRequest], erased: Collection[AccountId], perform: Perform
) -> list[tuple[AccountId, FreezeOutcome]]:
    """Freeze the accounts of open erasures that froze them; at most 100 requests.

    Raises:
        Unavailable: a table does not answer.
        NotFreezable: another writer changed the account.
    """
    waiting = {
        request.account_id: (request, request.notes)
        for request in requests
        if request.right is Right.ERASURE and request.is_open and request.account_id not in erased
        if isinstance(request.notes, ErasureNotes)
        if request.notes.frozen_at and not request.notes.is_irrevocable
    }
    found = accounts.glances(waiting) if waiting else {}
    return [
        (account_id, _freeze(found.get(account_id), request, notes, perform))
        for account_id, (request, notes) in waiting.items()
    ]


def _freeze(
    account: Account | None, request: RightsRequest, notes: ErasureNotes, perform: Perform
) -> FreezeOutcome:
    if account is None:
        return FreezeOutcome.ACCOUNT_MISSING
    if account.frozen:
        agrees = account.frozen.request_id == request.request_id
        return FreezeOutcome.AGREES if agrees else FreezeOutcome.DOUBTFUL
    frozen = Frozen(
        request_id=request.request_id,
        ends_at=notes.grace_ends_at or request.received_at,
        asked_at=request.received_at,
        idle=notes.idle,
        before=account.state,
    )
    perform(partial(commit, *accounts.freezing(account, frozen)))
    return FreezeOutcome.FROZEN_AGAIN
