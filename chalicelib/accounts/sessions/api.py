"""Routes of sessions."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions import history, logout, refresh, service
from chalicelib.accounts.sessions.caller import RightsCaller, SessionHolder
from chalicelib.accounts.sessions.model import Refreshing, SessionEventList, SessionList, SessionView
from chalicelib.accounts.sessions.service import READABLE_SESSION
from chalicelib.core.errors import SessionEnded
from chalicelib.core.http import Cursor, NoContent, PageSize, Unlimited, route
from chalicelib.core.ids import SessionId
from chalicelib.privacy.subject_keys import DATA_KEY

sessions = Blueprint(__name__)

_STAYS_IN = Unlimited("A limit would sign the user out; repeated calls do not store more data")
_LOGS_OUT = Unlimited("Logging out is never refused; signing in is limited")


@route(sessions, "POST", "/v1/sessions/refresh", limit=_STAYS_IN, problems=(SessionEnded,))
def refresh_session(body: Refreshing) -> SessionView:
    """Get a new access token and a new refresh token.

    A client keeps these rules:

    1. It has one writer: at most one refresh of a session runs at a time. Other calls wait for its result.
    2. It stores the new refresh token before it uses the new access token. The new one replaces the one sent.
    3. After a lost response, a 429 or a 5xx, it sends the same refresh token and `device_id` again.
       The response has the refresh token of the lost one. That works for three lost responses in 24 hours.
    4. After 401 `session_ended` it discards both tokens, keeps the device id, and asks the user to sign in.

    The session ends at once if a token seems to be a stolen copy: it comes from another device, or it was
    replaced twice, or it was replaced and is sent a fourth time in 24 hours. So a client neither keeps
    replaced tokens nor restores a refresh token from a backup.
    """
    return refresh.refresh(body.refresh_token, body.device_id)


@route(sessions, "GET", "/v1/sessions", needs=(DATA_KEY,))
def list_sessions(caller: RightsCaller) -> SessionList:
    """List the signed-in devices of the account, most recently used first."""
    return service.of_account(caller.session, caller.account, caller[DATA_KEY])


@route(sessions, "GET", "/v1/sessions/events", needs=(DATA_KEY,))
def list_session_events(caller: RightsCaller, cursor: Cursor | None, size: PageSize) -> SessionEventList:
    """List what happened to the sessions of the account in 90 days, the newest first.

    `copied_token_refused`: a refresh token was used twice, so its session ended.
    """
    return history.page(caller.account.account_id, caller[DATA_KEY], cursor, size)


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


@route(sessions, "DELETE", "/v1/sessions/others", limit=_LOGS_OUT)
def end_other_sessions(caller: RightsCaller) -> NoContent:
    """Sign out all devices of the account but this one."""
    logout.end_others(caller.session)
    return NoContent()
