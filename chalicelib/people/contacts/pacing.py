"""How many invitations of an account are taken and delivered (ADR 117).

An account in its first week has fewer a day. Of one whose invitations are declined, no more are delivered
until the week ends. It does not learn that: the answer of an invitation never depends on its recipients.
"""

from contextlib import suppress

from chalicelib.accounts.model import Account
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import TooMany
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.settings import settings

_WEEK = 7 * DAY


def _limit(window: Window) -> Limiter:
    return Limiter(LimitName.INVITATIONS, (window,), TooMany, WhenUnreachable.ALLOW)


# The day's invitations, which the route has counted by then, the one in question included.
_FIRST_WEEK = _limit(Window(lambda: DAY, lambda: settings().limits.invitations_first_week_day + 1))
_DECLINED = _limit(Window(lambda: _WEEK, lambda: settings().limits.invitations_declined_week))


def check_age(sender: Account) -> None:
    """Refuse an invitation of an account in its first week that has sent its number of the day.

    Raises:
        TooMany: see above.
    """
    if clock.now() < sender.created_at + _WEEK:
        _FIRST_WEEK.check(sender.account_id)


def is_delivered(sender: AccountId) -> bool:
    """Whether invitations of an account are still delivered in this week."""
    try:
        _DECLINED.check(_subject(sender))
    except TooMany:
        return False
    return True


def note_declined(sender: AccountId) -> None:
    """Count that an invitation of an account was declined."""
    with suppress(TooMany):
        _DECLINED.hit(_subject(sender))


def _subject(sender: AccountId) -> str:
    return f"declined#{sender}"
