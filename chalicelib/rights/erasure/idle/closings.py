"""Opens the erasure of an idle account, and cancels one whose account is used again."""

from chalicelib.accounts.model import Account, AccountState, LastUse, WarningStage
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.service import LastUseMoved, last_uses
from chalicelib.core import clock, metrics
from chalicelib.core.clock import day_of
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.rights.erasure import inactivity
from chalicelib.rights.erasure.idle import plan
from chalicelib.rights.erasure.inactivity import ExercisedAlready, UnusedAccount
from chalicelib.rights.request.model import RightsRequest


def is_left_alone(account: Account) -> bool:
    """Whether an account is neither warned nor closed now, although it is idle.

    Raises:
        SealingError: its holds or requests cannot be read.
    """
    return account.state is not AccountState.ACTIVE or inactivity.has_reason_to_stay(account.account_id)


def close(use: LastUse, account: Account, profile: Profile | None, read: LastUse) -> bool:
    """Open the erasure over the record that was read.

    Returns False if the account was used, or an erasure opened, since then.
    """
    now, request_id = clock.now(), RightsRequestId.new()
    warned_on = tuple(day_of(at) for at in (use.warned_at, use.warned_again_at) if at)
    closing = use.model_copy(
        update={"stage": WarningStage.CLOSING, "closing": request_id, "closing_since": now}
    )
    listed = last_uses.moving(read, closing, plan.place(closing))
    country = profile.country if profile else None
    unused = UnusedAccount(day_of(use.used_at), warned_on)
    try:
        inactivity.begin(request_id, account, country, unused, [listed])
    except (LastUseMoved, ExercisedAlready):
        return False
    metrics.count(Metric.IDLE_ACCOUNT_CLOSED)
    return True


def adopted(use: LastUse, erasure: RightsRequest) -> LastUse:
    """The record with an erasure that is open already: a restored record may be older than the erasure."""
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
        inactivity.cancel(account.account_id, use.closing)
    elif account.state is AccountState.FROZEN:
        return None
    if inactivity.is_open(use.closing):
        return None
    kept_at = None if use.used_at != use.warned_for else clock.now()
    return plan.fresh(use.model_copy(update={"kept_at": kept_at or use.kept_at}))
