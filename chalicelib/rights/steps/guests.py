"""The steps and duties of requests without a session (RGT-11, ADR 49).

A person without an account is searched for, answered, and forgotten. The owner of an account is warned before
a copy, an erasure or a correction, and has time to object.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from chalicelib.accounts.challenges.numbers import is_route_off
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.letters import WrittenMessage
from chalicelib.messages.mail import MailRefused, MailUnavailable
from chalicelib.messages.sms import TextMessage, TextRefused
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.answers import letters
from chalicelib.rights.engine.step import AnyJob, AwaitIdentity, Done, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure.inputs import read_subject
from chalicelib.rights.guests import contact_owners
from chalicelib.rights.intake import record
from chalicelib.rights.intake.submission import rule_of
from chalicelib.rights.request import declaration, duties, procedures
from chalicelib.rights.request.model import IdentityProof, RightsRequest
from chalicelib.rights.request.notes import RequestAnnouncement
from chalicelib.rights.request.proofs import are_two
from chalicelib.rights.request.terms import RefusalReason, Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.rights.steps.announce import send_once

_NOT_REACHABLE, _ROUTE_OFF, _WARNED, _NOTIFIED = "not_reachable", "route_off", "warned", "notified"
# How long SES's report of a delivery is awaited: not longer than the mail's record is kept at least.
# So operators are asked within the three days in which the legal clock can be paused.
_REPORTED_WITHIN = 2 * DAY
_REMINDERS = (
    RequestAnnouncement.RELEASE_ASKED,
    RequestAnnouncement.FIRST_PROOF_REMINDER,
    RequestAnnouncement.LAST_PROOF_REMINDER,
)


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
    """Announce on every channel of the account what was requested, each at most once.

    The request goes on once a channel that proved nothing was warned, else once two operators have checked
    the identity (ADR 49). SES may report the delivery of a mail later.
    """
    until = clock.now() + settings().erasure.recovery_hours * HOUR
    counts = _send_to_channels(
        job,
        letters.warning(job.request, until),
        _WARNED,
        by_mail=RequestAnnouncement.WARNING_BY_MAIL,
        by_text=RequestAnnouncement.WARNING_BY_TEXT,
    )
    if counts is None:
        return Stop("account_missing")
    request = job.request  # its notes name the mail now
    if _is_released(request, counts):
        unwarned = procedures.is_for_two(request) and not any(
            sent.startswith(f"{_WARNED}_") for sent in counts
        )
        return Done(notes=replace(job.notes, cools_until=until, unwarned=unwarned), counts=counts)
    if _may_arrive(request, counts):
        return Wait(HOUR, WaitReason.WARNING_REPORT)
    return AwaitIdentity("owner_not_warned", counts)


def _is_released(request: RightsRequest, counts: Mapping[str, int]) -> bool:
    """Whether a channel that proved nothing was warned, or two operators have checked the identity.

    Accepted by SNS, or delivered as SES reports: refused or in doubt is not warned. Neither is a text to a
    country whose route is off: SNS accepts it, but it does not arrive (ADR 78). The app is no such
    channel: a code to the number signs in anywhere. Two proofs release a correction, which can be undone.
    """
    if IdentityProof.STAFF in request.proofs:
        return True
    if are_two(request.proofs) and not rule_of(request.right).wants_step_up:
        return True
    by_text = IdentityProof.NUMBER not in request.proofs and f"{_WARNED}_by_text" in counts
    return by_text or any(map(campaigns.has_arrived, _unproven_mail(request)))


def _may_arrive(request: RightsRequest, counts: Mapping[str, int]) -> bool:
    """Whether the delivery of the warning to a mailbox that proved nothing may still be reported."""
    if f"{_NOT_REACHABLE}_by_mail" in counts:
        return False
    sent = map(campaigns.sent_at, _unproven_mail(request))  # days after the step began, if SES was away
    return any(at and clock.now() < at + _REPORTED_WITHIN for at in sent)


def _unproven_mail(request: RightsRequest) -> list[MailId]:
    """The id of the warning to a mailbox that proved nothing, if one was sent."""
    mail_id = request.notes.mails.get(RequestAnnouncement.WARNING_BY_MAIL)
    return [mail_id] if mail_id and IdentityProof.MAILBOX not in request.proofs else []


def _send_to_channels(
    job: AnyJob,
    message: WrittenMessage,
    said: str,
    by_mail: RequestAnnouncement | None,
    by_text: RequestAnnouncement | None,
) -> dict[str, int] | None:
    """Send a message to the mailbox and the number of the account, each at most once; None if it is gone.

    Args:
        job: the request.
        message: what is sent.
        said: what is recorded of a channel to which it was sent; `_ROUTE_OFF` of a number whose route is off.
        by_mail: what the mail is noted as; None: no mail.
        by_text: the same of the text message.

    Raises:
        Unavailable: one was certainly not sent; another run sends it.
    """
    account, email = read_subject(job.request, OPEN_ACCOUNT)
    if account is None:
        return None
    locale, phone = account.locale, account.phone

    def send_mail(mail_id: MailId) -> str:
        if by_mail is RequestAnnouncement.WARNING_BY_MAIL:
            _expect_report(job.request, mail_id)
        mail.send(message.mail(mail_id, str(email), locale), Purpose.LEGAL_OBLIGATION, choices=None)
        return said

    def send_text(_: MailId) -> str:
        sms.send(TextMessage(str(phone), message.text(locale)), Purpose.LEGAL_OBLIGATION)
        return _ROUTE_OFF if is_route_off(str(phone)) else said

    counts: dict[str, int] = {}
    if by_mail:
        sent = _send_if_taken(job, by_mail, send_mail) if email else _NOT_REACHABLE
        counts[f"{sent}_by_mail"] = 1
    if by_text:
        sent = _send_if_taken(job, by_text, send_text) if phone else _NOT_REACHABLE
        counts[f"{sent}_by_text"] = 1
    return counts


def _expect_report(request: RightsRequest, mail_id: MailId) -> None:
    """Record that a warning is about to be mailed, so that SES's report of its delivery is kept."""
    try:
        campaigns.expect_report(mail_id, request.account_id, request.request_id)
    except Unavailable:
        raise MailUnavailable from None  # the mail was not sent; another run sends it


def _send_if_taken(job: AnyJob, about: RequestAnnouncement, send: Callable[[MailId], str]) -> str:
    try:
        return job.send_at_most_once(about, send)
    except (MailRefused, TextRefused):
        return _NOT_REACHABLE


def _cool_down(job: AnyJob) -> Outcome:
    """Wait until the account's owner, who was warned or whose number changed, had time to object.

    If no channel could be warned of what operators entered, it waits for as long as its deadline permits.
    """
    now = clock.now()
    until = procedures.unwarned_until(job.request, now)
    left = max(job.notes.cools_until or now, until or now) - now
    return Wait(left, WaitReason.TIME_TO_OBJECT) if left > timedelta() else Done()


def remind_of_proof(job: AnyJob) -> None:
    """Duty: notify the subject that proof of identity is outstanding, and until when; at most once each.

    The first message goes at once to the channels that proved nothing: their owner may not have asked. With
    two proofs, it is the subject who learns that operators have to check their identity.

    Raises:
        Unavailable: a message was certainly not sent; another run sends it.
    """
    request, number = job.request, job.notes.identity_reminded
    until = duties.proof_lapses_at(request, clock.now())
    is_proven = procedures.is_recovery(request) and are_two(request.proofs)
    message = letters.release(request, until) if is_proven else letters.proof(request, until)
    if number == 0 and not is_proven:
        counts = _to_unproven_channels(job, message)
    else:
        counts = send_once(job, _REMINDERS[number], message)
    notes = replace(job.notes, identity_reminded=number + 1)
    event = "proof_reminded" if number else "proof_asked"
    job.move(job.request.model_copy(update={"notes": notes}), event, **counts)


def _to_unproven_channels(job: AnyJob, message: WrittenMessage) -> dict[str, int]:
    """Notify the mailbox and the number, but not the one that proved itself. The app notifies a session."""
    proofs = job.request.proofs
    has_session = not procedures.is_recovery(job.request)
    no_mail = IdentityProof.MAILBOX in proofs
    no_text = has_session or IdentityProof.NUMBER in proofs
    counts = _send_to_channels(
        job,
        message,
        _NOTIFIED,
        by_mail=None if no_mail else RequestAnnouncement.PROOF_ASKED_BY_MAIL,
        by_text=None if no_text else RequestAnnouncement.PROOF_ASKED_BY_TEXT,
    )
    return counts or {}


def refuse_unproven(job: AnyJob) -> None:
    """Duty: refuse a request whose subject has not proven their identity in time; they can make it again."""
    request, now = job.request, clock.now()
    refused = {"refusal": RefusalReason.IDENTITY_FAILURE, "run_at": now}
    closed = record.closed_early(request, Status.REFUSED).model_copy(update=refused)
    late = not request.clock.refusal_is_in_time(now)
    job.move(closed, "identity_lapsed", status=closed.status, reason=closed.refusal, late=int(late))
    metrics.count(Metric.RIGHTS_ANSWERED)
    metrics.count(Metric.RIGHTS_IDENTITY_LAPSED)
    if late:
        metrics.count(Metric.RIGHTS_REFUSED_LATE)


SEARCH = Step(declaration.SEARCH, _search)
ANSWER = Step(declaration.ANSWER, _answer)
FORGET_CONTACT = Step(declaration.FORGET_CONTACT, _forget_contact)
WARN = Step(declaration.WARN, _warn)
COOL_DOWN = Step(declaration.COOL_DOWN, _cool_down)
