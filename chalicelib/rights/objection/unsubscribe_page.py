"""The page behind a link to unsubscribe. It asks, and changes nothing; its button sends the form of RFC 8058.

Programs that check links open them, so opening one must not object. The page names no person.
"""

from collections.abc import Mapping

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import STYLE, hash_source, opening
from chalicelib.core.phrases import in_script

# By language: the question, what the button does, the button, and the confirmation.
_TEXTS: Mapping[str, tuple[str, str, str, str]] = {
    "en": (
        "Stop marketing?",
        (
            "You then get no more news and offers from us, and we do not choose advertisements by your data. "
            "Mails about your account and your rights still reach you."
        ),
        "Stop marketing",
        "Done. You get no more news and offers from us. You can consent to them again in the app.",
    ),
    "sr": (
        "Ne želite više reklamne poruke?",
        (
            "Više Vam nećemo slati novosti i ponude i nećemo birati oglase prema Vašim podacima. Poruke o "
            "Vašem nalogu i Vašim pravima i dalje će stizati."
        ),
        "Ne želim reklamne poruke",
        "Gotovo. Više Vam nećemo slati novosti i ponude. U aplikaciji možete ponovo da date pristanak.",
    ),
}
# One column, and a button as large as a thumb.
_OWN_STYLE = """
.page{display:block;max-width:40rem}
button{font:inherit;font-weight:600;min-height:2.9rem;padding:.5rem 1.1rem;border-radius:.5rem;cursor:pointer;
background:var(--link);color:var(--card);border:2px solid var(--link)}
button:focus-visible{outline:3px solid var(--link);outline-offset:3px}
"""
UNSUBSCRIBE_POLICY = (
    f"default-src 'none'; style-src {hash_source(STYLE)} {hash_source(_OWN_STYLE)}; base-uri 'none'; "
    "form-action 'self'"
)


def question(language: Language) -> str:
    """Build the page that asks, in the language of the mail."""
    heading, what, button, _ = _in(language)
    form = tag(
        "form",
        tag("input", type="hidden", name="List-Unsubscribe", value="One-Click"),
        tag("input", type="hidden", name="answer", value="page"),
        tag("button", button, type="submit"),
        method="post",
    )
    return _page(language, heading, tag("p", what), form)


def confirmation(language: Language) -> str:
    """Build the page that confirms the objection."""
    done = _in(language)[-1]
    return _page(language, "RU4M", tag("p", done, role="status"))


def _in(language: Language) -> tuple[str, ...]:
    if not language.is_serbian:
        return _TEXTS["en"]
    return tuple(in_script(text, language) for text in _TEXTS["sr"])


def _page(language: Language, heading: str, *parts: Html) -> str:
    head = opening(heading, language, tag("style", Html(_OWN_STYLE)), policy=UNSUBSCRIBE_POLICY)
    main = tag("main", *parts)
    body = tag("div", tag("header", tag("h1", heading)), main, class_="page")
    return "".join((head, body, Html("</body></html>\n")))
