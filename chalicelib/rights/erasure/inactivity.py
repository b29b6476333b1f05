"""Erasures of idle accounts (RET-5, ADR 36).

They are no requests of their subjects: a job opens one after its warnings. It is cancelled if the account is
used before the point of no return, or if there is a reason to keep the account by then.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from chalicelib.accounts.model import Account
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.languages import language_of
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write
from chalicelib.retention.holds import service as holds
from chalicelib.rights import service
from chalicelib.rights.engine import queue
from chalicelib.rights.request import evidence, procedures, restraints, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import TooLate
from chalicelib.rights.request.store import ExercisedAlready
from chalicelib.rights.request.terms import ReceivedBy, Right
from chalicelib.staff.billing import service as billing

__all__ = ["ExercisedAlready", "UnusedAccount", "begin", "cancel", "has_reason_to_stay", "is_open", "open_of"]

# Longer than a year, so an account that pays once a year stays.
_PAID_WITHIN = 400 * DAY


@dataclass(frozen=True)
class UnusedAccount:
    """What the history of the erasure says first: the days of the last use and of the warnings."""

    used_on: date
    warned_on: tuple[date, ...]


def has_reason_to_stay(account_id: AccountId, ours: RightsRequestId | None = None) -> bool:
    """Whether an idle account stays.

    It stays if it pays, is under a hold, has an open request other than `ours`, or a restriction that covers
    all or stops deletion (Art. 18(1)(b) and (c) GDPR).

    Raises:
        SealingError: its holds, requests or decisions cannot be read.
    """
    now, decided = clock.now(), restraints.read(account_id)
    restricted = decided.known.restraints.values() if decided else ()
    return (
        any(one.covers_all or one.preserves for one in restricted)
        or bool(set(store.open_requests_of(account_id).values()) - {ours})
        or bool(holds.kinds_held(account_id, now))
        or billing.is_invoiced_since(account_id, now - _PAID_WITHIN)
    )


def open_of(account_id: AccountId) -> RightsRequest | None:
    """The open erasure of an account that was opened because the account is idle."""
    erasure = store.open_requests_of(account_id).get(Right.ERASURE)
    found = store.read(erasure) if erasure else None
    return found if found and found.received_by is ReceivedBy.INACTIVITY else None


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
        language=language_of(account.locale),
        steps=procedures.waiting_steps(procedures.steps_of(Right.ERASURE)),
        run_at=now,
    )
    said = {
        "right": request.right,
        "received_by": request.received_by,
        "by": evidence.RETENTION,
        "received_at": clock.to_text(now),
        "used_on": unused.used_on.isoformat(),
        "warned_on": [day.isoformat() for day in unused.warned_on],
    }
    store.create(request, evidence.entry("received", said), also)
    metrics.count(Metric.RIGHTS_REQUESTED, of=request.right)
    queue.send(request_id, now)


def cancel(account_id: AccountId, request_id: RightsRequestId) -> None:
    """Cancel the erasure of an account that stays; repeating the call changes nothing.

    It does nothing if the erasure is past its point of no return: the account was ended before it was used.

    Raises:
        Unavailable: another write came first in every try.
    """
    with suppress(TooLate, NotFound):
        service.cancel(account_id, request_id, by=evidence.RETENTION)


def is_open(request_id: RightsRequestId) -> bool:
    """Whether an erasure is not closed.

    Raises:
        SealingError: the request cannot be read.
    """
    found = store.read(request_id)
    return found is not None and found.is_open
