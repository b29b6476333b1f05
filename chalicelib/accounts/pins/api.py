"""Routes of the PIN of an account. The function that signs in serves them: it alone reads the peppers."""

from chalice.app import Blueprint

from chalicelib.accounts.pins import service
from chalicelib.accounts.profiles.store import READABLE_PROFILE
from chalicelib.accounts.secrets.model import NewPin, SecretKind
from chalicelib.accounts.secrets.service import CHANGES
from chalicelib.accounts.secrets.store import GLANCES
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.accounts.sessions.caller import ActiveStepUpCaller
from chalicelib.core.errors import NotFound, SessionEnded, Unavailable, existing
from chalicelib.core.http import Body, NoContent, Unlimited, route
from chalicelib.privacy.subject_keys import DATA_KEY

pins = Blueprint(__name__)

_PIN = GLANCES[SecretKind.PIN]
_NEEDS = (DATA_KEY, OPEN_ACCOUNT, READABLE_PROFILE, _PIN)


class PinBody(Body):
    """The new PIN of the account."""

    pin: NewPin


@route(pins, "PUT", "/v1/profile/pin", needs=_NEEDS, limit=CHANGES, problems=(SessionEnded, Unavailable))
def set_pin(caller: ActiveStepUpCaller, body: PinBody) -> NoContent:
    """Set the PIN of the account, which unknown and signed-out devices have to show from now on.

    It replaces an earlier one, whose tries and waits end. The verified address is notified. A run such as
    123456, and up to three digits repeated, are refused.
    """
    account = existing(caller[OPEN_ACCOUNT], SessionEnded)
    service.put(caller.session, account, caller[READABLE_PROFILE], caller[_PIN], body.pin, caller[DATA_KEY])
    return NoContent()


@route(
    pins,
    "DELETE",
    "/v1/profile/pin",
    needs=_NEEDS,
    limit=Unlimited("Each removes a PIN that was set, which is limited"),
    problems=(NotFound, SessionEnded, Unavailable),
)
def remove_pin(caller: ActiveStepUpCaller) -> NoContent:
    """Remove the PIN of the account. The verified address is notified."""
    account = existing(caller[OPEN_ACCOUNT], SessionEnded)
    service.remove(caller.session, account, caller[READABLE_PROFILE], caller[_PIN])
    return NoContent()
