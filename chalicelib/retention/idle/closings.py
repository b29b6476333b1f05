"""Opens the erasure of an account that nobody uses, and ends one whose account is used again."""

from chalicelib.accounts.model import Account, AccountState, LastUse, WarningStage
from chalicelib.accounts.service import LastUseMoved, last_uses
from chalicelib.billing import service as billing
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.profiles.model import Profile
from chalicelib.retention import holds
from chalicelib.retention.idle import plan
from chalicelib.rights import inactivity
from chalicelib.rights.inactivity import ExercisedAlready, UnusedAccount

# Longer than a year, so an account that pays once a year is left alone.
_PAID_WITHIN = 400 * DAY


def is_left_alone(account: Account) -> bool:
    """Whether an account is neither warned nor closed now, although nobody uses it.

    It is restricted or waits for another erasure, is under a hold, pays, or has an open request.

    Raises:
        SealingError: its holds cannot be read.
    """
    now = clock.now()
    return (
        account.state is not AccountState.ACTIVE
        or inactivity.has_open_request(account.account_id)
        or bool(holds.kinds_held(account.account_id, now))
        or billing.is_invoiced_since(account.account_id, now - _PAID_WITHIN)
    )


def close(use: LastUse, account: Account, profile: Profile | None) -> bool:
    """Open the erasure; return False if the account was used, or an erasure opened, since it was read."""
    now, request_id = clock.now(), RightsRequestId.new()
    warned_at = tuple(at for at in (use.warned_at, use.warned_again_at) if at)
    closing = use.model_copy(
        update={"stage": WarningStage.CLOSING, "closing": request_id, "closing_since": now}
    )
    listed = last_uses.moving(use, closing, plan.place(closing))
    country = profile.country if profile else None
    try:
        inactivity.begin(request_id, account, country, UnusedAccount(use.used_at, warned_at), [listed])
    except (LastUseMoved, ExercisedAlready):
        return False
    metrics.count(Metric.IDLE_ACCOUNT_CLOSED)
    return True


def ended(use: LastUse, account: Account) -> LastUse | None:
    """The record after its erasure ended without deleting the account; None while it is open.

    The erasure of an account that is used again is cancelled here. One that its subject cancelled by the
    link in our mail, or that an operator refused, counts as a use.
    """
    if use.closing is None or use.closing_since is None or account.state is AccountState.ERASING:
        return None
    if use.used_at >= use.closing_since:
        inactivity.end(account.account_id, use.closing)
        return None if inactivity.is_open(use.closing) else plan.fresh(use)
    if account.state is AccountState.FROZEN or inactivity.is_open(use.closing):
        return None
    return LastUse(account_id=use.account_id, used_at=clock.now())
