"""Routes of the pages of the policy and the terms as they were frozen (ADR 90), and of their versions."""

from collections.abc import Iterator

from chalice.app import Blueprint

from chalicelib.consents.notices import frozen, service, versions
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import day_of
from chalicelib.core.errors import NotFound, existing
from chalicelib.core.http import PublicPage, ReaderLanguage, ShownLanguage, route
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import POLICY
from chalicelib.core.phrases import in_script
from chalicelib.site import layout
from chalicelib.site.layout import SITE_POLICY, Reader, section

notice_pages = Blueprint(__name__)

_Accepted = ReaderLanguage | None
_Language = ShownLanguage | None
_TITLES = {NoticeKind.PRIVACY: "Privacy policy", NoticeKind.TERMS: "Terms of use"}


@route(notice_pages, "GET", "/privacy/policy")
def get_privacy_policy(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the privacy policy that is in effect, as a page."""
    return _page(service.current(NoticeKind.PRIVACY), Reader.of("/privacy/policy", accepted, language))


@route(notice_pages, "GET", "/privacy/policy/{version}", problems=(NotFound,))
def get_privacy_policy_version(
    version: NoticeVersion, accepted: _Accepted, language: _Language
) -> PublicPage:
    """Get a published version of the privacy policy, as a page."""
    reader = Reader.of(f"/privacy/policy/{version}", accepted, language)
    return _page(_version(NoticeKind.PRIVACY, version), reader)


@route(notice_pages, "GET", "/terms")
def get_terms(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the terms that are in effect, as a page."""
    return _page(service.current(NoticeKind.TERMS), Reader.of("/terms", accepted, language))


@route(notice_pages, "GET", "/terms/{version}", problems=(NotFound,))
def get_terms_version(version: NoticeVersion, accepted: _Accepted, language: _Language) -> PublicPage:
    """Get a published version of the terms, as a page."""
    return _page(_version(NoticeKind.TERMS, version), Reader.of(f"/terms/{version}", accepted, language))


@route(notice_pages, "GET", "/privacy/versions")
def get_versions_page(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the page of all versions of the policy and the terms, with what each changed."""
    return _list(Reader.of("/privacy/versions", accepted, language), *NoticeKind)


def _version(kind: NoticeKind, version: NoticeVersion) -> Notice:
    return existing(next((one for one in versions.published(kind) if one.version == version), None))


def _page(notice: Notice, reader: Reader) -> PublicPage:
    if notice.digest:
        return PublicPage(markup=frozen.page(notice.version, reader.language), policy=POLICY)
    return _list(reader, notice.kind)


def _list(reader: Reader, *kinds: NoticeKind) -> PublicPage:
    """The page of the versions of some kinds, the newest first."""
    title = reader.say("Policy and terms") if len(kinds) > 1 else reader.say(_TITLES[kinds[0]])
    parts = (section(reader.say(_TITLES[kind]), *_versions(reader, kind)) for kind in kinds)
    return PublicPage(markup=layout.page(reader, title, *parts), policy=SITE_POLICY)


def _versions(reader: Reader, kind: NoticeKind) -> Iterator[Html]:
    now = clock.now()
    found = sorted(versions.published(kind), key=lambda notice: notice.effective_at, reverse=True)
    current = versions.in_effect(kind, now, found).version
    for notice in frozen.in_language(found, reader.language):
        day = in_script(day_in_words(day_of(notice.effective_at), reader.language), reader.language)
        said = reader.say("The version in effect from {day}", day=day)
        written = {} if notice.digest else {"lang": Language.ENGLISH.value}  # by its author
        changes = tag("p", notice.changes, class_="answer", **written) if notice.changes else Html()
        state = "In effect now" if notice.version == current else "Announced"
        is_marked = notice.version == current or notice.effective_at > now
        mark = tag("p", tag("strong", reader.say(state))) if is_marked else Html()
        yield tag("div", tag("h3", tag("a", said, href=frozen.url_of(notice))), mark, changes, class_="card")
