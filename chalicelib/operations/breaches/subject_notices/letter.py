"""The mail that notifies a person of a breach (Art. 34(2) GDPR, Art. 53 ZZPL), in their language.

The frame is fixed. Operators supply nature, consequences, measures and advice in every language of the frame.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language, language_of
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import Mail
from chalicelib.operations.breaches.words import BreachWords
from chalicelib.privacy.controller import CONTROLLER

_NOTICE: Letters = {
    "sr": (
        "RU4M: povreda Vaših podataka o ličnosti",
        (
            (
                "Obaveštavamo Vas o povredi podataka o ličnosti koja se odnosi na Vaš nalog. "
                "Saznali smo za nju {day}. godine."
            ),
            "Šta se dogodilo: {nature}",
            "Moguće posledice: {consequences}",
            "Šta smo preduzeli: {measures}",
            "Šta možete da uradite: {advice}",
            "Za pitanja se obratite rukovaocu: {controller}, {contact}.",
            "Ovo obaveštenje šaljemo jer nas zakon na to obavezuje. Nikada Vam ne tražimo kodove ni lozinke.",
        ),
    ),
    "en": (
        "RU4M: a breach of your personal data",
        (
            (
                "We inform you of a breach of personal data that concerns your account. "
                "We became aware of it on {day}."
            ),
            "What happened: {nature}",
            "Likely consequences: {consequences}",
            "What we have done: {measures}",
            "What you can do: {advice}",
            "If you have questions, contact the controller: {controller}, {contact}.",
            "We send this notice because the law requires it. We never ask you for codes or passwords.",
        ),
    ),
}

LANGUAGES = tuple(_NOTICE)


def notice_mail(
    mail_id: MailId, to: str, locale: str | None, texts: dict[str, BreachWords], discovered_at: datetime
) -> Mail:
    """Compose the mail; the approved Serbian texts are transliterated for readers of Cyrillic script."""
    words = {
        "day": day_of(discovered_at),
        "controller": CONTROLLER.name,
        "contact": settings().contact_email,
        **read_in(texts, language_of(locale)).model_dump(),
    }
    return compose(_NOTICE, mail_id, to, locale, words)


def read_in(texts: Mapping[str, BreachWords], language: Language) -> BreachWords:
    """Return the approved texts in a reader's language and script."""
    if not language.is_serbian:
        return texts["en"]
    said = texts["sr"].model_dump()
    return BreachWords(**{name: in_script(text, language) for name, text in said.items()})
