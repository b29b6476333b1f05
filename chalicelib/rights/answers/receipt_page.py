"""The page of a receipt: one file with its style, its script and its texts. It loads no other file.

Addresses are relative, so the page works under each base path of the API. In the texts, `{contact}` is the
controller's address for mail.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import STYLE, hash_source, opening
from chalicelib.core.phrases import to_cyrillic

_WRITTEN: Mapping[str, Mapping[str, str]] = {
    "en-GB": {
        "erasure": "Deletion of your account",
        "request": "Your privacy request",
        "certificate": "Certificate",
        "received": "Opened",
        "begins": "Deletion begins at the earliest",
        "due": "Answer due by",
        "decided": "Decided",
        "loading": "Loading …",
        "erasure_cancellable": "Your account and your data will be deleted, except what we have to keep by "
        "law or for legal claims. You can still cancel this.",
        "erasure_begun": "The deletion has begun and cannot be stopped any more. When it is done, this link "
        "shows the certificate. Keep the link.",
        "erasure_done": "The signed file is the proof of the deletion: save it.",
        "until": "until",
        "erasure_refused": "We did not delete your account.",
        "erasure_cancelled": "The deletion was cancelled. Your account and its data stay.",
        "erasure_not_you": "You do not want this? Cancel the deletion. If another person asked for "
        "it, write to {contact}.",
        "open": "We are working on your request.",
        "proof": "Before we answer, we need proof that the request came from you. Write to {contact}.",
        "done": "We have answered your request. A copy is shown only in the app of the account, for some "
        "days.",
        "answered": "We have answered your request.",
        "complex": "We need more time for your request, because it is complex.",
        "many": "We need more time for your request, because there are many requests.",
        "lifted": "End of the restriction:",
        "refused": "We refused your request.",
        "cancelled": "The request was cancelled.",
        "app": "This page needs neither the app nor an account. On a phone with the RU4M app, the link "
        "can open the app, which shows the same.",
        "cancel_erasure": "Cancel the deletion",
        "cancel": "Cancel the request",
        "read": "Read the certificate",
        "download": "Download the signed file",
        "copy": "Download the copy",
        "back": "Back",
        "again": "Try again",
        "too_late": "It is too late to cancel.",
        "incomplete": "This link is incomplete, or the page was reloaded. Open the whole link from our "
        "message again.",
        "unknown": "There is no request for this link. Open the whole link from our message. Requests are "
        "deleted after some years. If in doubt, write to {contact}.",
        "not_ready": "The certificate is not ready yet. Try again later.",
        "busy": "Our service is busy. Try again in a minute.",
        "unreachable": "Our service could not be reached. Check your connection and try again. You can "
        "repeat a cancellation: that does no harm.",
    },
    "sr-Latn": {
        "erasure": "Brisanje naloga",
        "request": "Vaš zahtev u vezi sa privatnošću",
        "certificate": "Potvrda",
        "received": "Otvoreno",
        "begins": "Brisanje počinje najranije",
        "due": "Rok za odgovor",
        "decided": "Odlučeno",
        "loading": "Učitavanje …",
        "erasure_cancellable": "Vaš nalog i Vaši podaci biće obrisani, osim onih koje moramo da čuvamo po "
        "zakonu ili zbog pravnih zahteva. Još možete da otkažete brisanje.",
        "erasure_begun": "Brisanje je počelo i više ne može da se zaustavi. Kada se završi, ova veza "
        "prikazuje potvrdu. Sačuvajte vezu.",
        "erasure_done": "Dokaz o brisanju je potpisana datoteka: sačuvajte je.",
        "until": "poslednji dan:",
        "erasure_refused": "Nismo obrisali Vaš nalog.",
        "erasure_cancelled": "Brisanje je otkazano. Nalog i podaci ostaju.",
        "erasure_not_you": "Ne želite ovo? Otkažite brisanje. Ako je to tražio neko drugi, pišite na "
        "{contact}.",
        "open": "Radimo na Vašem zahtevu.",
        "proof": "Pre odgovora nam je potreban dokaz da ste zahtev podneli Vi. Pišite na {contact}.",
        "done": "Odgovorili smo na Vaš zahtev. Kopija se prikazuje samo u aplikaciji naloga, nekoliko dana.",
        "answered": "Odgovorili smo na Vaš zahtev.",
        "complex": "Za Vaš zahtev nam treba više vremena, jer je složen.",
        "many": "Za Vaš zahtev nam treba više vremena, jer ima mnogo zahteva.",
        "lifted": "Kraj ograničenja:",
        "refused": "Odbili smo Vaš zahtev.",
        "cancelled": "Zahtev je otkazan.",
        "app": "Za ovu stranicu Vam ne trebaju ni aplikacija ni nalog. Na telefonu sa aplikacijom RU4M veza "
        "može da otvori aplikaciju, koja prikazuje isto.",
        "cancel_erasure": "Otkažite brisanje",
        "cancel": "Otkažite zahtev",
        "read": "Pročitajte potvrdu",
        "download": "Preuzmite potpisanu datoteku",
        "copy": "Preuzmite kopiju",
        "back": "Nazad",
        "again": "Pokušajte ponovo",
        "too_late": "Prekasno je za otkazivanje.",
        "incomplete": "Ova veza nije potpuna ili je stranica ponovo učitana. Otvorite još jednom celu vezu "
        "iz naše poruke.",
        "unknown": "Ne postoji zahtev za ovu vezu. Otvorite celu vezu iz naše poruke. Posle nekoliko "
        "godina brišemo zahteve. Ako niste sigurni, pišite na {contact}.",
        "not_ready": "Potvrda još nije spremna. Pokušajte kasnije.",
        "busy": "Naš servis je trenutno preopterećen. Pokušajte ponovo za minut.",
        "unreachable": "Naš servis nije dostupan. Proverite vezu sa internetom i pokušajte ponovo. "
        "Otkazivanje možete da ponovite bez štete.",
    },
}

# By language tag. The first language is for readers of any other one.
TEXTS: Mapping[str, Mapping[str, str]] = {
    **_WRITTEN,
    "sr-Cyrl": {name: to_cyrillic(text) for name, text in _WRITTEN["sr-Latn"].items()},
}

# For readers whose browser runs no script, in each language.
_WITHOUT_IN_SERBIAN = (
    "Ovoj stranici je potreban JavaScript da bi prikazala Vaš zahtev. Bez njega pišite na {contact}: "
    "odgovorićemo na pitanja o zahtevu i otkazati ga ako želite."
)
WITHOUT_SCRIPT = (
    (
        "en",
        (
            "This page needs JavaScript to show your request. Without it, write to {contact}: we answer "
            "questions about your request, and cancel it if you want."
        ),
    ),
    ("sr-Latn", _WITHOUT_IN_SERBIAN),
    ("sr-Cyrl", to_cyrillic(_WITHOUT_IN_SERBIAN)),
)


SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

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
