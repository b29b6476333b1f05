"""Routes of sessions."""

from chalice.app import Blueprint

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.challenges.model import (
    ChallengeExpired,
    ChallengeView,
    SmsUnavailable,
    TooManyCodes,
    WrongCode,
)
from chalicelib.core.errors import InProgress, SessionEnded
from chalicelib.core.http import Accepted, NoContent, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, SessionId
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.sessions import ending, refreshing, service, stepping_up
from chalicelib.sessions.caller import RightsCaller
from chalicelib.sessions.model import Refreshing, SessionList, SessionView, SteppedUp, SteppingUp

sessions = Blueprint(__name__)

_STAYS_IN = Unlimited(
    "Whoever is refused a fresh token is signed out; it stores nothing more, whatever the calls"
)
_LOGS_OUT = Unlimited("Logging out is never refused; signing in is limited")


@route(sessions, "POST", "/v1/sessions/refresh", limit=_STAYS_IN, problems=(SessionEnded,))
def refresh_session(body: Refreshing) -> SessionView:
    """A fresh access token.

    The refresh token that comes with it is the active one from now on. If an answer got lost, send the
    same token again: it is answered up to three times in 24 hours, for the same device.
    """
    return refreshing.refresh(body.refresh_token, body.device_id)


@route(sessions, "GET", "/v1/sessions", needs=(DATA_KEY,))
def list_sessions(caller: RightsCaller) -> SessionList:
    """The signed-in devices of the account, the last used first."""
    return service.of_account(caller.session, caller[DATA_KEY])


@route(sessions, "DELETE", "/v1/sessions/{session_id}", limit=_LOGS_OUT)
def end_session(caller: RightsCaller, session_id: SessionId) -> NoContent:
    """Log a device out, this one or another of the same account."""
    ending.end(caller.account.account_id, session_id)
    return NoContent()


@route(sessions, "DELETE", "/v1/sessions", limit=_LOGS_OUT)
def end_all_sessions(caller: RightsCaller) -> NoContent:
    """Log all devices out, this one too."""
    ending.end_all(caller.account.account_id)
    return NoContent()


@route(
    sessions,
    "POST",
    "/v1/sessions/step-up",
    needs=(OPEN_ACCOUNT, DATA_KEY),
    limit=Unlimited("Its codes are limited: 5 a day for an account"),
    problems=(TooManyCodes, SmsUnavailable, InProgress),
)
def start_step_up(caller: RightsCaller, key: IdempotencyKey | None) -> Accepted[ChallengeView]:
    """Send a code to the account's own number, for what takes more than a token."""
    return Accepted(stepping_up.start(caller.session, caller[OPEN_ACCOUNT], key))


@route(
    sessions,
    "POST",
    "/v1/sessions/step-up/{challenge_id}/verify",
    limit=Unlimited("A code takes five tries, and codes are limited"),
    problems=(WrongCode, ChallengeExpired),
)
def verify_step_up(caller: RightsCaller, challenge_id: ChallengeId, body: SteppingUp) -> SteppedUp:
    """Give the code back, in the session that asked for it.

    The access token in the answer is stepped up for ten minutes, the refresh token is the active one as
    before. A refresh gives a token that is not stepped up.
    """
    return stepping_up.finish(caller.session, caller.account, challenge_id, body.code)
