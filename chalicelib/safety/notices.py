"""Notifies a party of a decision, until it was notified (SAF-1, ADR 115).

A party is notified once SES reports that the mail was delivered, SNS accepts a text message, or a session
shows the decision. An outage repeats the attempt. A refusal for good of every channel ends it, as
`unreachable`: the app shows the decision.
"""

from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.messages import mail, sms
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.letters import Addressee, WrittenMessage
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.cases import CaseId
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.push import asks
from chalicelib.push.model import PushKind
from chalicelib.safety.decisions.model import SafetyDecision
from chalicelib.safety.model import NoticeWay, Work
from chalicelib.safety.numbers.model import NumberObjection
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.staff.cases import CaseMove, Cases

SafetyCase = TypeVar("SafetyCase", AbuseReport, SafetyDecision, NumberObjection)

_LOOKED_AT_AGAIN = HOUR  # nearly every mail that comes back does so within it
_MAIL_WAITED_FOR = DAY
_MOST_DOUBTFUL = 3  # tries of a mail of which it is not known whether SES took it


def notified(work: Work, way: NoticeWay) -> Work:
    """The work after a party was notified."""
    now = clock.now()
    done = {"notify": False, "mail_id": None, "tries": 0, "due_at": now}
    return work.model_copy(update={**done, "notified_at": now, "notified_by": way})


def record_shown(cases: Cases[SafetyCase, CaseId], case_id: CaseId) -> None:
    """Record that a session showed a report or a decision; if that fails, the job goes on notifying."""

    def rule(found: SafetyCase) -> CaseMove[SafetyCase] | None:
        if not found.work.notify:
            return None
        return CaseMove(found.scheduled(notified(found.work, NoticeWay.APP)), "shown")

    with suppress(NotFound, Unavailable):
        cases.apply(case_id, None, rule)


def notify(account_id: AccountId, work: Work, message: WrittenMessage, about: str) -> Work:
    """Try to notify a party; return what is left to do.

    Args:
        account_id: of the party.
        work: what was to be done.
        message: the letter.
        about: the id of the report or decision.

    Raises:
        Unavailable: a provider or a table does not answer; another run tries again.
    """
    to = _addressee(account_id)
    if to is None:
        return notified(work, NoticeWay.UNREACHABLE)
    if work.mail_id is None:
        asks.ask(account_id, PushKind.SAFETY, about)
        if to.email and (mail_id := _mail(account_id, to, message, about)):
            return work.model_copy(
                update={"mail_id": mail_id, "tries": 0, "due_at": clock.now() + _LOOKED_AT_AGAIN}
            )
    elif campaigns.has_arrived(work.mail_id):
        return notified(work, NoticeWay.MAIL)
    elif _may_still_arrive(work.mail_id):
        return work.model_copy(update={"tries": 0, "due_at": clock.now() + _LOOKED_AT_AGAIN})
    return notified(work, send_text(to, message))


def notify_guest(report: AbuseReport, message: WrittenMessage) -> Work:
    """Mail a person without an account the decision, or the answer to their appeal with its text.

    SES taking the mail is all that we learn: no account shows the decision. One that may have been taken is
    sent again, three times at most.

    Raises:
        Unavailable: SES does not answer; another run tries again.
    """
    answer = report.appeal.answer if report.appeal and not report.is_decided_again else None
    letter = message.mail(MailId.new(), report.mailbox or "", report.locale)
    said = tuple(line for line in (answer or "").splitlines() if line.strip())
    discloses = frozenset({Category.EMAIL, Category.CONTENT_PRIVATE})
    try:
        letter = replace(letter, paragraphs=(*letter.paragraphs, *said), discloses=discloses)
        mail.send(letter, Purpose.LEGAL_OBLIGATION, choices=None)
    except MailRefused:
        return notified(report.work, NoticeWay.UNREACHABLE)
    except MailUnavailable:
        raise Unavailable from None
    except MailInDoubt:
        if report.work.tries < _MOST_DOUBTFUL:
            raise Unavailable from None
        return notified(report.work, NoticeWay.UNREACHABLE)
    return notified(report.work, NoticeWay.MAIL)


def _addressee(account_id: AccountId) -> Addressee | None:
    """Where the owner of an account is reached; None if the account is erased or cannot be opened."""
    (row,) = needs.read_accounts([account_id], (OPEN_ACCOUNT, READABLE_PROFILE, DATA_KEY))
    with skip_unreadable("account_unreadable"):
        if account := row[OPEN_ACCOUNT]:
            profile = row[READABLE_PROFILE]
            return Addressee(profile.email if profile else None, account.phone, account.locale)
    return None


def _mail(account_id: AccountId, to: Addressee, message: WrittenMessage, about: str) -> MailId | None:
    """Send the mail; its id, or None if SES refuses it for good."""
    mail_id = MailId.new()
    campaigns.expect_report(mail_id, account_id, about)
    try:
        letter = message.mail(mail_id, str(to.email), to.locale)
        letter = replace(letter, discloses=frozenset({Category.EMAIL, Category.CONTENT_PRIVATE}))
        mail.send(letter, Purpose.LEGAL_OBLIGATION, choices=None)
    except MailRefused:
        return None
    except MailUnavailable:
        raise Unavailable from None
    except MailInDoubt:
        return mail_id
    return mail_id


def _may_still_arrive(mail_id: MailId) -> bool:
    sent_at = campaigns.sent_at(mail_id)
    is_waited_for = sent_at is not None and clock.now() < sent_at + _MAIL_WAITED_FOR
    return is_waited_for and not campaigns.came_back(mail_id)


def send_text(to: Addressee, message: WrittenMessage) -> NoticeWay:
    """Send a text message; how its reader was notified.

    Raises:
        Unavailable: SNS does not answer.
    """
    if to.phone is None:
        return NoticeWay.UNREACHABLE
    try:
        sms.send(TextMessage(to.phone, message.text(to.locale)), Purpose.LEGAL_OBLIGATION)
    except TextRefused:
        return NoticeWay.UNREACHABLE
    except TextUnavailable:
        raise Unavailable from None
    except TextInDoubt:
        return NoticeWay.TEXT
    return NoticeWay.TEXT
