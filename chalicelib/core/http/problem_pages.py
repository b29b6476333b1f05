"""Pages for readers of whom a page or a form was refused: what happened, and what to do now."""

from collections.abc import Mapping

from chalice.app import Request, Response

from chalicelib.core.errors import Problem
from chalicelib.core.http.answers import HtmlPage, respond, retry_header
from chalicelib.core.http.options import ShownLanguage
from chalicelib.core.http.parameters import ReaderLanguage
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import POLICY, opening, root_of
from chalicelib.core.phrases import in_language

_FORM, _BUSY = 400, 503
# By status; any other one below 500 is of a form that could not be read.
SAID: Mapping[int, Mapping[str, str]] = {
    _FORM: {
        "en": "We could not read this form. Go back, check what you typed, and send it again.",
        "sr": "Nismo mogli da pročitamo ovaj obrazac. Vratite se, proverite unos i pošaljite ga ponovo.",
    },
    403: {
        "en": "Another site sent this form, your browser says. Open our page, and fill it in there.",
        "sr": "Ovaj obrazac je poslao drugi sajt. Otvorite našu stranicu i popunite ga tamo.",
    },
    404: {
        "en": "There is nothing at this address. Check the link, or begin at our first page.",
        "sr": "Na ovoj adresi nema ničega. Proverite vezu ili počnite od naše početne stranice.",
    },
    409: {
        "en": "This is not ready yet. Try again later.",
        "sr": "Ovo još nije spremno. Pokušajte kasnije.",
    },
    410: {
        "en": "This is no longer here: we keep it for some days only.",
        "sr": "Ovoga više nema: čuvamo ga samo nekoliko dana.",
    },
    429: {
        "en": "There were too many attempts. Wait a while, then try again.",
        "sr": "Bilo je previše pokušaja. Sačekajte malo, pa pokušajte ponovo.",
    },
    _BUSY: {
        "en": "Our service is busy. Nothing was lost: go back, and try again in a minute.",
        "sr": "Naš servis je preopterećen. Ništa nije izgubljeno: vratite se i pokušajte ponovo za minut.",
    },
}
TITLE: Mapping[str, str] = {"en": "This did not work", "sr": "Ovo nije uspelo"}
START: Mapping[str, str] = {"en": "First page", "sr": "Početna stranica"}


def problem_page(problem: Problem, request: Request, request_id: str) -> Response:
    """Build the response with the page for a problem, in the language of the reader."""
    language = _language(request)
    said = SAID.get(problem.status, SAID[_BUSY if problem.status >= 500 else _FORM])
    title = in_language(TITLE, language)
    start = tag("a", in_language(START, language), href=f"{root_of(request.path)}privacy")
    main = tag("main", tag("p", in_language(said, language)), tag("p", start))
    body = tag("div", tag("header", tag("h1", title)), main, class_="page")
    markup = Html().join([opening(title, language), body, Html("</body></html>\n")])
    response = respond(HtmlPage(markup=markup, policy=POLICY), request_id)
    response.status_code = problem.status
    response.headers.update(retry_header(problem.members))
    return response


def _language(request: Request) -> Language:
    query: Mapping[str, str] = request.query_params or {}
    chosen = ShownLanguage.parse(query.get("language", ""))
    accepted = ReaderLanguage.parse(request.headers.get("accept-language", ""))
    return Language(chosen) if chosen else ReaderLanguage.of(accepted)
