"""Routes of sessions."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions import logout, refresh, service
from chalicelib.accounts.sessions.caller import RightsCaller, SessionHolder
from chalicelib.accounts.sessions.model import Refreshing, SessionList, SessionView
from chalicelib.accounts.sessions.service import READABLE_SESSION
from chalicelib.core.errors import SessionEnded
from chalicelib.core.http import NoContent, Unlimited, route
from chalicelib.core.ids import SessionId
from chalicelib.privacy.subject_keys import DATA_KEY

sessions = Blueprint(__name__)

_STAYS_IN = Unlimited("A limit would sign the user out; repeated calls do not store more data")
_LOGS_OUT = Unlimited("Logging out is never refused; signing in is limited")


@route(sessions, "POST", "/v1/sessions/refresh", limit=_STAYS_IN, problems=(SessionEnded,))
def refresh_session(body: Refreshing) -> SessionView:
    """Get a new access token and a new refresh token.

    The new refresh token replaces the one that was sent. If the response got lost, send the same refresh
    token again: it is accepted up to three times in 24 hours, from the same device.
    """
    return refresh.refresh(body.refresh_token, body.device_id)


@route(sessions, "GET", "/v1/sessions", needs=(DATA_KEY,))
def list_sessions(caller: RightsCaller) -> SessionList:
    """List the signed-in devices of the account, most recently used first."""
    return service.of_account(caller.session, caller.account, caller[DATA_KEY])


@route(sessions, "DELETE", "/v1/sessions/{session_id}", needs=(DATA_KEY, READABLE_SESSION), limit=_LOGS_OUT)
def end_session(caller: SessionHolder, session_id: SessionId) -> NoContent:
    """Sign out one device of the account: this one or another.

    A session of scope `waiting` ends only itself.
    """
    logout.end(caller.session, session_id, lambda: caller[READABLE_SESSION])
    return NoContent()


@route(sessions, "DELETE", "/v1/sessions", limit=_LOGS_OUT)
def end_all_sessions(caller: RightsCaller) -> NoContent:
    """Sign out all devices of the account, including this one."""
    logout.end_all(caller.account.account_id)
    return NoContent()
