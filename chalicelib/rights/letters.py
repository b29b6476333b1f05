"""The mails that notify a subject about a rights request, in their language.

They only refer to the app and do not contain the answer, because a mailbox is less protected than a session.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.messages.languages import language
from chalicelib.messages.mail import Mail
from chalicelib.rights.model import RightsRequest

_ANSWERED = {
    "sr": (
        "RU4M: odgovor na Vaš zahtev",
        (
            "Odgovorili smo na zahtev koji ste podneli {day}.",
            "Odgovor je u aplikaciji, pod „Privatnost i prava“. Tamo piše i kome možete da se žalite.",
        ),
    ),
    "en": (
        "RU4M: we have answered your request",
        (
            "We have answered the request that you made on {day}.",
            "The answer is in the app, under “Privacy and rights”. It also says where you can complain.",
        ),
    ),
}

_EXTENDED = {
    "sr": (
        "RU4M: za Vaš zahtev nam treba više vremena",
        (
            "Zahtev koji ste podneli {day} zahteva više vremena. Odgovorićemo najkasnije {until}.",
            "Razlog je u aplikaciji, pod „Privatnost i prava“. Tamo piše i kome možete da se žalite.",
        ),
    ),
    "en": (
        "RU4M: we need more time for your request",
        (
            "We need more time for the request that you made on {day}. We will answer it by {until}.",
            "The reason is in the app, under “Privacy and rights”. It also says where you can complain.",
        ),
    ),
}

_Texts = Mapping[str, tuple[str, tuple[str, ...]]]


def answered(mail_id: MailId, to: str, locale: str | None, request: RightsRequest) -> Mail:
    """Write the mail that a request was answered."""
    return _letter(_ANSWERED, mail_id, to, locale, {"day": _day(request.received_at)})


def extended(mail_id: MailId, to: str, locale: str | None, request: RightsRequest, until: datetime) -> Mail:
    """Write the mail that the deadline was extended (Art. 12(3) GDPR)."""
    words = {"day": _day(request.received_at), "until": _day(until)}
    return _letter(_EXTENDED, mail_id, to, locale, words)


def _letter(texts: _Texts, mail_id: MailId, to: str, locale: str | None, words: dict[str, str]) -> Mail:
    spoken = language(locale, texts)
    subject, paragraphs = texts[spoken]
    filled = tuple(paragraph.format(**words) for paragraph in paragraphs)
    return Mail(mail_id=mail_id, to=to, language=spoken, subject=subject, paragraphs=filled)


def _day(instant: datetime) -> str:
    return day_of(instant).isoformat()
