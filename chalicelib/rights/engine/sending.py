"""Sends a message of a step at most once: the note about it is written before it is sent."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.messages.mail import MailInDoubt, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextUnavailable
from chalicelib.rights.engine.step import Job, N
from chalicelib.rights.request.notes import RequestAnnouncement

# What is known of a message that may have been sent, in the words of the evidence.
SENT_BEFORE, SENT_IN_DOUBT = "sent_before", "sent_in_doubt"


def at_most_once(job: Job[N], about: RequestAnnouncement, send: Callable[[MailId], str]) -> str:
    """Send a message, unless an earlier run may have sent it: a note is written before.

    Returns what `send` returns, `SENT_BEFORE` if an earlier run may have sent it, or `SENT_IN_DOUBT`.

    Raises:
        Unavailable: it was certainly not sent; another run may send it.
    """
    if about in job.notes.mails:
        return SENT_BEFORE
    before, mail_id = job.notes, MailId.new()
    job.note(replace(before, mails={**before.mails, about: mail_id}))
    try:
        return send(mail_id)
    except (MailUnavailable, TextUnavailable):
        job.note(before)
        raise Unavailable from None
    except (MailInDoubt, TextInDoubt):
        return SENT_IN_DOUBT
