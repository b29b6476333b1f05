"""The steps that write to the subject of an erasure: at once, after a cancellation, and at the end.

A mail goes to the verified address; without one, a text goes to the number. Each contains a link with the
receipt, by which the erasure can be cancelled until it begins: the phone may be in the hands of a thief. If
nobody used the account for a long time, the number may have a new owner. Then no text is sent.

The confirmation is sent at least once: it is noted afterwards, since a second one does no harm and a missing
one does. The others are sent at most once: they are noted before. An outage of mail does not hold an erasure
up for long: after some hours the text is sent instead, and after as many more the step goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.settings import settings
from chalicelib.devices import service as devices
from chalicelib.messages import mail, sms
from chalicelib.messages.mail import Mail, MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights import procedures, receipts
from chalicelib.rights.engine.step import Done, ErasureJob, Outcome, Step, Stop
from chalicelib.rights.erasure import messages
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.notes import RequestAnnouncement
from chalicelib.rights.steps.announce import at_most_once
from chalicelib.rights.steps.inputs import read_subject

_PATIENCE = 6 * HOUR  # with a service that does not accept a message
# What is known of a message, in the words of the evidence.
_BY_MAIL, _BY_TEXT, _IN_DOUBT, _NOT_REACHABLE = (
    "sent_by_mail",
    "sent_by_text",
    "sent_in_doubt",
    "not_reachable",
)


@dataclass(frozen=True, repr=False)
class Reach:
    """Where the subject can be reached."""

    email: str | None
    phone: str | None
    locale: str | None


@dataclass(frozen=True, repr=False)
class Message:
    """One message, as a mail and as a text."""

    mail: Callable[[MailId, str], Mail]
    text: str


def _confirm(job: ErasureJob) -> Outcome:
    """Tell the subject that the account will be deleted, when, and how to cancel that."""
    request = job.request
    account, email = read_subject(request, OPEN_ACCOUNT)
    if account is None:
        return Stop("account_missing")
    now = clock.now()
    idle = _is_idle(account.account_id, now)
    waits = settings().erasure
    until = now + HOUR * (waits.waived_grace_hours if job.notes.waives_grace else waits.grace_hours)
    to = Reach(email, None if idle else account.phone, account.locale)
    link = messages.link(request.request_id, receipts.of(request.request_id))
    message = Message(
        lambda mail_id, address: messages.confirmation_mail(mail_id, address, to.locale, link, until),
        messages.confirmation_text(to.locale, link, until),
    )
    mail_id = MailId.new()
    try:
        sent = _send(mail_id, to, message, request.unreachable_since)
    except (MailUnavailable, TextUnavailable):
        raise Unavailable from None
    mails = {**job.notes.mails, RequestAnnouncement.CONFIRMATION: mail_id}
    return Done(notes=replace(job.notes, grace_ends_at=until, idle=idle, mails=mails), counts={sent: 1})


def _is_idle(account_id: AccountId, now: datetime) -> bool:
    seen = devices.last_seen(account_id)
    return seen is None or now - seen > settings().erasure.idle_days * DAY


def _confirm_cancellation(job: ErasureJob) -> Outcome:
    """Tell the subject that the account stays: anyone with the link can cancel."""
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None or RequestAnnouncement.CONFIRMATION not in job.notes.mails:
        return Done()
    to = Reach(email, None if job.notes.idle else account.phone, account.locale)
    message = Message(
        lambda mail_id, address: messages.cancelled_mail(mail_id, address, to.locale),
        messages.cancelled_text(to.locale),
    )
    return _announced(job, RequestAnnouncement.CANCELLATION, to, message)


def _notify(job: ErasureJob) -> Outcome:
    """Tell the subject that the deletion is complete, and where the certificate is."""
    request, captured = job.request, erasures.inputs_of(job.request.request_id)
    if captured is None:  # no message could be sent for days
        return Done(counts={_NOT_REACHABLE: 1})
    to = Reach(captured.email, None if job.notes.idle else captured.phone, captured.locale)
    link = messages.link(request.request_id, receipts.of(request.request_id))
    message = Message(
        lambda mail_id, address: messages.erased_mail(mail_id, address, to.locale, link),
        messages.erased_text(to.locale, link),
    )
    return _announced(job, RequestAnnouncement.ANSWER, to, message)


def _announced(job: ErasureJob, about: RequestAnnouncement, to: Reach, message: Message) -> Done:
    since = job.request.unreachable_since
    sent = at_most_once(job, about, lambda mail_id: _send(mail_id, to, message, since))
    return Done(counts={sent: 1})


def _send(mail_id: MailId, to: Reach, message: Message, unreachable_since: datetime | None) -> str:
    """Send the mail, or the text if the mail is not accepted or in doubt. Returns what is known.

    Raises:
        MailUnavailable, TextUnavailable: neither is accepted now; the step waits, for some hours.
    """
    by_mail = _mailed(mail_id, to, message, unreachable_since)
    if by_mail == _BY_MAIL or to.phone is None:
        return by_mail
    try:
        sms.send(TextMessage(to.phone, message.text), Purpose.LEGAL_OBLIGATION)
    except TextInDoubt:
        return _IN_DOUBT
    except TextRefused:
        return by_mail
    except TextUnavailable:
        if by_mail == _NOT_REACHABLE and not _is_over(unreachable_since, 2):
            raise
        return by_mail
    return _BY_TEXT


def _mailed(mail_id: MailId, to: Reach, message: Message, unreachable_since: datetime | None) -> str:
    if to.email is None:
        return _NOT_REACHABLE
    try:
        mail.send(message.mail(mail_id, to.email), Purpose.LEGAL_OBLIGATION, choices=None)
    except MailRefused:
        return _NOT_REACHABLE
    except MailInDoubt:
        return _IN_DOUBT
    except MailUnavailable:
        if not _is_over(unreachable_since, 1):
            raise
        return _NOT_REACHABLE
    return _BY_MAIL


def _is_over(unreachable_since: datetime | None, times: int) -> bool:
    return unreachable_since is not None and clock.now() - unreachable_since >= times * _PATIENCE


CONFIRM = Step(procedures.CONFIRM, _confirm)
CONFIRM_CANCELLATION = Step(procedures.CONFIRM_CANCELLATION, _confirm_cancellation)
NOTIFY = Step(procedures.NOTIFY, _notify)
