"""The mail that announces a new version of a notice, in the user's language."""

from datetime import datetime

from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.languages import language_of
from chalicelib.core.phrases import in_script
from chalicelib.messages.letters import Letters, Words, compose
from chalicelib.messages.mail import Mail

_NAMES = {
    "sr": {NoticeKind.TERMS: "Uslovi korišćenja", NoticeKind.PRIVACY: "Politika privatnosti"},
    "en": {NoticeKind.TERMS: "terms of use", NoticeKind.PRIVACY: "privacy policy"},
}
_TEXTS: Letters = {
    "sr": (
        "RU4M: nova verzija dokumenta „{what}“",
        (
            "RU4M menja dokument „{what}“. Nova verzija važi za Vas od {day}.",
            "Šta se menja: {changes}",
            "Ceo tekst: {url}",
            "Ovo je obaveštenje o usluzi koju koristite.",
        ),
    ),
    "en": (
        "RU4M: new {what}",
        (
            "RU4M is changing its {what}. The new version applies to you from {day}.",
            "What changes: {changes}",
            "Full text: {url}",
            "This is a message about the service that you use.",
        ),
    ),
}


def letter(mail_id: MailId, to: str, locale: str | None, notice: Notice, applies_from: datetime) -> Mail:
    """Write the mail about a version, with the day from which it applies to this recipient.

    What changes is shown as the notice states it, in the language of its author.
    """
    language = language_of(locale)
    name = (
        in_script(_NAMES["sr"][notice.kind], language) if language.is_serbian else _NAMES["en"][notice.kind]
    )
    words: Words = {"what": name, "day": day_of(applies_from), "changes": notice.changes, "url": notice.url}
    return compose(_TEXTS, mail_id, to, locale, words)
