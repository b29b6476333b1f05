"""Messages about an erasure: its confirmation, its cancellation and its end (RGT-3, RGT-10).

They also reach people who did not request the erasure: a thief may have requested it, or the number has a new
owner. So the confirmation says what happens, when, and how to cancel it. Messages contain no name, number or
id except in the link, whose fragment has the receipt: a browser sends no fragment to a server.

A text message with a link has two parts, and three in Cyrillic script (`messages/letters`).
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import day_of
from chalicelib.messages.letters import Letters, MessageWithRemedies, ShortTexts, WrittenMessage
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import ReceivedBy

_CONFIRMED: Letters = {
    "sr": (
        "RU4M: Vaš nalog će biti obrisan",
        (
            "Zatraženo je da obrišemo Vaš RU4M nalog i Vaše podatke. Brisanje počinje najranije {until}.",
            (
                "Pre toga zamrzavamo nalog: tada služi samo za ostvarivanje prava. Sve dok brisanje ne "
                "počne, možete da ga otkažete: otvorite vezu ispod. Za to Vam nije potrebna ni aplikacija ni "
                "prijava."
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
                "Before that, we freeze the account: then it is of use for privacy rights only. You can "
                "cancel the deletion until it begins: open the link below. You do not need the app, and you "
                "do not need to sign in."
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
                "Dugo niste koristili RU4M. Zato brišemo Vaš nalog i Vaše podatke, osim onih koje moramo da "
                "čuvamo po zakonu ili zbog pravnih zahteva. Brisanje počinje najranije {until}."
            ),
            (
                "Ako želite da zadržite nalog, prijavite se do tada u aplikaciji, ili otvorite vezu ispod i "
                "otkažite brisanje. Do brisanja nalog zamrzavamo."
            ),
            "To radi program. Ako želite da odluči čovek, pišite na {contact} (čl. 22. GDPR, čl. 38. ZZPL).",
            "Sačuvajte ovu poruku i ne prosleđujte je: posle brisanja ista veza prikazuje potvrdu.",
        ),
    ),
    "en": (
        "RU4M: your account will be deleted",
        (
            (
                "You have not used RU4M for a long time. So we are deleting your account and your data, "
                "except what we have to keep by law or for legal claims. The deletion begins on {until} or "
                "later."
            ),
            (
                "To keep the account, sign in with the app before then, or open the link below and cancel "
                "the deletion. We freeze the account until then."
            ),
            (
                "A program does this. If you want a person to decide, write to {contact} (Art. 22 GDPR, Art. "
                "38 ZZPL)."
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
                "zbog pravnih zahteva, ili za šta Stream, koji isporučuje poruke našeg ćaskanja, nije "
                "potvrdio da je obrisano."
            ),
            "Veza ispod prikazuje šta je od toga slučaj i zašto, i potvrdu o brisanju. Sačuvajte je.",
            "O ovom brisanju Vam više ne pišemo.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            (
                "We deleted your RU4M account and your data, except what we have to keep by law or for legal "
                "claims, or what Stream, which delivers our chat, did not confirm as deleted."
            ),
            "The link below shows which of it applies and why, and the certificate. Save it.",
            "We do not write to you about this deletion again.",
        ),
    ),
}

_CANCELLED: Letters = {
    "sr": (
        "RU4M: brisanje Vašeg naloga je otkazano",
        (
            (
                "Brisanje Vašeg RU4M naloga je otkazano. Nalog i podaci ostaju. Na uređajima koje smo "
                "odjavili prijavite se ponovo."
            ),
            "Ako brisanje niste otkazali Vi, odgovorite na ovu poruku.",
        ),
    ),
    "en": (
        "RU4M: the deletion of your account was cancelled",
        (
            (
                "The deletion of your RU4M account was cancelled. The account and its data stay. Sign in "
                "again on the devices that we signed out."
            ),
            "If you did not cancel it, reply to this mail.",
        ),
    ),
}

_KEPT: Letters = {
    "sr": (
        "RU4M: Vaš nalog ostaje",
        (
            "Ne brišemo Vaš RU4M nalog. Nalog i podaci ostaju.",
            "Ako se u međuvremenu niste prijavili niti otkazali brisanje, odgovorite na ovu poruku.",
        ),
    ),
    "en": (
        "RU4M: your account stays",
        (
            "We are not deleting your RU4M account. The account and its data stay.",
            "If you neither signed in meanwhile nor cancelled the deletion, reply to this mail.",
        ),
    ),
}

_CANCELLED_TEXT: ShortTexts = {
    "sr": "RU4M: brisanje Vašeg naloga je otkazano. Ako to niste bili Vi, pišite na {contact}.",
    "en": "RU4M: the deletion of your account was cancelled. If it was not you, write to {contact}.",
}

_CONFIRMED_TEXT: ShortTexts = {
    "sr": "RU4M: Vaš nalog brišemo najranije {until} Ako to ne želite, otkažite brisanje: {link}",
    "en": "RU4M: we will delete your account on {until} or later. To cancel the deletion: {link}",
}

_ERASED_EXCEPT_TEXT: ShortTexts = {
    "sr": "RU4M: Vaš nalog je obrisan, uz izuzetke. Koje i zašto: {link} Pritužba: {complaints}",
    "sr-Cyrl": "RU4M: nalog je obrisan, uz izuzetke: {link} Pritužba: {complaints}",
    "en": "RU4M: your account was deleted, with exceptions. Which and why: {link} Complaints: {complaints}",
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


def ended(request: RightsRequest, link: str) -> WrittenMessage:
    """The message after the deletion; its exceptions are what is kept, and what Stream did not confirm.

    It does not say that the address is deleted: a hold, which may be secret, can keep it.
    """
    notes = request.notes
    if request.kept_openly(clock.now()) or (isinstance(notes, ErasureNotes) and notes.is_unconfirmed):
        return MessageWithRemedies(_ERASED_EXCEPT, _ERASED_EXCEPT_TEXT, {}, link, country=request.country)
    if request.received_by is ReceivedBy.INACTIVITY:
        return MessageWithRemedies(_CLOSED, None, {}, link, country=request.country)
    return MessageWithRemedies(_ERASED, _ERASED_TEXT, {}, link, country=request.country)
