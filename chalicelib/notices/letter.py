"""The mail that announces a new version of a notice, in the user's language."""

from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.messages.languages import language
from chalicelib.messages.mail import Mail
from chalicelib.notices.model import Notice, NoticeKind

# Serbian is the language of most users; all others get English.
_TEXTS = {
    "sr": (
        {NoticeKind.TERMS: "Uslovi korišćenja", NoticeKind.PRIVACY: "Politika privatnosti"},
        "RU4M: nova verzija dokumenta „{what}“",
        (
            "RU4M menja dokument „{what}“. Nova verzija važi za Vas od {day}.",
            "Šta se menja: {changes}",
            "Ceo tekst: {url}",
            "Ovo je obaveštenje o usluzi koju koristite.",
        ),
    ),
    "en": (
        {NoticeKind.TERMS: "terms of use", NoticeKind.PRIVACY: "privacy policy"},
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
    """Write the mail about a version, with the day from which it applies to this recipient."""
    spoken = language(locale, _TEXTS)
    names, subject, paragraphs = _TEXTS[spoken]
    words = {
        "what": names[notice.kind],
        "day": day_of(applies_from).isoformat(),
        "changes": notice.changes,
        "url": notice.url,
    }
    return Mail(
        mail_id=mail_id,
        to=to,
        language=spoken,
        subject=subject.format(**words),
        paragraphs=tuple(paragraph.format(**words) for paragraph in paragraphs),
    )
