"""Announces an answer or an extension to the subject, in the app and by mail or text message.

The app shows an answer or an extension as soon as it is decided. The mail goes to a verified address, if
there is one, and says where to look and where to complain. A text message goes to a subject without a mailbox
who made the request outside the app: others see the app. So no step depends on a message, and it is sent at
most once: a note is written before it is sent. The completion of an erasure and its cancellation have
messages of their own (`erasure/confirm`).
"""

from dataclasses import replace

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.sealing import SealingError
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Addressee, WrittenMessage
from chalicelib.messages.mail import MailRefused
from chalicelib.messages.sms import TextMessage, TextRefused
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.push import asks
from chalicelib.push.model import PushKind
from chalicelib.rights.answers import letters
from chalicelib.rights.engine.step import AnyJob, Done, Job, N, Outcome, Step
from chalicelib.rights.erasure import letters as endings
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.request import declaration
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RequestAnnouncement
from chalicelib.rights.request.terms import ReceivedBy, Right

_IN_APP, _BY_MAIL, _BY_TEXT = "announced_in_app", "announced_by_mail", "announced_by_text"
# The subject of such a request sees it in the app. One who wrote, called or came may have lost the phone.
_FROM_SESSIONS = frozenset({ReceivedBy.APP, ReceivedBy.UNSUBSCRIBE, ReceivedBy.INACTIVITY})


def _announce(job: AnyJob) -> Outcome:
    """Send the mail about the answer, unless an earlier run may have sent it, and push it to the phones."""
    counts = send_once(job, RequestAnnouncement.ANSWER, answer(job.request))
    asks.ask(job.request.account_id, PushKind.RIGHTS, job.request.request_id)
    return Done(counts=counts)


def answer(request: RightsRequest) -> WrittenMessage:
    """The message of an answer. The owner of an idle account, which stays, requested nothing."""
    return endings.kept() if request.received_by is ReceivedBy.INACTIVITY else letters.answer(request)


def announce_extension(job: AnyJob) -> None:
    """Duty: announce an extension, its new day and where to read the reason (RGT-10).

    A duty does not wait, since the steps would wait too. If the mail cannot be sent, only the app shows it.
    """
    request = job.request
    until = request.clock.due_at(clock.now())
    try:
        counts = send_once(job, RequestAnnouncement.EXTENSION, letters.extension(request, until))
    except Unavailable:
        counts = {_IN_APP: 1}
    notes = replace(job.notes, extension_announced=True)
    job.move(job.request.model_copy(update={"notes": notes}), "extension_announced", **counts)


def send_once(job: Job[N], about: RequestAnnouncement, message: WrittenMessage) -> dict[str, int]:
    """Send a message at most once; returns the channel of the announcement, to be recorded.

    Raises:
        Unavailable: the message was certainly not sent; another run may send it.
    """
    to = _addressee(job.request)
    if to is None:
        return {_IN_APP: 1}

    def send(mail_id: MailId) -> str:
        if to.email:
            mail.send(message.mail(mail_id, to.email, to.locale), Purpose.LEGAL_OBLIGATION, choices=None)
            return _BY_MAIL
        if to.phone and message.short:
            sms.send(TextMessage(to.phone, message.text(to.locale)), Purpose.LEGAL_OBLIGATION)
            return _BY_TEXT
        return _IN_APP

    try:
        sent = job.send_at_most_once(about, send)
    except (MailRefused, TextRefused):
        return {_IN_APP: 1}
    return {sent if sent in {_BY_MAIL, _BY_TEXT} else _IN_APP: 1}


def _addressee(request: RightsRequest) -> Addressee | None:
    """Where the subject gets messages; None if nowhere, or if the account is frozen for another request.

    A person without an account gets them at the contact of the request. Other subjects get mail; without a
    mailbox, a subject who made the request outside the app gets text messages. After the point of no return
    of an erasure, it is the mailbox that the erasure captured.
    """
    if contact := request.contact:
        return Addressee(contact.email, contact.phone, contact.locale)
    (row,) = needs.read_accounts([request.account_id], (OPEN_ACCOUNT, PROFILE, DATA_KEY))
    try:
        account, profile = row[OPEN_ACCOUNT], row[PROFILE]
    except SealingError:
        return None
    is_erasure = request.right is Right.ERASURE
    if account is None:
        captured = erasures.inputs_of(request.request_id) if is_erasure else None
        return Addressee(captured.email, None, captured.locale) if captured and captured.email else None
    if account.state is AccountState.FROZEN and not is_erasure:
        return None
    email = profile.email if profile else None
    phone = None if request.received_by in _FROM_SESSIONS else account.phone
    return Addressee(email, phone, account.locale) if email or phone else None


ANNOUNCE = Step(declaration.ANNOUNCE, _announce)
