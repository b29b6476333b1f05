"""Erasures of idle accounts (RET-5, ADR 36).

They are no requests of their subjects: a job opens one after its warnings. It is cancelled if the account is
used before the point of no return, or if there is a reason to keep the account by then.
"""

from contextlib import suppress

from chalicelib.accounts.model import Account, AccountState, LastUse, WarningStage
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.service import LastUseMoved, last_uses
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, day_of
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.languages import language_of
from chalicelib.core.metrics import Metric
from chalicelib.retention.holds import service as holds
from chalicelib.rights import service
from chalicelib.rights.engine import queue
from chalicelib.rights.erasure.idle import plan
from chalicelib.rights.request import evidence, procedures, restraints, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import TooLate
from chalicelib.rights.request.store import ExercisedAlready
from chalicelib.rights.request.terms import ReceivedBy, Right
from chalicelib.staff.billing import service as billing

# Longer than a year, so an account that pays once a year stays.
_PAID_WITHIN = 400 * DAY


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


def is_left_alone(account: Account) -> bool:
    """Whether an account is neither warned nor closed now, although it is idle.

    Raises:
        SealingError: its holds or requests cannot be read.
    """
    return account.state is not AccountState.ACTIVE or has_reason_to_stay(account.account_id)


def close(use: LastUse, account: Account, profile: Profile | None, read: LastUse) -> bool:
    """Open the erasure over the record that was read.

    Returns False if the account was used, or an erasure opened, since then.
    """
    now = clock.now()
    request = RightsRequest(
        request_id=RightsRequestId.new(),
        account_id=account.account_id,
        user_id=account.user_id,
        right=Right.ERASURE,
        received_by=ReceivedBy.INACTIVITY,
        received_at=now,
        country=profile.country if profile else None,
        language=language_of(account.locale),
        steps=procedures.waiting_steps(procedures.steps_of(Right.ERASURE)),
        run_at=now,
    )
    closing = adopted(use, request)
    listed = last_uses.moving(read, closing, plan.place(closing))
    try:
        store.create(request, evidence.entry("received", _said(request, use)), [listed])
    except (LastUseMoved, ExercisedAlready):
        return False
    metrics.count(Metric.RIGHTS_REQUESTED, of=request.right)
    metrics.count(Metric.IDLE_ACCOUNT_CLOSED)
    queue.send(request.request_id, now)
    return True


def _said(request: RightsRequest, use: LastUse) -> dict[str, object]:
    """What the evidence says first: also the days of the last use and of the warnings."""
    return {
        "right": request.right,
        "received_by": request.received_by,
        "by": evidence.RETENTION,
        "received_at": clock.to_text(request.received_at),
        "used_on": day_of(use.used_at).isoformat(),
        "warned_on": [day_of(at).isoformat() for at in (use.warned_at, use.warned_again_at) if at],
    }


def adopted(use: LastUse, erasure: RightsRequest) -> LastUse:
    """The record with an erasure that is open, which may be older than a restored record."""
    return use.model_copy(
        update={
            "stage": WarningStage.CLOSING,
            "closing": erasure.request_id,
            "closing_since": erasure.received_at,
        }
    )


def cancel_if_used(use: LastUse, account: Account) -> LastUse | None:
    """Cancel the erasure of an account that is used again.

    Returns the record after its erasure ended without deleting the account, also if its subject cancelled it
    by the link in our mail, an operator refused it, or it found a reason to keep the account: then the
    account is kept for another period. None: the erasure is open, or past its point of no return.

    Raises:
        SealingError: the erasure cannot be read.
        Unavailable: another write came first in every try.
    """
    if use.closing is None or account.state is AccountState.ERASING:
        return None
    if use.used_at != use.warned_for:
        cancel(account.account_id, use.closing)
    elif account.state is AccountState.FROZEN:
        return None
    erasure = store.read(use.closing)
    if erasure and erasure.is_open:
        return None
    kept_at = None if use.used_at != use.warned_for else clock.now()
    return plan.fresh(use.model_copy(update={"kept_at": kept_at or use.kept_at}))


def cancel(account_id: AccountId, request_id: RightsRequestId) -> None:
    """Cancel the erasure of an account that stays; repeating the call changes nothing.

    It does nothing if the erasure is past its point of no return: the account was ended before it was used.

    Raises:
        Unavailable: another write came first in every try.
    """
    with suppress(TooLate, NotFound):
        service.cancel(account_id, request_id, by=evidence.RETENTION)
