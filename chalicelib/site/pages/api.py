"""Routes of the pages that are the same for everyone."""

from chalice.app import Blueprint

from chalicelib.core.errors import NotFound
from chalicelib.core.http import PublicPage, ReaderLanguage, ShownLanguage, route
from chalicelib.site.layout import Reader
from chalicelib.site.pages import registry
from chalicelib.site.pages.registry import PageName

pages = Blueprint(__name__)


@route(pages, "GET", "/privacy")
def get_privacy_centre(accepted: ReaderLanguage | None, language: ShownLanguage | None) -> PublicPage:
    """Get the first page of the privacy centre."""
    return registry.page(registry.START, Reader.of("/privacy", accepted, language))


@route(pages, "GET", "/privacy/{name}", problems=(NotFound,))
def get_public_page(
    name: PageName, accepted: ReaderLanguage | None, language: ShownLanguage | None
) -> PublicPage:
    """Get a page about our processing or about us, such as `recipients`, `year` or `imprint`."""
    return registry.page(name, Reader.of(f"/privacy/{name}", accepted, language))
