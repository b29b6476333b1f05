"""Routes of signup and sign-in."""

from chalice.app import Blueprint

from chalicelib.accounts.bars.service import NumberNotAvailable
from chalicelib.accounts.challenges.body import TO_EITHER, VERIFYING
from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    ChallengeView,
    SmsUnavailable,
    TooManyCodes,
)
from chalicelib.accounts.secrets.model import PinRequired, TooManyTries, WrongSecret
from chalicelib.consents.notices.service import TermsOutdated
from chalicelib.core.errors import Unavailable
from chalicelib.core.http import Accepted, ClientAddress, Created, Ok, Shared, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.core.settings import settings
from chalicelib.signup import login, service
from chalicelib.signup.model import (
    CountryList,
    LoggedIn,
    Login,
    NewSignup,
    TooManyLogins,
    Verification,
    Verified,
    WrongCredentials,
)

signup = Blueprint(__name__)


@route(
    signup,
    "POST",
    "/v1/signup",
    limit=Unlimited("Its codes are limited per number, number prefix, address and device"),
    problems=TO_EITHER,
)
def start_signup(
    body: NewSignup, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Send a code to a mobile number, or to the mailbox of an account that lost its number.

    The response does not disclose whether number or mailbox are known. If its `channel` is `email` for a
    number, no texts arrive in that country at present. Then only a device that the account knows gets the
    code, at a mailbox of seven days or more, and no new account can be opened.
    """
    return Accepted(service.start(body, address, key))


@route(
    signup,
    "POST",
    "/v1/signup/{challenge_id}/resend",
    limit=Unlimited("A code is sent at most four times, and each time counts as a new code"),
    problems=(ChallengeExpired, TooManyCodes, SmsUnavailable),
)
def resend_code(challenge_id: ChallengeId, address: ClientAddress) -> Accepted[ChallengeView]:
    """Send the same code once more, if it was sent by text."""
    return Accepted(service.resend(challenge_id, address))


@route(
    signup,
    "POST",
    "/v1/signup/{challenge_id}/verify",
    limit=Unlimited("A code can be tried five times, and wrong codes are limited per address"),
    problems=(*VERIFYING, NumberNotAvailable, TermsOutdated, PinRequired, WrongSecret, TooManyTries),
)
def verify_code(
    challenge_id: ChallengeId, body: Verification, address: ClientAddress
) -> Created[Verified] | Ok[Verified]:
    """Verify the code. 201: a new account was created. 200: the number already had an account.

    404: the code was sent by mail, and no account without a number has the mailbox. 423: the account has a
    PIN, and does not know the device. Send the same code with `pin`; no attempt was counted. 403: no account
    can be opened with the number; the same code files an objection.
    """
    verified = service.verify(challenge_id, body, address)
    return Created(verified, location="/v1/profile") if verified.new_account else Ok(verified)


@route(
    signup,
    "POST",
    "/v1/login",
    limit=Unlimited("Logins are limited per address, per name on unknown devices, and per try on known ones"),
    problems=(WrongCredentials, TooManyTries, TooManyLogins, SmsUnavailable, Unavailable),
)
def log_in(body: Login, address: ClientAddress) -> Ok[LoggedIn] | Accepted[ChallengeView]:
    """Log in with username and password. 200: on a device that the account knows, this opens a session.

    202: on any other device, and for an unknown name. If the password is right, a code was sent to the number
    of the account, or to its mailbox if it has no number. Verify it as one of a sign-in by number; it is not
    sent again. The response does not disclose whether name and password are right. A login accepts no terms.
    """
    answer = login.log_in(body, address)
    return Accepted(answer) if isinstance(answer, ChallengeView) else Ok(answer)


@route(signup, "GET", "/v1/signup/countries")
def list_signup_countries() -> Shared[CountryList]:
    """List the countries to whose numbers codes are sent.

    A new account with another number is refused. An owner of such a number can still sign in on a known
    device, so an app refuses no number itself. Where `channel` is `email`, no texts arrive at present: an
    owner can sign in on a known device, and no new account can be opened.
    """
    return Shared(CountryList.of(settings().sms_countries, settings().sms_routes_off))
