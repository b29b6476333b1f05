"""The steps and duties of requests without a session (RGT-11, ADR 49).

A person without an account is searched for, answered, and forgotten. The owner of an account is warned before
a copy, an erasure or a correction, and has time to object.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import clock, metrics
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.mail import MailRefused
from chalicelib.messages.sms import TextMessage, TextRefused
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.answers import guest_letters
from chalicelib.rights.engine.step import AnyJob, Done, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure.inputs import read_subject
from chalicelib.rights.guests import contact_owners
from chalicelib.rights.intake import record
from chalicelib.rights.request import declaration, duties, procedures
from chalicelib.rights.request.model import IdentityProof, RightsRequest
from chalicelib.rights.request.notes import RequestAnnouncement
from chalicelib.rights.request.terms import RefusalReason, Status
from chalicelib.rights.steps.announce import WrittenMail, WrittenText, send_once

_NOT_REACHABLE, _WARNED, _NOTIFIED = "not_reachable", "warned", "notified"
_REMINDERS = (RequestAnnouncement.FIRST_PROOF_REMINDER, RequestAnnouncement.LAST_PROOF_REMINDER)


def _search(job: AnyJob) -> Outcome:
    """Search again for an account of the contact; one that is older than the request needs an operator."""
    contact, request = job.request.contact, job.request
    if contact is None:
        return Stop("contact_missing")
    found = contact_owners.account_of(contact)
    if found and found[0].created_at < request.received_at:
        return Stop("account_found")
    return Done(counts={"accounts_found": 0})


def _answer(_: AnyJob) -> Outcome:
    """Answer that nothing is stored; `nothing_held` has the words for each right."""
    return Done(answers=Status.COMPLETED)


def _forget_contact(job: AnyJob) -> Outcome:
    """Delete the contact from the request: the answer was sent, and the request is kept for years."""
    nothing: Mapping[str, None] = {"contact_phone": None, "contact_email": None, "contact_locale": None}
    job.request = job.request.model_copy(update=nothing)
    return Done()


def _warn(job: AnyJob) -> Outcome:
    """Announce on every channel of the account what was requested, each at most once."""
    request = job.request
    until = clock.now() + settings().erasure.recovery_hours * HOUR
    by_mail = partial(guest_letters.warning_mail, request=request, until=until)
    by_text = partial(guest_letters.warning_text, request=request, until=until)
    counts = _send_to_channels(
        job,
        _WARNED,
        mailed=(RequestAnnouncement.WARNING_BY_MAIL, by_mail),
        texted=(RequestAnnouncement.WARNING_BY_TEXT, by_text),
    )
    if counts is None:
        return Stop("account_missing")
    return Done(notes=replace(job.notes, cools_until=until), counts=counts)


def _send_to_channels(
    job: AnyJob,
    said: str,
    mailed: tuple[RequestAnnouncement, WrittenMail] | None,
    texted: tuple[RequestAnnouncement, WrittenText] | None,
) -> dict[str, int] | None:
    """Send messages to the mailbox and the number of the account, each at most once; None if it is gone.

    Raises:
        Unavailable: one was certainly not sent; another run sends it.
    """
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None:
        return None
    locale, phone = account.locale, account.phone
    counts: dict[str, int] = {}
    if mailed:
        about, write_mail = mailed

        def send_mail(mail_id: MailId) -> str:
            mail.send(write_mail(mail_id, str(email), locale), Purpose.LEGAL_OBLIGATION, choices=None)
            return said

        try:
            sent = job.send_at_most_once(about, send_mail) if email else _NOT_REACHABLE
        except MailRefused:
            sent = _NOT_REACHABLE
        counts[f"{sent}_by_mail"] = 1
    if texted:
        about, write_text = texted

        def send_text(_: MailId) -> str:
            sms.send(TextMessage(phone, write_text(locale)), Purpose.LEGAL_OBLIGATION)
            return said

        try:
            sent = job.send_at_most_once(about, send_text)
        except TextRefused:
            sent = _NOT_REACHABLE
        counts[f"{sent}_by_text"] = 1
    return counts


def _cool_down(job: AnyJob) -> Outcome:
    """Wait until the account's owner, who was warned or whose number changed, had time to object."""
    left = (job.notes.cools_until or clock.now()) - clock.now()
    return Wait(left) if left > timedelta() else Done()


def remind_of_proof(job: AnyJob) -> None:
    """Duty: notify the subject that proof of identity is outstanding, and until when; at most once each.

    The first notice goes at once to the channels that proved nothing: their owner may not have asked.
    """
    request, number = job.request, job.notes.identity_reminded
    until = duties.proof_lapses_at(request, clock.now())
    by_mail = partial(guest_letters.proof_mail, request=request, until=until)
    by_text = partial(guest_letters.proof_text, until=until)
    try:
        if number == 0:
            counts = _to_unproven_channels(job, by_mail, by_text)
        else:
            counts = send_once(job, _REMINDERS[number - 1], by_mail, by_text)
    except Unavailable:
        return  # the duty stays due
    notes = replace(job.notes, identity_reminded=number + 1)
    event = "proof_reminded" if number else "proof_asked"
    job.move(job.request.model_copy(update={"notes": notes}), event, **counts)


def _to_unproven_channels(job: AnyJob, by_mail: WrittenMail, by_text: WrittenText) -> dict[str, int]:
    """Notify the mailbox and the number, but not the one that proved itself. The app notifies a session."""
    proofs = job.request.proofs
    has_session = not procedures.is_recovery(job.request)
    mailed = None if IdentityProof.MAILBOX in proofs else (RequestAnnouncement.PROOF_ASKED_BY_MAIL, by_mail)
    texted = (RequestAnnouncement.PROOF_ASKED_BY_TEXT, by_text)
    no_text = has_session or IdentityProof.NUMBER in proofs
    return _send_to_channels(job, _NOTIFIED, mailed, None if no_text else texted) or {}


def refuse_unproven(job: AnyJob) -> None:
    """Duty: refuse a request whose subject has not proven their identity in time; they can make it again."""
    request, now = job.request, clock.now()
    closed = _refused(request, now)
    late = not request.clock.refusal_is_in_time(now)
    job.move(closed, "identity_lapsed", status=closed.status, reason=closed.refusal, late=int(late))
    metrics.count(Metric.RIGHTS_ANSWERED)
    metrics.count(Metric.RIGHTS_IDENTITY_LAPSED)
    if late:
        metrics.count(Metric.RIGHTS_REFUSED_LATE)


def _refused(request: RightsRequest, now: datetime) -> RightsRequest:
    closed = record.closed_early(request, Status.REFUSED)
    return closed.model_copy(update={"refusal": RefusalReason.IDENTITY_FAILURE, "run_at": now})


SEARCH = Step(declaration.SEARCH, _search)
ANSWER = Step(declaration.ANSWER, _answer)
FORGET_CONTACT = Step(declaration.FORGET_CONTACT, _forget_contact)
WARN = Step(declaration.WARN, _warn)
COOL_DOWN = Step(declaration.COOL_DOWN, _cool_down)
