"""Routes of sessions."""

from chalice.app import Blueprint

from chalicelib.core.http import NoContent, route
from chalicelib.core.ids import SessionId
from chalicelib.sessions import service
from chalicelib.sessions.caller import RightsCaller

sessions = Blueprint(__name__)


@route(sessions, "DELETE", "/v1/sessions/{session_id}")
def end_session(caller: RightsCaller, session_id: SessionId) -> NoContent:
    """Log a device out, this one or another of the same account."""
    service.end(caller.account.account_id, session_id)
    return NoContent()
