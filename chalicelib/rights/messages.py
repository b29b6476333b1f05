"""Messages about a request to subjects and operators: the decision, mails, reminders.

The mails to subjects only refer to the app and do not contain the answer, because a mailbox is less protected
than a session. The reminders to operators name a request by its id, and no person.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import Mail, MailNotSent
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.model import RefusalReason, Right, RightsRequest, Status

_COMPLETED = {
    Right.ACCESS: "Your copy is ready. It shows what we store about you, why, for how long, and who "
    "received it.",
    Right.PORTABILITY: "Your data is ready, in a format that other services can read.",
    Right.ERASURE: "Your account and your data were deleted. The certificate says what was deleted, what "
    "stays and why.",
}

_MISSING = "Some data could not be included: {}. The copy lists what is missing and why."

_REFUSED = {
    RefusalReason.IDENTITY_FAILURE: "We could not verify that the request came from you.",
    RefusalReason.MANIFESTLY_UNFOUNDED: "Your request clearly has no basis in the law.",
    RefusalReason.MANIFESTLY_EXCESSIVE: "You have made the same request too often, so the law does not "
    "oblige us to answer it again.",
    RefusalReason.LEGALLY_REQUIRED: "A law requires us to keep the data that you asked us to delete.",
    RefusalReason.LEGAL_CLAIMS: "We need the data to establish, exercise or defend legal claims.",
    RefusalReason.FREEDOM_OF_EXPRESSION: "We keep the data to protect other people's freedom of expression.",
    RefusalReason.PUBLIC_INTEREST: "We need the data for a task in the public interest.",
    RefusalReason.PUBLIC_HEALTH: "We need the data for reasons of public health.",
    RefusalReason.ARCHIVING: "We need the data for archiving, research or statistics in the public interest.",
}

_KEPT = (
    "Except what a law requires us to keep: this answer lists it, with the law and until when we keep it. "
    "It is locked and used for nothing else."
)

_DISAGREE = "If you disagree, write to {}."


def decision(request: RightsRequest, contact: str) -> str:
    """Return the decision in a few sentences."""
    if request.status is Status.REFUSED:
        why = _REFUSED[request.refusal] if request.refusal else "Your request was refused."
        return f"{why} {_DISAGREE.format(contact)}"
    answer = _COMPLETED[request.right]
    if request.kept_openly(clock.now()):
        answer = f"{answer} {_KEPT}"
    if request.missing:
        answer = f"{answer} {_MISSING.format(', '.join(request.missing))}"
    return answer


_ANSWERED: Letters = {
    "sr": (
        "RU4M: odgovor na Vaš zahtev",
        (
            "Odgovorili smo na zahtev od {day}.",
            "Odgovor je u aplikaciji, pod „Privatnost i prava“. Tamo piše i kome možete da se žalite.",
        ),
    ),
    "en": (
        "RU4M: we have answered your request",
        (
            "We have answered the request of {day}.",
            "The answer is in the app, under “Privacy and rights”. It also says where you can complain.",
        ),
    ),
}

_EXTENDED: Letters = {
    "sr": (
        "RU4M: za Vaš zahtev nam treba više vremena",
        (
            "Zahtev od {day} zahteva više vremena. Odgovorićemo najkasnije {until}.",
            "Razlog je u aplikaciji, pod „Privatnost i prava“. Tamo piše i kome možete da se žalite.",
        ),
    ),
    "en": (
        "RU4M: we need more time for your request",
        (
            "We need more time for the request of {day}. We will answer it by {until}.",
            "The reason is in the app, under “Privacy and rights”. It also says where you can complain.",
        ),
    ),
}


def answer_mail(mail_id: MailId, to: str, locale: str | None, request: RightsRequest) -> Mail:
    """Compose the mail that notifies the subject of the answer."""
    return compose(_ANSWERED, mail_id, to, locale, {"day": _day(request.received_at)})


def extension_mail(
    mail_id: MailId, to: str, locale: str | None, request: RightsRequest, until: datetime
) -> Mail:
    """Compose the mail that notifies the subject of the extended deadline (Art. 12(3) GDPR)."""
    words = {"day": _day(request.received_at), "until": _day(until)}
    return compose(_EXTENDED, mail_id, to, locale, words)


def _day(instant: datetime) -> str:
    return day_of(instant).isoformat()


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


def mail_unproven(request: RightsRequest) -> None:
    """Mail the controller's contact that an erasure has no certificate a day after it began to delete.

    A mail that is not sent raises no error; an alarm reports it.
    """
    _mail_contact(
        "An erasure is not proven yet",
        f"Request {request.request_id} began to delete an account more than a day ago.",
        f"Look at it with `python -m infra.ops erasures show {request.request_id}`.",
    )


def _mail_contact(subject: str, *paragraphs: str) -> None:
    to = settings().contact_email
    text = Mail(mail_id=MailId.new(), to=to, language="en", subject=subject, paragraphs=paragraphs)
    with suppress(MailNotSent):
        mail.send(text, Purpose.LEGAL_OBLIGATION, choices=None)
