"""The steps that notify the subject of an erasure: at once, after a cancellation, and at the end.

A mail goes to the verified address; without one, a text message goes to the number. The first message and the
last contain a link with the receipt. By it the subject can cancel the erasure without the phone, which may be
stolen, and read the certificate. If the account was not used for a long time, the number may have a new
owner, so no text message is sent. Nor is one if the account is closed because it was idle (ADR 36): its
owner was warned, by text message if there is no address.

The confirmation is sent at least once: it is noted after it is sent, since a second one does no harm and a
missing one does. It is the last chance to cancel, so an outage does not end it: the account is frozen, and
the step `grace` tries again until a provider takes the message. Only then the time to cancel begins. It ends
a day before the deadline in any case, and the evidence then says that nothing could be sent. A message that
every provider refuses for good ends the duty, and is in the evidence too. A mail that came back counts as
refused.

The others are sent at most once: they are noted before. An outage delays them by twelve hours at most: after
six hours of no mail the text message is sent instead, and after twelve the step is done without a message.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_ACCOUNT, devices
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.letters import Addressee, WrittenMessage
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.engine.step import SENT_IN_DOUBT, Done, ErasureJob, NotSent, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure import letters, right
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.inputs import read_subject
from chalicelib.rights.request import receipts
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes, RequestAnnouncement
from chalicelib.rights.request.terms import ReceivedBy, StepStatus
from chalicelib.rights.request.waits import WaitReason

# How long the step waits for mail, and after that for text messages, while they are not accepted.
_PATIENCE = 6 * HOUR
# What is known of a message, in the words of the evidence; announce.py has two more.
_BY_MAIL, _BY_TEXT, _NOT_REACHABLE = "sent_by_mail", "sent_by_text", "not_reachable"
_NOT_TAKEN = "not_taken"  # during an outage
_COMES_BACK_WITHIN = HOUR  # nearly every mail that does


def _confirm(job: ErasureJob) -> Outcome:
    """Notify the subject that the account will be deleted; during an outage `grace` tries again."""
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None:
        return Stop("account_missing")
    idle = not _is_closed_by_us(job.request) and _is_idle(account.account_id, clock.now())
    notes = replace(job.notes, idle=idle)
    try:
        notes, sent = _notify_of_erasure(job.request, notes, account, email)
    except Unavailable:
        sent = _NOT_TAKEN
    return Done(notes=notes, counts={sent: 1})


def _notify_of_erasure(
    request: RightsRequest, notes: ErasureNotes, account: Account, email: str | None
) -> tuple[ErasureNotes, str]:
    """Notify the subject when the account will be deleted, and how to cancel that.

    Returns the notes with the time to cancel, which begins now, and what is known of the message.

    Raises:
        Unavailable: no provider takes the message now.
    """
    now, waits = clock.now(), settings().erasure
    grace = HOUR * (waits.waived_grace_hours if notes.waives_grace else waits.grace_hours)
    until = max(notes.grace_ends_at or now, min(now + grace, _last_day(request)))
    to = Addressee(email, account.phone if _may_text(request, notes) else None, account.locale)
    compose = letters.closing if _is_closed_by_us(request) else letters.confirmation
    message = compose(receipts.link(request.request_id), until)
    mail_id = MailId.new()
    if to.email:
        campaigns.expect_report(mail_id, account.account_id, request.request_id)
    try:
        sent = _send(mail_id, to, message, request.unreachable_since)
    except (MailUnavailable, TextUnavailable):
        raise NotSent from None
    mails = {**notes.mails, RequestAnnouncement.CONFIRMATION: mail_id}
    return replace(notes, grace_ends_at=until, mails=mails), sent


def _last_day(request: RightsRequest) -> datetime:
    """When the time to cancel ends in any case: the deletion has to be proven by the deadline."""
    return request.clock.due_at(clock.now()) - DAY


def _wait_for_grace(job: ErasureJob) -> Outcome:
    """Wait while the subject may cancel, which begins once the subject was notified."""
    now, state = clock.now(), job.request.next_step
    mail_id = job.notes.mails.get(RequestAnnouncement.CONFIRMATION)
    if mail_id is None or campaigns.came_back(mail_id):
        if now >= _last_day(job.request):
            return Done(counts={"unannounced": 1})
        _notify_late(job, is_lost=mail_id is not None)
        campaigns.forget_reports([mail_id] if mail_id else [])
    left = (job.notes.grace_ends_at or now) - now
    if left > timedelta() and state and state.status is StepStatus.WAITING:
        left = min(left, _COMES_BACK_WITHIN)
    if left > timedelta():
        return Wait(left, WaitReason.TIME_TO_CANCEL)
    campaigns.forget_reports(job.notes.mails.values())  # they name the account
    return Done()


def _notify_late(job: ErasureJob, *, is_lost: bool) -> None:
    """Notify the subject after an outage, or by text message after the mail came back.

    Raises:
        Unavailable: no provider takes the message now.
    """
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None:
        return
    notes, sent = _notify_of_erasure(job.request, job.notes, account, None if is_lost else email)
    frozen = account.frozen
    later = frozen.model_copy(update={"ends_at": notes.grace_ends_at}) if frozen else None
    also = accounts.freezing(account, later) if later else []
    said = {sent: 1, "grace_ends_at": clock.to_text(notes.grace_ends_at or clock.now())}
    job.move(job.request.model_copy(update={"notes": notes}), "confirmed_late", *also, **said)


def _is_closed_by_us(request: RightsRequest) -> bool:
    """Whether a job opened the erasure, since the account was idle."""
    return request.received_by is ReceivedBy.INACTIVITY


def _may_text(request: RightsRequest, notes: ErasureNotes) -> bool:
    return not (notes.idle or _is_closed_by_us(request))


def _is_idle(account_id: AccountId, now: datetime) -> bool:
    seen = devices.last_seen(account_id)
    return seen is None or now - seen > settings().erasure.idle_days * DAY


def _confirm_cancellation(job: ErasureJob) -> Outcome:
    """Notify the subject that the account stays: the erasure may have been cancelled by another person."""
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None or RequestAnnouncement.CONFIRMATION not in job.notes.mails:
        return Done()
    to = Addressee(email, account.phone if _may_text(job.request, job.notes) else None, account.locale)
    message = letters.kept() if _is_closed_by_us(job.request) else letters.cancelled()
    return _announce_once(job, RequestAnnouncement.CANCELLATION, to, message)


def _notify(job: ErasureJob) -> Outcome:
    """Notify the subject that the deletion is complete, and where the certificate is."""
    request, captured = job.request, erasures.inputs_of(job.request.request_id)
    if captured is None:  # they expired, since no message could be sent for days
        return Done(counts={_NOT_REACHABLE: 1})
    to = Addressee(
        captured.email, captured.phone if _may_text(job.request, job.notes) else None, captured.locale
    )
    message = letters.ended(request, receipts.link(request.request_id))
    return _announce_once(job, RequestAnnouncement.ANSWER, to, message)


def _announce_once(
    job: ErasureJob, about: RequestAnnouncement, to: Addressee, message: WrittenMessage
) -> Done:
    since = job.request.unreachable_since

    def send(mail_id: MailId) -> str:
        try:
            return _send(mail_id, to, message, since)
        except (MailUnavailable, TextUnavailable):
            if _has_waited(since, 2):
                return _NOT_REACHABLE
            raise

    return Done(counts={job.send_at_most_once(about, send): 1})


def _send(mail_id: MailId, to: Addressee, message: WrittenMessage, unreachable_since: datetime | None) -> str:
    """Send the mail, and the text message unless SES accepted the mail. Return what is known.

    Raises:
        MailUnavailable, TextUnavailable: the message is not accepted now; the caller may wait and call again.
    """
    can_text, by_mail, outage = to.phone is not None and message.short is not None, _NOT_REACHABLE, None
    try:
        by_mail = _send_mail(mail_id, to, message)
    except MailUnavailable as unavailable:
        if not (can_text and _has_waited(unreachable_since, 1)):
            raise
        outage = unavailable
    if by_mail == _BY_MAIL or not can_text:
        return by_mail
    try:
        sms.send(TextMessage(str(to.phone), message.text(to.locale)), Purpose.LEGAL_OBLIGATION)
    except TextInDoubt:
        return SENT_IN_DOUBT
    except TextRefused:
        if outage:
            raise outage from None
        return by_mail
    except TextUnavailable:
        if by_mail == SENT_IN_DOUBT:
            return by_mail
        raise
    return _BY_TEXT


def _send_mail(mail_id: MailId, to: Addressee, message: WrittenMessage) -> str:
    if to.email is None:
        return _NOT_REACHABLE
    try:
        mail.send(message.mail(mail_id, to.email, to.locale), Purpose.LEGAL_OBLIGATION, choices=None)
    except MailRefused:
        return _NOT_REACHABLE
    except MailInDoubt:
        return SENT_IN_DOUBT
    return _BY_MAIL


def _has_waited(unreachable_since: datetime | None, times: int) -> bool:
    return unreachable_since is not None and clock.now() - unreachable_since >= times * _PATIENCE


CONFIRM = Step(right.CONFIRM, _confirm)
GRACE = Step(right.GRACE, _wait_for_grace)
CONFIRM_CANCELLATION = Step(right.CONFIRM_CANCELLATION, _confirm_cancellation)
NOTIFY = Step(right.NOTIFY, _notify)
