"""The line that a phone shows for a push until the app has fetched the rest; it names no person."""

from collections.abc import Mapping

from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_language
from chalicelib.push.model import PushKind

_LINES: Mapping[PushKind, Mapping[str, str]] = {
    PushKind.MESSAGE: {"en": "New message", "sr": "Nova poruka"},
    PushKind.INVITATION: {"en": "New invitation", "sr": "Nova pozivnica"},
    PushKind.CONTACT: {"en": "New contact", "sr": "Novi kontakt"},
    PushKind.MISSED_CALL: {"en": "Missed call", "sr": "Propušten poziv"},
    PushKind.SECURITY: {
        "en": "Security of your account: open the app",
        "sr": "Bezbednost Vašeg naloga: otvorite aplikaciju",
    },
    PushKind.RIGHTS: {"en": "News about your request", "sr": "Novosti o Vašem zahtevu"},
    PushKind.SAFETY: {
        "en": "RU4M has a decision for you: open the app",
        "sr": "RU4M ima odluku za Vas: otvorite aplikaciju",
    },
    PushKind.NOTICE: {
        "en": "Notice from RU4M: open the app",
        "sr": "Obaveštenje od RU4M: otvorite aplikaciju",
    },
}


def line_of(kind: PushKind, language: Language) -> str:
    """Return the line of a kind; PROOF has none, since no phone shows it."""
    return in_language(_LINES[kind], language)
