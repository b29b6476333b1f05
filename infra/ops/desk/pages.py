"""Pages of the desk: the tables of the commands as HTML, in the parts that all readable pages share."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping

from rich.table import Table

from chalicelib.core import page
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, pairs, tag

_STYLE = """
h1,h2{overflow-wrap:anywhere}
.lead{margin-top:0}
form p,fieldset{margin:1rem 0;max-width:44rem}
fieldset{border:1px solid var(--line);border-radius:.4rem}
label,legend{display:block;font-weight:600}
.box{font-weight:400;display:inline-block;margin:.2rem 1rem .2rem 0}
input,select,textarea,button{font:inherit;color:inherit;background:var(--card);
border:1px solid var(--quiet);border-radius:.3rem;padding:.45rem .6rem}
input:not([type=checkbox]),select,textarea{width:100%}
button{cursor:pointer;font-weight:600;border-width:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.mistake{color:var(--warn);display:block}
@media screen and (max-width:67.99rem){nav li{display:inline-block;margin-right:1rem}}
img{max-width:100%}
iframe{width:100%;height:32rem;border:1px solid var(--line);background:#fff}
"""
POLICY = (
    f"default-src 'none'; style-src {page.hash_source(page.STYLE)} {page.hash_source(_STYLE)}; "
    "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
Links = Mapping[str, str]  # the list of each prefix of ids that has a page


def document(title: str, nav: Iterable[tuple[str, str]], *parts: Html) -> str:
    """Build a page with the links to all lists."""
    links = [tag("li", tag("a", name, href=href)) for name, href in nav]
    body = tag(
        "div",
        tag("a", "To the content", href="#content", class_="skip"),
        tag("header", tag("h1", title)),
        tag("nav", tag("ul", *links), aria_label="Lists"),
        tag("main", *parts, id="content"),
        class_="page",
    )
    opened = page.opening(f"{title} · RU4M desk", Language.ENGLISH, tag("style", Html(_STYLE)), policy=POLICY)
    return f"{opened}{body}</body></html>"


def card(*parts: Html, warn: str = "") -> Html:
    """Build a card; `warn` is the kind of a warning."""
    return tag("section", *parts, class_=f"card {warn}".strip())


def linked(text: str, links: Links) -> Html:
    """Return a text in which each id that has a page is a link."""
    found, end = Html(), 0
    for match in _ID.finditer(text):
        if (place := links.get(match[1] + match[2][:1])) is not None:
            found += Html.escape(text[end : match.start()]) + tag("a", match[0], href=f"{place}/{match[0]}")
            end = match.end()
    return found + Html.escape(text[end:])


# That of a complaint is the id of a request with a tail: `r_....person`.
_ID = re.compile(r"\b([a-z]{1,4})_[0-9a-z]{26}((?:\.[a-z]+)?)\b")


def of_table(table: Table, links: Links) -> Html:
    """Build a table that a command prints; one without heads has names and values."""
    columns = [[linked(str(cell), links) for cell in column.cells] for column in table.columns]
    rows = list(zip(*columns, strict=True))
    title = [tag("h2", str(table.title))] if table.title else []
    if not rows:
        return card(*title, tag("p", "Nothing.", class_="quiet"))
    if not table.show_header:
        return card(*title, pairs(*((Html(row[0].replace("_", " ")), row[1]) for row in rows)))
    heads = tuple(str(column.header) or "number" for column in table.columns)
    return card(*title, page.table(heads, rows, class_="many" if len(heads) > _FEW else ""))


_FEW = 6  # columns


PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})


def picture(content: bytes, kind: str) -> Html:
    """Show a picture, whose bytes are in the page itself."""
    source = f"data:{kind};base64,{b64encode(content).decode()}"
    return card(tag("img", src=source, alt="The reported file"))


def frame(title: str, document: str) -> Html:
    """Show a document as its reader gets it: in a frame without scripts, forms, links or an origin."""
    return card(tag("h2", title), tag("iframe", sandbox="", srcdoc=document, title=title))
