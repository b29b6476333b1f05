"""Routes of notices, and their pages as they were frozen (ADR 90)."""

from collections.abc import Iterable

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import Caller, RightsCaller
from chalicelib.consents.notices import frozen, service, versions
from chalicelib.consents.notices.model import AnnouncementList, Notice, NoticeKind, NoticeList, NoticeVersion
from chalicelib.consents.notices.service import STANDINGS, TermsOutdated
from chalicelib.core.clock import day_of
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import NotFound, existing
from chalicelib.core.http import (
    DailyLimit,
    NoContent,
    PublicPage,
    ReaderLanguage,
    Shared,
    ShownLanguage,
    route,
)
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import POLICY, opening
from chalicelib.core.phrases import in_language, in_script
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


@route(notices, "GET", "/privacy/policy")
def get_privacy_policy(reader: ReaderLanguage | None, language: ShownLanguage | None) -> PublicPage:
    """Get the privacy policy that is in effect, as a page."""
    return _page(service.current(NoticeKind.PRIVACY), reader, language)


@route(notices, "GET", "/privacy/policy/{version}", problems=(NotFound,))
def get_privacy_policy_version(
    version: NoticeVersion, reader: ReaderLanguage | None, language: ShownLanguage | None
) -> PublicPage:
    """Get a published version of the privacy policy, as a page."""
    return _page(_version(NoticeKind.PRIVACY, version), reader, language)


@route(notices, "GET", "/terms")
def get_terms(reader: ReaderLanguage | None, language: ShownLanguage | None) -> PublicPage:
    """Get the terms that are in effect, as a page."""
    return _page(service.current(NoticeKind.TERMS), reader, language)


@route(notices, "GET", "/terms/{version}", problems=(NotFound,))
def get_terms_version(
    version: NoticeVersion, reader: ReaderLanguage | None, language: ShownLanguage | None
) -> PublicPage:
    """Get a published version of the terms, as a page."""
    return _page(_version(NoticeKind.TERMS, version), reader, language)


def _version(kind: NoticeKind, version: NoticeVersion) -> Notice:
    return existing(next((one for one in versions.published(kind) if one.version == version), None))


def _page(notice: Notice, reader: ReaderLanguage | None, chosen: ShownLanguage | None) -> PublicPage:
    language = Language(chosen) if chosen else ReaderLanguage.of(reader)
    if notice.digest:
        return PublicPage(markup=frozen.page(notice.version, language), policy=POLICY)
    return PublicPage(markup=_list(notice.kind, versions.published(notice.kind), language), policy=POLICY)


_TITLES = {
    NoticeKind.TERMS: {"en": "Terms of use", "sr": "Uslovi korišćenja"},
    NoticeKind.PRIVACY: {"en": "Privacy policy", "sr": "Politika privatnosti"},
}
_VERSION = {"en": "The version in effect from {day}", "sr": "Verzija koja važi od {day}"}


def _list(kind: NoticeKind, published: Iterable[Notice], language: Language) -> Html:
    """The links of all versions, the newest first."""
    title = in_language(_TITLES[kind], language)
    newest_first = sorted(published, key=lambda notice: notice.effective_at, reverse=True)
    return Html().join(
        [
            opening(title, language),
            Html('<div class="page">'),
            tag("header", tag("h1", title)),
            tag("main", tag("ul", *(_link(notice, language) for notice in newest_first))),
            Html("</div></body></html>\n"),
        ]
    )


def _link(notice: Notice, language: Language) -> Html:
    day = in_script(day_in_words(day_of(notice.effective_at), language), language)
    said = in_language(_VERSION, language).format(day=day)
    return tag("li", tag("a", said, href=frozen.url_of(notice)))
