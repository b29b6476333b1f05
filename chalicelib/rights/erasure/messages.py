"""Messages about an erasure: its confirmation, and that it is done (RGT-3, RGT-10).

They also reach people who did not ask: the phone was stolen, or the number has a new owner. So they say what
happens, until when it can be stopped, and what to do. They contain no name, number or id except in the link,
whose fragment has the receipt: a browser sends no fragment to a server.

Texts in Serbian have no diacritics when sent by SMS. With one, a message would have 70 characters instead of
160, and would be sent in twice as many parts.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.messages.languages import language
from chalicelib.messages.mail import Mail

_Letters = Mapping[str, tuple[str, tuple[str, ...]]]

_CONFIRMED: _Letters = {
    "sr": (
        "RU4M: Vaš nalog će biti obrisan",
        (
            "Zatraženo je da obrišemo Vaš RU4M nalog i Vaše podatke. Brisanje počinje najranije {until}.",
            (
                "Nalog do tada zamrzavamo: niko ne može da ga koristi. Sve dok brisanje ne počne, možete da "
                "ga otkažete: otvorite vezu ispod. Za to Vam ne treba ni aplikacija ni prijava."
            ),
            "Ako ovo niste tražili, odmah otkažite brisanje i odgovorite na ovu poruku.",
            "Ne prosleđujte ovu poruku i sačuvajte je: posle brisanja ista veza pokazuje potvrdu.",
        ),
    ),
    "en": (
        "RU4M: your account will be deleted",
        (
            "We were asked to delete your RU4M account and your data. That begins on {until} or later.",
            (
                "Until then we freeze the account: nobody can use it. You can cancel the deletion until it "
                "begins: open the link below. You need neither the app nor to sign in."
            ),
            "If you did not ask for this, cancel the deletion now and answer this mail.",
            "Do not forward this mail, and keep it: after the deletion, the same link shows a certificate.",
        ),
    ),
}

_ERASED: _Letters = {
    "sr": (
        "RU4M: Vaš nalog je obrisan",
        (
            "Obrisali smo Vaš RU4M nalog i Vaše podatke, kao što je zatraženo.",
            "Veza ispod pokazuje potvrdu: šta je obrisano, šta ostaje i zašto. Sačuvajte je.",
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

_CANCELLED: _Letters = {
    "sr": (
        "RU4M: brisanje Vašeg naloga je otkazano",
        (
            "Brisanje Vašeg RU4M naloga je otkazano. Nalog je ponovo kakav je bio.",
            "Ako ga niste Vi otkazali, odgovorite na ovu poruku.",
        ),
    ),
    "en": (
        "RU4M: the deletion of your account was cancelled",
        (
            "The deletion of your RU4M account was cancelled. The account is as it was before.",
            "If it was not you who cancelled it, answer this mail.",
        ),
    ),
}

_CANCELLED_TEXT = {
    "sr": "RU4M: brisanje Vaseg naloga je otkazano. Ako niste Vi, pisite na {contact}.",
    "en": "RU4M: the deletion of your account was cancelled. If it was not you, write to {contact}.",
}

_CONFIRMED_TEXT = {
    "sr": "RU4M: Vas nalog i podaci bice obrisani, najranije {until}. Ako to ne zelite, otkazite: {link}",
    "en": "RU4M: we delete your account and data, on {until} or later. If you do not want it, cancel: {link}",
}

_ERASED_TEXT = {
    "sr": "RU4M: Vas nalog i podaci su obrisani. Potvrda: {link} Ovo je nasa poslednja poruka.",
    "en": "RU4M: your account and data were deleted. Certificate: {link} This is our last message.",
}


def link(request_id: RightsRequestId, receipt: str) -> str:
    """Return the address of the page that shows a request and cancels it; whoever has it can do both.

    The issuer is the API's public address. On the local cloud no host has that name.
    """
    return f"{settings().issuer}/v1/receipt#{request_id}.{receipt}"


def confirmation_mail(mail_id: MailId, to: str, locale: str | None, link: str, until: datetime) -> Mail:
    """Compose the mail that confirms an erasure before the account is frozen.

    Args:
        mail_id: the id of the mail.
        to: the verified address of the subject.
        locale: the language of the app.
        link: as given by `link`.
        until: when the deletion begins, at the earliest: it waits for the subject's other requests.
    """
    return _mail(_CONFIRMED, mail_id, to, locale, link, {"until": _day(until)})


def confirmation_text(locale: str | None, link: str, until: datetime) -> str:
    """Compose the text message that confirms an erasure, for a subject without a verified address."""
    return _CONFIRMED_TEXT[language(locale, _CONFIRMED_TEXT)].format(link=link, until=_day(until))


def cancelled_mail(mail_id: MailId, to: str, locale: str | None) -> Mail:
    """Compose the mail after a cancellation: anyone who has the link can cancel."""
    return _mail(_CANCELLED, mail_id, to, locale, None, {})


def cancelled_text(locale: str | None) -> str:
    """Compose the text message after a cancellation."""
    contact = settings().contact_email
    return _CANCELLED_TEXT[language(locale, _CANCELLED_TEXT)].format(contact=contact)


def erased_mail(mail_id: MailId, to: str, locale: str | None, link: str) -> Mail:
    """Compose the mail after the deletion. It is our last one to this address."""
    return _mail(_ERASED, mail_id, to, locale, link, {})


def erased_text(locale: str | None, link: str) -> str:
    """Compose the text message after the deletion. It is our last one to this number."""
    return _ERASED_TEXT[language(locale, _ERASED_TEXT)].format(link=link)


def _mail(
    letters: _Letters,
    mail_id: MailId,
    to: str,
    locale: str | None,
    link: str | None,
    words: Mapping[str, str],
) -> Mail:
    spoken = language(locale, letters)
    subject, paragraphs = letters[spoken]
    filled = tuple(paragraph.format(**words) for paragraph in paragraphs)
    return Mail(mail_id=mail_id, to=to, language=spoken, subject=subject, paragraphs=filled, link=link)


def _day(instant: datetime) -> str:
    return day_of(instant).isoformat()
