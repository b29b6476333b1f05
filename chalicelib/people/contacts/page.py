"""The page behind the link of a contact code. It is the same for everyone and names no user.

A browser does not send the fragment with the code, and the page has no script that reads it. The app opens
the link itself.
"""

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import POLICY, opening
from chalicelib.core.phrases import to_cyrillic

__all__ = ["POLICY", "contact_page"]

_TITLE_IN_SERBIAN = "RU4M veza za kontakt"
_TEXT_IN_SERBIAN = (
    "Otvorite ovu vezu na telefonu na kojem je aplikacija RU4M. Tada postajete kontakt osobe koja Vam ju je "
    "dala. Otvorite je samo ako znate ko je to."
)
_TEXTS = (
    (
        "en",
        "A contact link of RU4M",
        (
            "Open this link on the phone that has the RU4M app. If you open it there, you become a contact "
            "of the person who gave it to you. Open it only if you know who that is."
        ),
    ),
    ("sr-Latn", _TITLE_IN_SERBIAN, _TEXT_IN_SERBIAN),
    ("sr-Cyrl", to_cyrillic(_TITLE_IN_SERBIAN), to_cyrillic(_TEXT_IN_SERBIAN)),
)


def contact_page() -> str:
    """Build the page."""
    parts = (
        tag("section", tag("h2", heading), tag("p", text), lang=language)
        for language, heading, text in _TEXTS
    )
    body = tag("div", tag("header", tag("h1", "RU4M")), tag("main", *parts), class_="page")
    return "".join((opening("RU4M", Language.ENGLISH), body, Html("</body></html>\n")))
