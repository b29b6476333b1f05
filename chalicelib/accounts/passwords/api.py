"""Routes of username and password. The function that hashes serves them."""

from chalice.app import Blueprint

from chalicelib.accounts.passwords import service
from chalicelib.accounts.passwords.model import NewPassword, UsernameTaken
from chalicelib.accounts.secrets.service import CHANGES
from chalicelib.accounts.sessions.caller import ActiveStepUpCaller
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import NoContent, Unlimited, route

passwords = Blueprint(__name__)


@route(
    passwords,
    "PUT",
    "/v1/profile/password",
    limit=CHANGES,
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
