"""Messages about an erasure: its confirmation, its cancellation and its end (RGT-3, RGT-10).

They also reach people who did not request the erasure: a thief may have requested it, or the number has a new
owner. So the confirmation says what happens, when, and how to cancel it. Messages contain no name, number or
id except in the link, whose fragment has the receipt: a browser sends no fragment to a server.

A text message with a link has two parts, and three in Cyrillic script (`messages/letters`).
"""

from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.messages.letters import Letters, MessageWithRemedies, ShortTexts, WrittenMessage

_CONFIRMED: Letters = {
    "sr": (
        "RU4M: Vaš nalog će biti obrisan",
        (
            "Zatraženo je da obrišemo Vaš RU4M nalog i Vaše podatke. Brisanje počinje najranije {until}.",
            (
                "Do tada zamrzavamo nalog: niko ne može da ga koristi. Sve dok brisanje ne počne, možete da "
                "ga otkažete: otvorite vezu ispod. Za to Vam nije potrebna ni aplikacija ni prijava."
            ),
            "Ako ovo niste tražili, odmah otkažite brisanje i odgovorite na ovu poruku.",
            "Sačuvajte ovu poruku i ne prosleđujte je: posle brisanja ista veza prikazuje potvrdu.",
        ),
    ),
    "en": (
        "RU4M: your account will be deleted",
        (
            "We were asked to delete your RU4M account and data. The deletion begins on {until} or later.",
            (
                "Until then the account is frozen and cannot be used. You can cancel the deletion until it "
                "begins: open the link below. You do not need the app, and you do not need to sign in."
            ),
            "If you did not ask for this, cancel the deletion now and reply to this mail.",
            "Keep this mail and do not forward it: after the deletion, the same link shows a certificate.",
        ),
    ),
}

_CLOSING: Letters = {
    "sr": (
        "RU4M: Vaš nalog će biti obrisan",
        (
            (
                "Dugo niste koristili RU4M. Zato brišemo Vaš nalog i Vaše podatke. Brisanje počinje "
                "najranije {until}."
            ),
            (
                "Ako želite da zadržite nalog, prijavite se do tada u aplikaciji, ili otvorite vezu ispod i "
                "otkažite brisanje. Do brisanja nalog zamrzavamo."
            ),
            "Sačuvajte ovu poruku i ne prosleđujte je: posle brisanja ista veza prikazuje potvrdu.",
        ),
    ),
    "en": (
        "RU4M: your account will be deleted",
        (
            (
                "You have not used RU4M for a long time. So we are deleting your account and data. The "
                "deletion begins on {until} or later."
            ),
            (
                "To keep the account, sign in with the app before then, or open the link below and cancel "
                "the deletion. We freeze the account until then."
            ),
            "Keep this mail and do not forward it: after the deletion, the same link shows a certificate.",
        ),
    ),
}

_CLOSED: Letters = {
    "sr": (
        "RU4M: Vaš nalog je obrisan",
        (
            "Obrisali smo Vaš RU4M nalog i Vaše podatke, jer ih dugo niste koristili.",
            "Veza ispod prikazuje potvrdu: šta je obrisano, šta ostaje i zašto. Sačuvajte potvrdu.",
            "O ovom brisanju Vam više ne pišemo.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            "We deleted your RU4M account and your data, since you had not used them for a long time.",
            "The link below shows the certificate: what was deleted, what stays and why. Save it.",
            "We do not write to you about this deletion again.",
        ),
    ),
}

_ERASED: Letters = {
    "sr": (
        "RU4M: Vaš nalog je obrisan",
        (
            "Obrisali smo Vaš RU4M nalog i Vaše podatke, kao što je zatraženo.",
            "Veza ispod prikazuje potvrdu: šta je obrisano, šta ostaje i zašto. Sačuvajte potvrdu.",
            "O ovom brisanju Vam više ne pišemo.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            "We deleted your RU4M account and your data, as requested.",
            "The link below shows the certificate: what was deleted, what stays and why. Save it.",
            "We do not write to you about this deletion again.",
        ),
    ),
}

_ERASED_EXCEPT: Letters = {
    "sr": (
        "RU4M: Vaš nalog je obrisan",
        (
            (
                "Obrisali smo Vaš RU4M nalog i Vaše podatke, osim onoga što moramo da čuvamo po zakonu ili "
                "zbog "
                "pravnih zahteva."
            ),
            "Veza ispod prikazuje šta čuvamo, zašto i do kada, i potvrdu o brisanju. Sačuvajte je.",
            "O ovom brisanju Vam više ne pišemo.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            (
                "We deleted your RU4M account and your data, except what we have to keep by law or for legal "
                "claims."
            ),
            "The link below shows what we keep, why and until when, and the certificate. Save it.",
            "We do not write to you about this deletion again.",
        ),
    ),
}

_CANCELLED: Letters = {
    "sr": (
        "RU4M: brisanje Vašeg naloga je otkazano",
        (
            "Brisanje Vašeg RU4M naloga je otkazano. Nalog je ponovo onakav kakav je bio.",
            "Ako brisanje niste otkazali Vi, odgovorite na ovu poruku.",
        ),
    ),
    "en": (
        "RU4M: the deletion of your account was cancelled",
        (
            "The deletion of your RU4M account was cancelled. The account is as it was before.",
            "If you did not cancel it, reply to this mail.",
        ),
    ),
}

_KEPT: Letters = {
    "sr": (
        "RU4M: Vaš nalog ostaje",
        (
            "Ne brišemo Vaš RU4M nalog. Nalog je ponovo onakav kakav je bio.",
            "Ako se u međuvremenu niste prijavili niti otkazali brisanje, odgovorite na ovu poruku.",
        ),
    ),
    "en": (
        "RU4M: your account stays",
        (
            "We are not deleting your RU4M account. The account is as it was before.",
            "If you neither signed in meanwhile nor cancelled the deletion, reply to this mail.",
        ),
    ),
}

_CANCELLED_TEXT: ShortTexts = {
    "sr": "RU4M: brisanje Vašeg naloga je otkazano. Ako to niste bili Vi, pišite na {contact}.",
    "en": "RU4M: the deletion of your account was cancelled. If it was not you, write to {contact}.",
}

_CONFIRMED_TEXT: ShortTexts = {
    "sr": "RU4M: nalog i podatke brišemo najranije {until} Ako to ne želite, otkažite: {link}",
    "en": "RU4M: we will delete your account and data on {until} or later. To cancel the deletion: {link}",
}

_ERASED_EXCEPT_TEXT: ShortTexts = {
    "sr": "RU4M: Vaš nalog je obrisan, osim onoga što moramo da čuvamo. Šta i do kada: {link} Pritužba: "
    "{complaints}",
    "sr-Cyrl": "RU4M: nalog je obrisan, osim onoga što moramo da čuvamo: {link} Pritužba: {complaints}",
    "en": "RU4M: your account was deleted, except what we have to keep. Details: {link} "
    "Complaints: {complaints}",
}

_ERASED_TEXT: ShortTexts = {
    "sr": "RU4M: nalog i podaci su obrisani. Potvrda: {link} Pritužba: {complaints}",
    "sr-Cyrl": "RU4M: nalog i podaci su obrisani. Potvrda: {link} Pritužba: {complaints}",
    "en": "RU4M: your account and data were deleted. Certificate: {link} Complaints: {complaints}",
}


def confirmation(link: str, until: datetime) -> WrittenMessage:
    """The message that confirms an erasure before the account is frozen.

    Args:
        link: of the receipt's page.
        until: the earliest begin of the deletion, which also waits for the subject's other requests.
    """
    return WrittenMessage(_CONFIRMED, _CONFIRMED_TEXT, {"until": day_of(until)}, link)


def closing(link: str, until: datetime) -> WrittenMessage:
    """The message before an idle account is frozen; arguments as of `confirmation`."""
    return WrittenMessage(_CLOSING, None, {"until": day_of(until)}, link)


def cancelled() -> WrittenMessage:
    """The message that confirms a cancellation. It has no link: nothing is left to cancel."""
    return WrittenMessage(_CANCELLED, _CANCELLED_TEXT, {})


def kept() -> WrittenMessage:
    """The message that an account is not closed for inactivity after all. It has no link."""
    return WrittenMessage(_KEPT, None, {})


def mostly_erased(link: str, country: str | None) -> WrittenMessage:
    """The message after a deletion from which a law or a claim excepts something."""
    return MessageWithRemedies(_ERASED_EXCEPT, _ERASED_EXCEPT_TEXT, {}, link, country=country)


def erased(link: str, country: str | None) -> WrittenMessage:
    """The message after the deletion.

    It does not say that the address is deleted: a hold, which may be secret, can keep it.
    """
    return MessageWithRemedies(_ERASED, _ERASED_TEXT, {}, link, country=country)


def closed(link: str, country: str | None) -> WrittenMessage:
    """The message after the deletion of an idle account."""
    return MessageWithRemedies(_CLOSED, None, {}, link, country=country)
