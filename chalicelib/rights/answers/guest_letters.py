"""Messages about requests without a session: the answer, the wait for a proof, the warning (RGT-11, ADR 49).

A message may reach a person who did not make the request: a number or mailbox has a new owner, or was
stolen. So none has a name, and only the answer to a person without an account has a link with the receipt:
the receipt of a copy opens the copy.
"""

from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.languages import language_of
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Letters, ShortTexts, Words, compose, short_text, with_remedies
from chalicelib.messages.mail import Mail
from chalicelib.privacy.remedies import COMPLAINTS_SITE
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right

_ANSWERED_GUEST: Letters = {
    "sr": (
        "RU4M: odgovor na Vaš zahtev",
        (
            "Odgovorili smo na zahtev od {day}. godine.",
            "Odgovor je na vezi ispod.",
            "Sačuvajte ovu poruku. Posle nje brišemo ovu adresu.",
        ),
    ),
    "en": (
        "RU4M: we have answered your request",
        (
            "We have answered the request of {day}.",
            "The link below shows the answer.",
            "Keep this mail. After it, we delete this address.",
        ),
    ),
}

_EXTENDED_GUEST: Letters = {
    "sr": (
        "RU4M: za Vaš zahtev nam treba više vremena",
        (
            "Zahtev od {day}. godine zahteva više vremena. Odgovorićemo najkasnije {until}. godine.",
            "Razlog je na vezi ispod.",
        ),
    ),
    "en": (
        "RU4M: we need more time for your request",
        (
            "We need more time for the request of {day}. We will answer it by {until}.",
            "The link below shows the reason.",
        ),
    ),
}

_EXTENDED_TEXT: ShortTexts = {
    "sr": "RU4M: za Vaš zahtev nam treba više vremena, do {until} Razlog: {link} Pritužba: {complaints}",
    "sr-Cyrl": "RU4M: za zahtev nam treba više vremena, do {until} Razlog: {link} Pritužba: {complaints}",
    "en": "RU4M: we need more time for your request, until {until}. The reason: {link} Complaints: "
    "{complaints}",
}

_ANSWERED_TEXT: ShortTexts = {
    "sr": "RU4M: odgovorili smo na Vaš zahtev: {link} Posle ove poruke brišemo Vaš broj. Pritužba: "
    "{complaints}",
    "sr-Cyrl": "RU4M: odgovor na Vaš zahtev: {link} Posle ovoga brišemo broj. Pritužba: {complaints}",
    "en": "RU4M: we have answered your request: {link} After this message, we delete your number. "
    "Complaints: {complaints}",
}

_ANSWERED_LOCKED_OUT_TEXT: ShortTexts = {
    "sr": "RU4M: odgovor na Vaš zahtev je u aplikaciji i uz potvrdu o prijemu. Pritužba: {complaints}",
    "en": "RU4M: we have answered your request. The answer is in the app and with your receipt. "
    "Complaints: {complaints}",
}

_PROOF: Letters = {
    "sr": (
        "RU4M: Vaš zahtev čeka",
        (
            "Zahtev od {day}. godine čeka da potvrdite da ste ga podneli Vi.",
            (
                "Potvrdite drugim brojem, adresom ili uređajem naloga, uz potvrdu o prijemu, ili pišite na "
                "{contact}. Ne tražimo lična dokumenta."
            ),
            (
                "Ako to ne učinite do {until}. godine, odbićemo zahtev. Možete da ga podnesete ponovo. Ako "
                "zahtev nije Vaš, otkažite ga u aplikaciji, pod „Privatnost i prava“, ili zanemarite ovu "
                "poruku: bez dokaza se ništa ne dešava."
            ),
        ),
    ),
    "en": (
        "RU4M: your request is waiting",
        (
            "The request of {day} waits for proof that it came from you.",
            (
                "Use another number, address or device of the account, with your receipt, or write to "
                "{contact}. We do not ask for identity documents."
            ),
            (
                "If there is no proof by {until}, we will refuse the request. You can make it again. If the "
                "request is not yours, cancel it in the app, under “Privacy and rights”, or ignore this "
                "mail: without a proof nothing happens."
            ),
        ),
    ),
}

_PROOF_TEXT: ShortTexts = {
    "sr": "RU4M: do {until} dokažite da je zahtev Vaš. Ako nije, zanemarite.",
    "en": "RU4M: a request waits for proof that it is yours, until {until}. Not yours? Ignore this.",
}

_WARNED: Letters = {
    "sr": (
        "RU4M: zahtev bez prijave u aplikaciju",
        (
            (
                "{day}. godine je bez prijave u aplikaciju zatraženo: {what}. To neće biti učinjeno pre "
                "{until}. godine."
            ),
            (
                "Ako to niste bili Vi, otkažite zahtev u aplikaciji, pod „Privatnost i prava“, ili odmah "
                "odgovorite na ovu poruku."
            ),
        ),
    ),
    "en": (
        "RU4M: a request without the app",
        (
            "On {day} this was requested without signing in: {what}. It will not be done before {until}.",
            (
                "If this was not you, cancel the request in the app, under “Privacy and rights”, or reply "
                "to this mail now."
            ),
        ),
    ),
}

_WARNED_TEXT: ShortTexts = {
    "sr": "RU4M: bez prijave je zatraženo: {what}, ne pre {until} Niste Vi? Otkažite u aplikaciji ili "
    "pišite na {contact}.",
    "en": "RU4M: requested without signing in: {what}, not before {until}. Not you? Cancel it in the "
    "app or write to {contact}.",
}

_WHAT = {
    "sr": {"copy": "kopija podataka", "erasure": "brisanje naloga", "correction": "ispravka podataka"},
    "en": {
        "copy": "a copy of the data",
        "erasure": "the deletion of the account",
        "correction": "a correction of the data",
    },
}
_NAMED = {Right.ERASURE: "erasure", Right.RECTIFICATION: "correction"}


def guest_answer_mail(
    mail_id: MailId, to: str, locale: str | None, request: RightsRequest, link: str
) -> Mail:
    """Compose the mail with the answer to a person without an account."""
    words = {"day": day_of(request.received_at)}
    return with_remedies(compose(_ANSWERED_GUEST, mail_id, to, locale, words, link), request.country)


def guest_answer_text(locale: str | None, link: str) -> str:
    """Compose the text message with the answer to a person without an account."""
    return short_text(_ANSWERED_TEXT, locale, {"link": link, "complaints": COMPLAINTS_SITE})


def guest_extension_mail(
    mail_id: MailId, to: str, locale: str | None, request: RightsRequest, until: datetime, link: str
) -> Mail:
    """Compose the mail about a longer deadline to a person without an account (Art. 12(3) GDPR)."""
    words = {"day": day_of(request.received_at), "until": day_of(until)}
    return with_remedies(compose(_EXTENDED_GUEST, mail_id, to, locale, words, link), request.country)


def guest_extension_text(locale: str | None, until: datetime, link: str) -> str:
    """Compose the same as a text message."""
    words: Words = {"until": day_of(until), "link": link, "complaints": COMPLAINTS_SITE}
    return short_text(_EXTENDED_TEXT, locale, words)


def locked_out_answer_text(locale: str | None) -> str:
    """Compose the text message about the answer for an account without a mailbox.

    It has no link: with the receipt of a copy, the number alone would open the copy.
    """
    return short_text(_ANSWERED_LOCKED_OUT_TEXT, locale, {"complaints": COMPLAINTS_SITE})


def proof_mail(mail_id: MailId, to: str, locale: str | None, request: RightsRequest, until: datetime) -> Mail:
    """Compose the reminder that proof of identity is outstanding, and until when."""
    words: Words = {
        "day": day_of(request.received_at),
        "until": day_of(until),
        "contact": settings().contact_email,
    }
    return compose(_PROOF, mail_id, to, locale, words)


def proof_text(locale: str | None, until: datetime) -> str:
    """Compose the same reminder as a text message."""
    return short_text(_PROOF_TEXT, locale, {"until": day_of(until)})


def warning_mail(
    mail_id: MailId, to: str, locale: str | None, request: RightsRequest, until: datetime
) -> Mail:
    """Compose the mail that warns of what was requested without a session.

    It has no link: a thief of the mailbox must not get the receipt, which opens the copy.
    """
    words: Words = {
        "day": day_of(request.received_at),
        "until": day_of(until),
        "what": _what(locale, request),
    }
    return compose(_WARNED, mail_id, to, locale, words)


def warning_text(locale: str | None, request: RightsRequest, until: datetime) -> str:
    """Compose the same warning as a text message."""
    words: Words = {
        "until": day_of(until),
        "what": _what(locale, request),
        "contact": settings().contact_email,
    }
    return short_text(_WARNED_TEXT, locale, words)


def _what(locale: str | None, request: RightsRequest) -> str:
    language = language_of(locale)
    words = _WHAT["sr" if language.is_serbian else "en"]
    word = words[_NAMED.get(request.right, "copy")]
    return in_script(word, language) if language.is_serbian else word
