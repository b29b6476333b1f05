"""Routes of the pages on which a form begins: they read no table and have no permission."""

from chalice.app import Blueprint

from chalicelib.core.errors import NotFound
from chalicelib.core.http import PublicPage, ReaderLanguage, ShownLanguage, route
from chalicelib.rights.request.terms import Right
from chalicelib.site.forms import start
from chalicelib.site.forms.model import FormRight, ReceiptForm, ReportForm, StartForm, SupportForm
from chalicelib.site.layout import SITE_POLICY, Reader

starts = Blueprint(__name__)

_Accepted = ReaderLanguage | None
_Language = ShownLanguage | None


@route(starts, "GET", "/privacy/delete")
def get_deletion_page(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the page about the deletion of an account, with its form."""
    return _of_right(Reader.of("/privacy/delete", accepted, language), Right.ERASURE)


@route(starts, "GET", "/privacy/rights/{right}", problems=(NotFound,))
def get_right_page(right: FormRight, accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the page about a right, with its form."""
    return _of_right(Reader.of(f"/privacy/rights/{right}", accepted, language), right.right)


@route(starts, "GET", "/privacy/request")
def get_receipt_page(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the page on which a person shows the receipt of a request.

    Messages link to it with `#`, the id of the request, a dot and the receipt. A browser does not send that
    part: the script of the page reads it, and sends the form. Without a script, the reader pastes the link.
    """
    reader = Reader.of("/privacy/request", accepted, language)
    return PublicPage(markup=start.of_receipt(reader, ReceiptForm()), policy=start.RECEIPT_POLICY)


@route(starts, "GET", "/privacy/report")
def get_report_page(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the page on which a person without an account reports abuse, or appeals."""
    markup = start.of_report(Reader.of("/privacy/report", accepted, language), ReportForm())
    return PublicPage(markup=markup, policy=SITE_POLICY)


@route(starts, "GET", "/privacy/support")
def get_support_page(accepted: _Accepted, language: _Language) -> PublicPage:
    """Get the page on which a person writes to us."""
    reader = Reader.of("/privacy/support", accepted, language)
    return PublicPage(markup=start.of_support(reader, SupportForm()), policy=SITE_POLICY)


def _of_right(reader: Reader, right: Right) -> PublicPage:
    return PublicPage(markup=start.of_right(reader, right, StartForm()), policy=SITE_POLICY)
