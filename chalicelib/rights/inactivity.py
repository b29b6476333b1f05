"""Erasures of accounts that nobody uses (RET-5, ADR 36).

They are no requests of their subjects: a job opens one after its warnings, and cancels it if the account is
used before the point of no return. All steps between are those of any erasure.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.model import Account
from chalicelib.core import clock, metrics
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write
from chalicelib.rights import evidence, procedures, service, store
from chalicelib.rights.engine import queue
from chalicelib.rights.model import ReceivedBy, Right, RightsRequest
from chalicelib.rights.problems import TooLate
from chalicelib.rights.store import ExercisedAlready

__all__ = ["ExercisedAlready", "UnusedAccount", "begin", "end", "has_open_request", "is_open"]


@dataclass(frozen=True)
class UnusedAccount:
    """What the history of the erasure says first: the last use, and when the owner was warned."""

    used_at: datetime
    warned_at: tuple[datetime, ...]


def has_open_request(account_id: AccountId) -> bool:
    """Whether the subject has any open request."""
    return bool(store.open_requests_of(account_id))


def begin(
    request_id: RightsRequestId,
    account: Account,
    country: str | None,
    unused: UnusedAccount,
    also: Sequence[Write],
) -> None:
    """Open the erasure of an account, in one transaction with other writes.

    Raises:
        ExercisedAlready: another erasure of the account is open; nothing was written.
        Conflict: a condition of `also` does not hold; nothing was written.
    """
    now = clock.now()
    request = RightsRequest(
        request_id=request_id,
        account_id=account.account_id,
        user_id=account.user_id,
        right=Right.ERASURE,
        received_by=ReceivedBy.INACTIVITY,
        received_at=now,
        country=country,
        steps=procedures.waiting_steps(procedures.steps_of(Right.ERASURE, None)),
        run_at=now,
    )
    said = {
        "right": request.right,
        "received_by": request.received_by,
        "by": evidence.RETENTION,
        "received_at": clock.to_text(now),
        "used_at": clock.to_text(unused.used_at),
        "warned_at": [clock.to_text(at) for at in unused.warned_at],
    }
    store.create(request, evidence.entry("received", said), also)
    metrics.count(Metric.RIGHTS_REQUESTED)
    queue.send(request_id, now)


def end(account_id: AccountId, request_id: RightsRequestId) -> None:
    """Cancel the erasure of an account that is used again; repeating the call changes nothing.

    It does nothing if the erasure is past its point of no return: the account was ended before it was used.

    Raises:
        Unavailable: another write came first in every try.
    """
    with suppress(TooLate, NotFound):
        service.cancel(account_id, request_id)


def is_open(request_id: RightsRequestId) -> bool:
    """Whether an erasure is not closed."""
    found = store.read(request_id)
    return found is not None and found.is_open
