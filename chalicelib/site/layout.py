"""The frame of every page of the site: its head, where it leads, its language, its style (ADR 99).

A page works without a script. Links are relative, so the site works under each base path of the API. A
language that the reader chose on a page stays chosen on the pages to which it links.
"""

from dataclasses import dataclass

from chalicelib.core.http import ReaderLanguage, ShownLanguage
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import STYLE, hash_source, opening, root_of
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy.serbian import PRIVACY
from chalicelib.site.form_serbian import FORMS
from chalicelib.site.serbian import SITE

# A single column, and buttons as large as a thumb (WCAG 2.2, 2.5.8).
SITE_STYLE = """
.page{display:block;max-width:48rem}
h1{margin-top:1.5rem}
.top{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;align-items:baseline;margin:0 0 1.5rem;
padding:0 0 .7rem;border-bottom:1px solid var(--line)}
.top a{display:inline-block;padding:.4rem 0}
.top .name{font-weight:700;font-size:1.1rem}
.languages{margin-left:auto;display:flex;gap:.8rem;align-items:baseline}
main h3{margin-top:1.3rem}
[role=status]{margin-top:1rem}
nav{position:static;margin:0;max-height:none}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:0}
footer{margin:3rem 0 0;padding:1rem 0 0;border-top:1px solid var(--line);font-size:.925rem}
.actions{display:flex;flex-wrap:wrap;gap:.8rem;margin:1.2rem 0 0}
.field{margin:1.2rem 0 0}
label{font-weight:600;display:block}
.hint{color:var(--quiet);font-size:.925rem;margin:.15rem 0 .3rem}
input,textarea,select{font:inherit;width:100%;max-width:32rem;
color:var(--text);background:var(--card);border:1px solid var(--quiet);border-radius:.4rem;
padding:.55rem .7rem;min-height:2.9rem}
textarea{min-height:8rem}
.mistake{border-left:.3rem solid var(--warn);padding-left:.8rem}
.mistake strong{color:var(--warn)}
button,.button{font:inherit;font-weight:600;min-height:2.9rem;padding:.5rem 1.1rem;border-radius:.5rem;
cursor:pointer;background:var(--card);color:var(--link);border:2px solid var(--link);text-decoration:none;
display:inline-block}
button.main,.button.main{background:var(--link);color:var(--card)}
button:focus-visible,input:focus-visible,textarea:focus-visible,select:focus-visible{
outline:3px solid var(--link);outline-offset:2px}
.answer{white-space:pre-line}
@media print{.actions,.top,footer,form{display:none}}
"""

_NAMES = (
    (Language.ENGLISH, "English"),
    (Language.SERBIAN_LATIN, "Srpski"),
    (Language.SERBIAN_CYRILLIC, "Српски"),
)
_MENU = {
    "/privacy": "Privacy centre",
    "/privacy/delete": "Delete my account",
    "/privacy/versions": "Policy and terms",
    "/privacy/support": "Write to us",
}
_FOOT = {
    "/privacy/request": "I have a receipt",
    "/privacy/recipients": "Who receives data",
    "/privacy/report": "Report abuse",
    "/privacy/year": "The year in figures",
    "/privacy/verify": "Check a certificate",
    "/privacy/cookies": "Cookies",
    "/privacy/children": "Safety of children",
    "/privacy/accessibility": "Accessibility",
    "/privacy/imprint": "Imprint and contact",
}


@dataclass(frozen=True)
class Reader:
    """The reader of a page.

    Attributes:
        path: of the page, as its route has it.
        language: of the page.
        chosen: the language that the reader chose on a page; None if their browser decides.
    """

    path: str
    language: Language
    chosen: ShownLanguage | None = None

    @classmethod
    def of(cls, path: str, accepted: ReaderLanguage | None, chosen: ShownLanguage | None) -> "Reader":
        """Return the reader of a page at a path."""
        return cls(path, Language(chosen) if chosen else ReaderLanguage.of(accepted), chosen)

    @property
    def say(self) -> Phrasebook:
        """The phrases in the language of the reader."""
        return Phrasebook(self.language, SITE, FORMS, PRIVACY)

    def link(self, path: str) -> str:
        """Return the address of another page of the site, in the chosen language."""
        return f"{root_of(self.path)}{path[1:]}" + (f"?language={self.chosen}" if self.chosen else "")


def policy_of(*scripts: str, forms: str = "'self'") -> str:
    """Return the content security policy of a page: our style, these scripts, forms to `forms` only."""
    allowed = f"script-src {' '.join(map(hash_source, scripts))}; connect-src 'self'; " if scripts else ""
    styles = f"{hash_source(STYLE)} {hash_source(SITE_STYLE)}"
    return f"default-src 'none'; {allowed}style-src {styles}; base-uri 'none'; form-action {forms}"


SITE_POLICY = policy_of()


def page(reader: Reader, title: str, *parts: Html, policy: str = SITE_POLICY, news: str = "") -> str:
    """Build a page of the site.

    Args:
        reader: of the page.
        title: its heading, in the language of the reader.
        parts: its content.
        policy: its content security policy, if it needs more than the style.
        news: what the name of the document says first, such as that a form was not accepted.
    """
    say = reader.say
    skip = tag("a", say("To the content"), class_="skip", href="#content")
    menu = tag("nav", tag("ul", *_links(reader, _MENU)), aria_label=say("Menu"))
    more = tag("nav", tag("ul", *_links(reader, _FOOT)), aria_label=say("More pages"))
    header = tag("header", skip, _top(reader), menu, tag("h1", title))
    body = tag("div", header, tag("main", *parts, id="content"), tag("footer", more), class_="page")
    head = opening(f"{news}{title} - RU4M", reader.language, tag("style", Html(SITE_STYLE)), policy=policy)
    return Html().join([head, body, Html("</body></html>\n")])


def link(reader: Reader, path: str, text: str, **attributes: str) -> Html:
    """Build a link to another page of the site."""
    return tag("a", text, href=reader.link(path), **attributes)


def section(title: str, *parts: Html, **attributes: str) -> Html:
    """Build a part of a page with a heading of its own."""
    return tag("section", tag("h2", title), *parts, **attributes)


def paragraphs(*texts: str) -> Html:
    """Build paragraphs."""
    return Html().join(tag("p", text) for text in texts)


def bullets(*items: str) -> Html:
    """Build a list."""
    return tag("ul", *(tag("li", item) for item in items))


def _top(reader: Reader) -> Html:
    named = (
        tag("span", name, lang=language.value, aria_current="true")
        if language is reader.language
        else tag("a", name, lang=language.value, hreflang=language.value, href=f"?language={language}")
        for language, name in _NAMES
    )
    name = link(reader, "/privacy", "RU4M", class_="name")
    return tag("div", name, tag("div", *named, class_="languages"), class_="top")


def _links(reader: Reader, menu: dict[str, str]) -> list[Html]:
    here = {"aria_current": "page"}
    return [
        tag("li", link(reader, path, reader.say(text), **(here if path == reader.path else {})))
        for path, text in menu.items()
    ]
