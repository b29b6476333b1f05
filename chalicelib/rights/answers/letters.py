"""Messages about a request to subjects and operators: mails and reminders.

The mails to subjects refer to the app for the answer, because a mailbox is less protected than a session.
They say themselves where to complain, and name the court (RGT-9). The reminders to operators name a request
by its id, and no person.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, compose, with_remedies
from chalicelib.messages.mail import Mail, MailNotSent
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.request.model import RightsRequest

_ANSWERED: Letters = {
    "sr": (
        "RU4M: odgovor na Vaš zahtev",
        (
            "Odgovorili smo na Vaš zahtev od {day}.",
            "Odgovor je u aplikaciji, pod „Privatnost i prava“.",
        ),
    ),
    "en": (
        "RU4M: we have answered your request",
        (
            "We have answered the request of {day}.",
            "The answer is in the app, under “Privacy and rights”.",
        ),
    ),
}

_EXTENDED: Letters = {
    "sr": (
        "RU4M: za Vaš zahtev nam treba više vremena",
        (
            "Za zahtev od {day}. godine treba nam više vremena. Odgovorićemo najkasnije {until}.",
            "Razlog je u aplikaciji, pod „Privatnost i prava“.",
        ),
    ),
    "en": (
        "RU4M: we need more time for your request",
        (
            "We need more time for the request of {day}. We will answer it by {until}.",
            "The reason is in the app, under “Privacy and rights”.",
        ),
    ),
}


_LIFTED: Letters = {
    "sr": (
        "RU4M: ograničenje obrade prestaje",
        (
            "Ograničenje obrade Vaših podataka, koje ste tražili {day}. godine, prestaje {until}. godine.",
            "Razlog je u aplikaciji, pod „Privatnost i prava“.",
        ),
    ),
    "en": (
        "RU4M: the restriction of your data will end",
        (
            "The restriction of your data that you requested on {day} ends on {until}.",
            "The reason is in the app, under “Privacy and rights”.",
        ),
    ),
}


def lifting_mail(
    mail_id: MailId, to: str, locale: str | None, request: RightsRequest, ends_at: datetime
) -> Mail:
    """Compose the mail that notifies the subject that we end a restriction (Art. 18(3) GDPR)."""
    words = {"day": day_of(request.received_at), "until": day_of(ends_at)}
    return with_remedies(compose(_LIFTED, mail_id, to, locale, words), request.country)


def answer_mail(mail_id: MailId, to: str, locale: str | None, request: RightsRequest) -> Mail:
    """Compose the mail that notifies the subject of the answer."""
    words = {"day": day_of(request.received_at)}
    return with_remedies(compose(_ANSWERED, mail_id, to, locale, words), request.country)


def extension_mail(
    mail_id: MailId, to: str, locale: str | None, request: RightsRequest, until: datetime
) -> Mail:
    """Compose the mail that notifies the subject of the extended deadline (Art. 12(3) GDPR)."""
    words = {"day": day_of(request.received_at), "until": day_of(until)}
    return with_remedies(compose(_EXTENDED, mail_id, to, locale, words), request.country)


def mail_operators(request: RightsRequest) -> None:
    """Mail the controller's contact that an answer is due or late.

    A mail that is not sent raises no error; an alarm reports it.
    """
    now = clock.now()
    due = request.clock.due_at(now)
    _mail_contact(
        "A rights request is overdue" if now > due else "A rights request is due soon",
        f"Request {request.request_id} ({request.right}) has to be answered by {clock.to_text(due)}.",
        f"It is {request.status.replace('_', ' ')}. "
        f"Look at it with `python -m infra.ops rights show {request.request_id}`.",
    )


def mail_recipients(request: RightsRequest) -> None:
    """Mail the controller's contact that operators have to notify recipients (Art. 19 GDPR).

    A mail that is not sent raises no error; an alarm reports it.
    """
    _mail_contact(
        "Recipients have to be notified",
        f"Request {request.request_id} changed data that was disclosed to others.",
        f"Look at them with `python -m infra.ops rights recipients {request.request_id}`.",
    )


def mail_unproven(request: RightsRequest) -> None:
    """Mail the controller's contact that an erasure has no certificate a day after it began to delete.

    A mail that is not sent raises no error; an alarm reports it.
    """
    _mail_contact(
        "An erasure is not proven yet",
        f"Request {request.request_id} began to delete an account more than a day ago.",
        f"Look at it with `python -m infra.ops erasures show {request.request_id}`.",
    )


def mail_unweighed(request: RightsRequest) -> None:
    """Mail the controller's contact that an objection was not weighed in time.

    A mail that is not sent raises no error; an alarm reports it.
    """
    _mail_contact(
        "An objection has to be weighed",
        f"Request {request.request_id} objects to a use that goes on until two operators decide.",
        f"Look at it with `python -m infra.ops rights show {request.request_id}`.",
    )


def _mail_contact(subject: str, *paragraphs: str) -> None:
    to = settings().contact_email
    text = Mail(mail_id=MailId.new(), to=to, language="en", subject=subject, paragraphs=paragraphs)
    with suppress(MailNotSent):
        mail.send(text, Purpose.LEGAL_OBLIGATION, choices=None)
