"""The route of a user's notices of breaches; the group of notices serves it."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import RightsCaller
from chalicelib.core.http import route
from chalicelib.operations.breaches import letter
from chalicelib.operations.breaches.letter import BreachNoticeList

breach_notices = Blueprint(__name__)


@route(breach_notices, "GET", "/v1/breach-notices")
def list_breach_notices(caller: RightsCaller) -> BreachNoticeList:
    """List the breaches of personal data of which the caller was notified, newest first."""
    return BreachNoticeList(items=letter.notices_shown_to(caller.account.account_id))
