"""The steps that notify the subject of an erasure: at once, after a cancellation, and at the end.

A mail goes to the verified address; without one, a text message goes to the number. The first message and the
last contain a link with the receipt. By it the subject can cancel the erasure without the phone, which may be
stolen, and read the certificate. If the account was not used for a long time, the number may have a new
owner, so no text message is sent. Nor is one if the account is closed because it was idle (ADR 36): its
owner was warned, by text message if there is no address.

The confirmation is sent at least once: it is noted after it is sent, since a second one does no harm and a
missing one does. The others are sent at most once: they are noted before. An outage of mail delays an erasure
by twelve hours at most: after six hours the text message is sent instead, and after twelve the step is done
without a message.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.accounts.service import OPEN_ACCOUNT, devices
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Addressee, WrittenMessage
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.engine.step import SENT_IN_DOUBT, Done, ErasureJob, Outcome, Step, Stop
from chalicelib.rights.erasure import letters, right
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.inputs import read_subject
from chalicelib.rights.request import receipts
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RequestAnnouncement
from chalicelib.rights.request.terms import ReceivedBy

# How long the step waits for mail, and after that for text messages, while they are not accepted.
_PATIENCE = 6 * HOUR
# What is known of a message, in the words of the evidence; announce.py has two more.
_BY_MAIL, _BY_TEXT, _NOT_REACHABLE = "sent_by_mail", "sent_by_text", "not_reachable"


def _confirm(job: ErasureJob) -> Outcome:
    """Notify the subject that the account will be deleted, when, and how to cancel that."""
    request = job.request
    account, email = read_subject(request, OPEN_ACCOUNT)
    if account is None:
        return Stop("account_missing")
    now, by_us = clock.now(), _is_closed_by_us(request)
    idle = not by_us and _is_idle(account.account_id, now)
    waits = settings().erasure
    until = now + HOUR * (waits.waived_grace_hours if job.notes.waives_grace else waits.grace_hours)
    to = Addressee(email, None if idle or by_us else account.phone, account.locale)
    compose = letters.closing if by_us else letters.confirmation
    message = compose(receipts.link(request.request_id), until)
    mail_id = MailId.new()
    try:
        sent = _send(mail_id, to, message, request.unreachable_since)
    except (MailUnavailable, TextUnavailable):
        raise Unavailable from None
    mails = {**job.notes.mails, RequestAnnouncement.CONFIRMATION: mail_id}
    return Done(notes=replace(job.notes, grace_ends_at=until, idle=idle, mails=mails), counts={sent: 1})


def _is_closed_by_us(request: RightsRequest) -> bool:
    """Whether a job opened the erasure, since the account was idle."""
    return request.received_by is ReceivedBy.INACTIVITY


def _may_text(job: ErasureJob) -> bool:
    return not (job.notes.idle or _is_closed_by_us(job.request))


def _is_idle(account_id: AccountId, now: datetime) -> bool:
    seen = devices.last_seen(account_id)
    return seen is None or now - seen > settings().erasure.idle_days * DAY


def _confirm_cancellation(job: ErasureJob) -> Outcome:
    """Notify the subject that the account stays: the erasure may have been cancelled by another person."""
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None or RequestAnnouncement.CONFIRMATION not in job.notes.mails:
        return Done()
    to = Addressee(email, account.phone if _may_text(job) else None, account.locale)
    message = letters.kept() if _is_closed_by_us(job.request) else letters.cancelled()
    return _announce_once(job, RequestAnnouncement.CANCELLATION, to, message)


def _notify(job: ErasureJob) -> Outcome:
    """Notify the subject that the deletion is complete, and where the certificate is."""
    request, captured = job.request, erasures.inputs_of(job.request.request_id)
    if captured is None:  # they expired, since no message could be sent for days
        return Done(counts={_NOT_REACHABLE: 1})
    to = Addressee(captured.email, captured.phone if _may_text(job) else None, captured.locale)
    if request.kept_openly(clock.now()):
        compose = letters.mostly_erased
    else:
        compose = letters.closed if _is_closed_by_us(request) else letters.erased
    message = compose(receipts.link(request.request_id), request.country)
    return _announce_once(job, RequestAnnouncement.ANSWER, to, message)


def _announce_once(
    job: ErasureJob, about: RequestAnnouncement, to: Addressee, message: WrittenMessage
) -> Done:
    since = job.request.unreachable_since
    sent = job.send_at_most_once(about, lambda mail_id: _send(mail_id, to, message, since))
    return Done(counts={sent: 1})


def _send(mail_id: MailId, to: Addressee, message: WrittenMessage, unreachable_since: datetime | None) -> str:
    """Send the mail, and the text message unless SES accepted the mail. Return what is known.

    Raises:
        MailUnavailable, TextUnavailable: the message is not accepted now; the caller may wait and call again.
    """
    by_mail = _send_mail(mail_id, to, message, unreachable_since)
    if by_mail == _BY_MAIL or to.phone is None or message.short is None:
        return by_mail
    try:
        sms.send(TextMessage(to.phone, message.text(to.locale)), Purpose.LEGAL_OBLIGATION)
    except TextInDoubt:
        return SENT_IN_DOUBT
    except TextRefused:
        return by_mail
    except TextUnavailable:
        if by_mail == _NOT_REACHABLE and not _has_waited(unreachable_since, 2):
            raise
        return by_mail
    return _BY_TEXT


def _send_mail(
    mail_id: MailId, to: Addressee, message: WrittenMessage, unreachable_since: datetime | None
) -> str:
    if to.email is None:
        return _NOT_REACHABLE
    try:
        mail.send(message.mail(mail_id, to.email, to.locale), Purpose.LEGAL_OBLIGATION, choices=None)
    except MailRefused:
        return _NOT_REACHABLE
    except MailInDoubt:
        return SENT_IN_DOUBT
    except MailUnavailable:
        if not _has_waited(unreachable_since, 1):
            raise
        return _NOT_REACHABLE
    return _BY_MAIL


def _has_waited(unreachable_since: datetime | None, times: int) -> bool:
    return unreachable_since is not None and clock.now() - unreachable_since >= times * _PATIENCE


CONFIRM = Step(right.CONFIRM, _confirm)
CONFIRM_CANCELLATION = Step(right.CONFIRM_CANCELLATION, _confirm_cancellation)
NOTIFY = Step(right.NOTIFY, _notify)
