"""Routes of notices."""

from chalice.app import Blueprint

from chalicelib.core.http import NoContent, route
from chalicelib.notices import service
from chalicelib.notices.model import NoticeList, NoticeVersion
from chalicelib.sessions.caller import Caller

notices = Blueprint(__name__)


@route(notices, "GET", "/v1/notices")
def list_notices() -> NoticeList:
    """All versions of the terms and the privacy policy, newest first."""
    return NoticeList(items=service.published())


@route(notices, "GET", "/v1/notices/current")
def list_current_notices() -> NoticeList:
    """The version of each kind that is in effect now."""
    return NoticeList(items=service.currents())


@route(notices, "POST", "/v1/notices/{version}/acceptance")
def accept_notice(caller: Caller, version: NoticeVersion) -> NoContent:
    """Accept a version. Doing it again changes nothing."""
    service.accept(caller.account.account_id, version)
    return NoContent()
