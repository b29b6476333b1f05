"""Routes of the pages that are the same for everyone: they read no table and have no permission."""

from chalice.app import Blueprint

from chalicelib.core.errors import NotFound
from chalicelib.core.http import PublicPage, ReaderLanguage, ShownLanguage, route
from chalicelib.site.layout import Reader
from chalicelib.site.pages import registry
from chalicelib.site.pages.registry import PageName

pages = Blueprint(__name__)

_Accepted = ReaderLanguage | None
_Language = ShownLanguage | None


@route(pages, "GET", "/privacy")
def get_privacy_centre(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the first page of the privacy centre."""
    return registry.page(registry.START, Reader.of("/privacy", accepted, language))


@route(pages, "GET", "/privacy/{name}", problems=(NotFound,))
def get_public_page(name: PageName, accepted: _Accepted, language: _Language) -> PublicPage:
    """Get a page about our processing or about us, such as `recipients`, `year` or `imprint`."""
    return registry.page(name, Reader.of(f"/privacy/{name}", accepted, language))
