"""The document: one file with its style, its script and its texts. It loads no other file.

Addresses are relative, so the page works under each base path of the API.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import STYLE, hash_source, opening
from chalicelib.rights.answers.receipt_page.texts import TEXTS, WITHOUT_SCRIPT

SCRIPT = Path(__file__).with_name("script.js").read_text(encoding="utf-8")

# A single column, and buttons as large as a thumb. The heading gets the focus after each change, so that a
# screen reader reads it; it is no control, so it has no outline.
OWN_STYLE = """
.page{display:block;max-width:44rem}
.page.wide{max-width:76rem}
h1:focus{outline:none}
.answer{white-space:pre-line;margin:1.2rem 0 0}
.actions{display:flex;flex-wrap:wrap;gap:.8rem;margin:1.2rem 0 0}
.wide>.actions{margin:0 0 1rem}
button{font:inherit;font-weight:600;min-height:2.9rem;padding:.5rem 1.1rem;border-radius:.5rem;cursor:pointer;
background:var(--card);color:var(--link);border:2px solid var(--link)}
button.main{background:var(--link);color:var(--card)}
button:disabled{opacity:.55;cursor:wait}
button:focus-visible{outline:3px solid var(--link);outline-offset:3px}
@media screen and (min-width:68rem){.page.wide{display:grid}.wide>.actions{grid-column:1/-1}}
@media print{.actions{display:none}}
"""

RECEIPT_POLICY = (
    f"default-src 'none'; script-src {hash_source(SCRIPT)}; connect-src 'self'; "
    f"style-src {hash_source(STYLE)} {hash_source(OWN_STYLE)}; base-uri 'none'; form-action 'none'"
)


def receipt_page(contact: str) -> str:
    """Build the page. `contact`: the controller's address for mail."""
    return "".join(_pieces(contact))


def _pieces(contact: str) -> Iterator[str]:
    # The script sets the language of the reader.
    yield opening("RU4M", Language.ENGLISH, tag("style", Html(OWN_STYLE)), policy=RECEIPT_POLICY)
    yield Html('<div class="page" id="page">')
    yield tag("header", tag("h1", "RU4M", id="heading", tabindex="-1"))
    yield Html('<main id="request"></main>')
    yield tag("p", role="status", id="news")
    without = (tag("p", text.format(contact=contact), lang=language) for language, text in WITHOUT_SCRIPT)
    yield tag("noscript", tag("div", *without, class_="card warn"))
    yield Html("</div>")
    yield tag("script", Html(_data(contact)), type="application/json", id="texts")
    yield tag("script", Html(SCRIPT))
    yield Html("</body></html>\n")


def _data(contact: str) -> str:
    """The texts as JSON without `<`, so that no text can end the script element."""
    return json.dumps({"contact": contact, "texts": TEXTS}, ensure_ascii=False).replace("<", "\\u003c")
