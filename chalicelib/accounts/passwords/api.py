"""Routes of username and password. The function that hashes serves them."""

from chalice.app import Blueprint

from chalicelib.accounts.passwords import service
from chalicelib.accounts.passwords.model import NewPassword, UsernameTaken
from chalicelib.accounts.sessions.caller import ActiveStepUpCaller
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import DailyLimit, NoContent, Unlimited, route
from chalicelib.core.settings import settings

passwords = Blueprint(__name__)

_CHANGES = DailyLimit(LimitName.SECRET_CHANGES, lambda: settings().limits.secret_changes_day)


@route(
    passwords,
    "PUT",
    "/v1/profile/password",
    limit=_CHANGES,
    problems=(NotFound, UsernameTaken, Unavailable),
)
def set_password(caller: ActiveStepUpCaller, body: NewPassword) -> NoContent:
    """Set the username and the password that open the account on the devices that it knows.

    Without `username` the name stays as it is. The verified mailbox is notified. A forgotten password is set
    anew here, after a sign-in by number.
    """
    service.set_password(caller.session, body)
    return NoContent()


@route(
    passwords,
    "DELETE",
    "/v1/profile/password",
    limit=Unlimited("Without a password there is nothing to remove, and setting one is limited"),
    problems=(NotFound, Unavailable),
)
def remove_password(caller: ActiveStepUpCaller) -> NoContent:
    """Remove username and password. The verified mailbox is notified. 404: there is none."""
    service.remove_password(caller.session)
    return NoContent()
