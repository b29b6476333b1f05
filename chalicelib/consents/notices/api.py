"""Routes of notices, and their pages as they were frozen (ADR 90)."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import Caller, RightsCaller
from chalicelib.consents.notices import frozen, service
from chalicelib.consents.notices.model import AnnouncementList, NoticeList, NoticeVersion
from chalicelib.consents.notices.service import STANDINGS, TermsOutdated
from chalicelib.core.contract_words import LimitName
from chalicelib.core.http import (
    DailyLimit,
    NoContent,
    ReaderLanguage,
    Shared,
    route,
)
from chalicelib.core.settings import settings

notices = Blueprint(__name__)

_STANDINGS = tuple(STANDINGS.values())


@route(notices, "GET", "/v1/notices")
def list_notices(reader: ReaderLanguage | None) -> Shared[NoticeList]:
    """List all versions of the terms and the privacy policy, newest first."""
    return Shared(NoticeList(items=frozen.in_language(service.published(), ReaderLanguage.of(reader))))


@route(notices, "GET", "/v1/notices/current")
def list_current_notices(reader: ReaderLanguage | None) -> Shared[NoticeList]:
    """List the version of each kind that is in effect now."""
    return Shared(NoticeList(items=frozen.in_language(service.currents(), ReaderLanguage.of(reader))))


@route(notices, "GET", "/v1/announcements", needs=_STANDINGS)
def list_announcements(caller: RightsCaller, reader: ReaderLanguage | None) -> AnnouncementList:
    """List the versions announced to the caller, and from when each applies to them."""
    standings = (caller[standing] for standing in _STANDINGS)
    return AnnouncementList(items=service.announced_to(standings, ReaderLanguage.of(reader)))


@route(
    notices,
    "POST",
    "/v1/notices/{version}/acceptance",
    needs=_STANDINGS,
    limit=DailyLimit(LimitName.NOTICES_ACCEPTED, lambda: settings().limits.notices_accepted_day),
    problems=(TermsOutdated,),
)
def accept_notice(caller: Caller, version: NoticeVersion) -> NoContent:
    """Accept a published version that is not older than the one that applies. Can be repeated."""
    service.accept(caller.account.account_id, version, caller[STANDINGS[version.kind]])
    return NoContent()
