"""Routes of sessions."""

from chalice.app import Blueprint

from chalicelib.core.errors import SessionEnded
from chalicelib.core.http import NoContent, route
from chalicelib.core.ids import SessionId
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.sessions import ending, refreshing, service
from chalicelib.sessions.caller import RightsCaller
from chalicelib.sessions.model import Refreshing, SessionList, SessionView

sessions = Blueprint(__name__)


@route(sessions, "POST", "/v1/sessions/refresh", problems=(SessionEnded,))
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


@route(sessions, "DELETE", "/v1/sessions/{session_id}")
def end_session(caller: RightsCaller, session_id: SessionId) -> NoContent:
    """Log a device out, this one or another of the same account."""
    ending.end(caller.account.account_id, session_id)
    return NoContent()


@route(sessions, "DELETE", "/v1/sessions")
def end_all_sessions(caller: RightsCaller) -> NoContent:
    """Log all devices out, this one too."""
    ending.end_all(caller.account.account_id)
    return NoContent()
