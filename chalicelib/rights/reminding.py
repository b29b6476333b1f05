"""Mails that remind operators of a request; they name its id and due time, and no person."""

from contextlib import suppress

from chalicelib.core import clock
from chalicelib.core.ids import MailId
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.mail import Mail, MailNotSent
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.model import RightsRequest


def mail_operators(request: RightsRequest) -> None:
    """Mail the controller's contact; a failure is ignored, since alarms report the deadlines."""
    now = clock.now()
    due = request.clock.due_at(now)
    late = now > due
    standing = request.status.replace("_", " ")
    look = f"`python -m infra.ops rights show {request.request_id}`"
    text = Mail(
        mail_id=MailId.new(),
        to=settings().contact_email,
        language="en",
        subject="A rights request is overdue" if late else "A rights request is due soon",
        paragraphs=(
            f"Request {request.request_id} ({request.right}) has to be answered by {clock.to_text(due)}.",
            f"It is {standing}. Look at it with {look}.",
        ),
    )
    with suppress(MailNotSent):
        mail.send(text, Purpose.LEGAL_OBLIGATION, choices=None)
