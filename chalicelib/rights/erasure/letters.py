"""Messages about an erasure: its confirmation, its cancellation and its end (RGT-3, RGT-10).

They also reach people who did not request the erasure: a thief may have requested it, or the number has a new
owner. So the confirmation says what happens, when, and how to cancel it. Messages contain no name, number or
id except in the link, whose fragment has the receipt: a browser sends no fragment to a server.

A text message with a link has two parts, and three in Cyrillic script (`messages/letters`).
"""

from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Letters, ShortTexts, compose, short_text, with_remedies
from chalicelib.messages.mail import Mail
from chalicelib.privacy.remedies import COMPLAINTS_SITE

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
            "Ovo je naša poslednja poruka. Posle nje brišemo i ovu adresu.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            "We deleted your RU4M account and your data, since you had not used them for a long time.",
            "The link below shows the certificate: what was deleted, what stays and why. Save it.",
            "This is our last message. After it, we delete this address too.",
        ),
    ),
}

_ERASED: Letters = {
    "sr": (
        "RU4M: Vaš nalog je obrisan",
        (
            "Obrisali smo Vaš RU4M nalog i Vaše podatke, kao što je zatraženo.",
            "Veza ispod prikazuje potvrdu: šta je obrisano, šta ostaje i zašto. Sačuvajte potvrdu.",
            "Ovo je naša poslednja poruka. Posle nje brišemo i ovu adresu.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            "We deleted your RU4M account and your data, as requested.",
            "The link below shows the certificate: what was deleted, what stays and why. Save it.",
            "This is our last message. After it, we delete this address too.",
        ),
    ),
}

_ERASED_EXCEPT: Letters = {
    "sr": (
        "RU4M: Vaš nalog je obrisan",
        (
            "Obrisali smo Vaš RU4M nalog i Vaše podatke, osim onoga što po zakonu moramo da čuvamo.",
            "Veza ispod prikazuje šta čuvamo, po kom zakonu i do kada, i potvrdu o brisanju. Sačuvajte je.",
            "Ovo je naša poslednja poruka. Posle nje brišemo i ovu adresu.",
        ),
    ),
    "en": (
        "RU4M: your account was deleted",
        (
            "We deleted your RU4M account and your data, except what a law requires us to keep.",
            "The link below shows what we keep, by which law and until when, and the certificate. Save it.",
            "This is our last message. After it, we delete this address too.",
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
    "sr": "RU4M: Vaš nalog je obrisan, osim onoga što čuvamo po zakonu. Šta i do kada: {link} Pritužba: "
    "{complaints}",
    "sr-Cyrl": "RU4M: nalog je obrisan, osim onoga što čuvamo po zakonu: {link} Pritužba: {complaints}",
    "en": "RU4M: your account was deleted, except what a law requires us to keep. Details: {link} "
    "Complaints: {complaints}",
}

_ERASED_TEXT: ShortTexts = {
    "sr": "RU4M: nalog i podaci su obrisani. Potvrda: {link} Ovo je naša poslednja poruka. Pritužba: "
    "{complaints}",
    "sr-Cyrl": "RU4M: nalog i podaci su obrisani. Potvrda: {link} Pritužba: {complaints}",
    "en": "RU4M: your account and data were deleted. Certificate: {link} This is our last message. "
    "Complaints: {complaints}",
}


def link(request_id: RightsRequestId, receipt: str) -> str:
    """Return the address of the page that shows a request and cancels it.

    Anyone with the address can do both. The issuer is the API's public address; on the local cloud no host
    has that name.
    """
    return f"{settings().issuer}/v1/receipt#{request_id}.{receipt}"


def confirmation_mail(mail_id: MailId, to: str, locale: str | None, link: str, until: datetime) -> Mail:
    """Compose the mail that confirms an erasure before the account is frozen.

    Args:
        mail_id: the id of the mail.
        to: the verified address of the subject.
        locale: the language of the app; None if it is not known.
        link: as `link` returns it.
        until: the earliest begin of the deletion, which also waits for the subject's other requests.
    """
    return compose(_CONFIRMED, mail_id, to, locale, {"until": day_of(until)}, link)


def confirmation_text(locale: str | None, link: str, until: datetime) -> str:
    """Compose the text message that confirms an erasure, for a subject without a verified address."""
    return short_text(_CONFIRMED_TEXT, locale, {"link": link, "until": day_of(until)})


def closing_mail(mail_id: MailId, to: str, locale: str | None, link: str, until: datetime) -> Mail:
    """Compose the mail before an idle account is frozen; arguments as of `confirmation_mail`."""
    return compose(_CLOSING, mail_id, to, locale, {"until": day_of(until)}, link)


def cancelled_mail(mail_id: MailId, to: str, locale: str | None) -> Mail:
    """Compose the mail that confirms a cancellation. It has no link: nothing is left to cancel."""
    return compose(_CANCELLED, mail_id, to, locale, {})


def kept_mail(mail_id: MailId, to: str, locale: str | None) -> Mail:
    """Compose the mail after an account is not closed for inactivity after all. It has no link."""
    return compose(_KEPT, mail_id, to, locale, {})


def cancelled_text(locale: str | None) -> str:
    """Compose the text message that confirms a cancellation."""
    contact = settings().contact_email
    return short_text(_CANCELLED_TEXT, locale, {"contact": contact})


def mostly_erased_mail(mail_id: MailId, to: str, locale: str | None, country: str | None, link: str) -> Mail:
    """Compose the mail after a deletion from which a law excepts something."""
    return with_remedies(compose(_ERASED_EXCEPT, mail_id, to, locale, {}, link), country)


def mostly_erased_text(locale: str | None, link: str) -> str:
    """Compose the text message after a deletion from which a law excepts something."""
    return short_text(_ERASED_EXCEPT_TEXT, locale, {"link": link, "complaints": COMPLAINTS_SITE})


def erased_mail(mail_id: MailId, to: str, locale: str | None, country: str | None, link: str) -> Mail:
    """Compose the mail after the deletion. It is our last one to this address."""
    return with_remedies(compose(_ERASED, mail_id, to, locale, {}, link), country)


def closed_mail(mail_id: MailId, to: str, locale: str | None, country: str | None, link: str) -> Mail:
    """Compose the mail after the deletion of an idle account."""
    return with_remedies(compose(_CLOSED, mail_id, to, locale, {}, link), country)


def erased_text(locale: str | None, link: str) -> str:
    """Compose the text message after the deletion. It is our last one to this number."""
    return short_text(_ERASED_TEXT, locale, {"link": link, "complaints": COMPLAINTS_SITE})
