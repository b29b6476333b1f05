"""Routes of the forms, which the function of rights serves: it may send codes and read requests."""

from chalice.app import Blueprint

from chalicelib.consents.links import UnsubscribeToken
from chalicelib.core.errors import NotFound, TooMany, Unavailable
from chalicelib.core.http import (
    ClientAddress,
    FetchSite,
    HtmlPage,
    NoContent,
    ReaderLanguage,
    RefusedPage,
    SeeOther,
    ShownLanguage,
    Unlimited,
    route,
)
from chalicelib.rights.erasure.certificate import CertificateFile
from chalicelib.rights.objection import unsubscribe as objection
from chalicelib.rights.objection.unsubscribe import OneClick
from chalicelib.rights.request.states import ExportDeleted, NotReady
from chalicelib.site.forms import papers, steps, unsubscribe_page
from chalicelib.site.forms.model import (
    FormRight,
    ReceiptForm,
    ReportForm,
    StartForm,
    StepForm,
    SupportForm,
)
from chalicelib.site.forms.open_form import FormCookie
from chalicelib.site.layout import SITE_POLICY, Reader

forms = Blueprint(__name__)

_CODES = Unlimited("Its codes are limited per number, mailbox, number prefix and address")
_REPORTS = Unlimited("Its codes are limited, and reports without one by address and day")
_STEPS = Unlimited("Codes and wrong codes are limited; the rest belongs to one request")
_CERTIFICATE = (NotFound, NotReady, Unavailable)
_Accepted = ReaderLanguage | None
_Language = ShownLanguage | None
_Site = FetchSite | None


@route(forms, "POST", "/privacy/rights/{right}", limit=_CODES, problems=(Unavailable,))
def send_right_form(
    right: FormRight,
    body: StartForm,
    address: ClientAddress,
    site: _Site,  # noqa: ARG001 - parsing it refuses the forms of other sites
    accepted: _Accepted,
    language: _Language,
) -> SeeOther | RefusedPage:
    """Ask for a code for a request: the form of the page of a right."""
    return steps.ask(Reader.of(f"/privacy/rights/{right}", accepted, language), right.right, body, address)


@route(forms, "POST", "/privacy/request", limit=_STEPS, problems=(Unavailable,))
def send_receipt(
    body: ReceiptForm,
    cookie: FormCookie | None,
    site: _Site,  # noqa: ARG001 - as above
    accepted: _Accepted,
    language: _Language,
) -> SeeOther | RefusedPage:
    """Open the request that a receipt belongs to."""
    reader = Reader.of("/privacy/request", accepted, language)
    return steps.show(reader, FormCookie.of(cookie), body)


@route(forms, "POST", "/privacy/support", limit=_CODES, problems=(Unavailable,))
def send_support_form(
    body: SupportForm,
    address: ClientAddress,
    site: _Site,  # noqa: ARG001 - as above
    accepted: _Accepted,
    language: _Language,
) -> SeeOther | RefusedPage:
    """Ask for a code for a message to us."""
    return steps.write(Reader.of("/privacy/support", accepted, language), body, address)


@route(forms, "POST", "/privacy/report", limit=_REPORTS, problems=(Unavailable,))
def send_report_form(
    body: ReportForm,
    address: ClientAddress,
    site: _Site,  # noqa: ARG001 - as above
    accepted: _Accepted,
    language: _Language,
) -> SeeOther | RefusedPage:
    """Report abuse without an account: by a code to a mailbox, or without one about children."""
    return steps.report(Reader.of("/privacy/report", accepted, language), body, address)


@route(forms, "GET", "/privacy/form", problems=(Unavailable,))
def get_open_form(cookie: FormCookie | None, accepted: _Accepted, language: _Language) -> HtmlPage:
    """Get the page of the open form: the code that it waits for, or the request that it shows."""
    return steps.current(Reader.of("/privacy/form", accepted, language), FormCookie.of(cookie))


@route(forms, "POST", "/privacy/form", limit=_STEPS, problems=(TooMany, Unavailable))
def send_step(
    body: StepForm,
    cookie: FormCookie | None,
    address: ClientAddress,
    site: _Site,  # noqa: ARG001 - as above
    accepted: _Accepted,
    language: _Language,
) -> SeeOther | RefusedPage | HtmlPage:
    """Take a step of the open form: a code, a further proof, a paper, a cancellation, or its end."""
    return steps.take(Reader.of("/privacy/form", accepted, language), FormCookie.of(cookie), body, address)


@route(forms, "GET", "/privacy/form/paper")
def get_uploaded_page(accepted: _Accepted, language: _Language) -> HtmlPage:
    """Get the page to which S3 sends the browser after an upload. It shows nothing of it."""
    reader = Reader.of("/privacy/form/paper", accepted, language)
    return HtmlPage(markup=papers.uploaded(reader), policy=SITE_POLICY)


@route(forms, "GET", "/privacy/form/copy", problems=(NotFound, NotReady, ExportDeleted, Unavailable))
def get_copy_of_form(cookie: FormCookie | None) -> SeeOther:
    """Get the copy of the request that is shown, by a link that works for minutes."""
    return steps.copy(FormCookie.of(cookie))


@route(forms, "GET", "/privacy/form/certificate", problems=_CERTIFICATE)
def get_certificate_of_form(cookie: FormCookie | None, accepted: _Accepted, language: _Language) -> HtmlPage:
    """Get the certificate of the request that is shown, as a page."""
    return steps.certificate_page(
        Reader.of("/privacy/form/certificate", accepted, language), FormCookie.of(cookie)
    )


@route(forms, "GET", "/privacy/form/signed-certificate.json", problems=_CERTIFICATE)
def get_certificate_file_of_form(cookie: FormCookie | None) -> CertificateFile:
    """Get the signed certificate of the request that is shown, as the file to keep."""
    return steps.certificate_file(FormCookie.of(cookie))


@route(forms, "GET", "/privacy/unsubscribe/{token}")
def get_unsubscribe_page(token: UnsubscribeToken, language: _Language) -> HtmlPage:
    """Get the page behind the link to unsubscribe in a marketing mail. It asks, and changes nothing."""
    reader = unsubscribe_page.reader_of(objection.read(token).language, language)
    return HtmlPage(markup=unsubscribe_page.question(reader), policy=SITE_POLICY)


@route(
    forms,
    "POST",
    "/privacy/unsubscribe/{token}",
    limit=Unlimited("An objection to marketing is never refused; repeating it stores nothing"),
    problems=(Unavailable,),
)
def unsubscribe(token: UnsubscribeToken, body: OneClick, language: _Language) -> NoContent | HtmlPage:
    """Object to direct marketing by the link in a mail, in one click and without a session (RFC 8058).

    The link also works after the account was deleted. The response does not reveal whether an account exists.
    With `answer=page` it is a page to read.
    """
    what = objection.read(token)
    objection.unsubscribe(what)
    if body.answer is None:
        return NoContent()
    reader = unsubscribe_page.reader_of(what.language, language)
    return HtmlPage(markup=unsubscribe_page.confirmation(reader), policy=SITE_POLICY)
