"""Announces an answer or an extension to the subject, in the app and by mail.

The app shows both as soon as they are decided. The mail goes to a verified address, if there is one, and
only says where to look. So no step depends on the mail, and it is sent at most once: a note is written
before it is sent. The completion of an erasure and its cancellation have messages of their own (`confirm`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.sealing import SealingError
from chalicelib.messages import mail
from chalicelib.messages.mail import Mail, MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.sms import TextInDoubt, TextUnavailable
from chalicelib.privacy.purposes import Choices, Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE
from chalicelib.rights import messages, procedures
from chalicelib.rights.engine.step import AnyJob, Done, Job, N, Outcome, Step
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.model import Right, RightsRequest
from chalicelib.rights.notes import RequestAnnouncement

_IN_APP, _BY_MAIL = "announced_in_app", "announced_by_mail"
# What is known of a message that may have been sent, in the words of the evidence.
SENT_BEFORE, SENT_IN_DOUBT = "sent_before", "sent_in_doubt"


def _announce(job: AnyJob) -> Outcome:
    """Send the mail about the answer, unless an earlier run may have sent it."""
    written = partial(messages.answer_mail, request=job.request)
    return Done(counts=_send_once(job, RequestAnnouncement.ANSWER, written))


def announce_extension(job: AnyJob) -> None:
    """Duty: announce an extension, its new day and where to read the reason (RGT-10).

    A duty does not wait, since the steps would wait too. If the mail cannot be sent, only the app shows it.
    """
    request = job.request
    until = request.clock.due_at(clock.now())
    try:
        written = partial(messages.extension_mail, request=request, until=until)
        counts = _send_once(job, RequestAnnouncement.EXTENSION, written)
    except Unavailable:
        counts = {_IN_APP: 1}
    notes = replace(job.notes, extension_announced=True)
    job.move(job.request.model_copy(update={"notes": notes}), "extension_announced", **counts)


def _send_once(
    job: AnyJob, about: RequestAnnouncement, written: Callable[[MailId, str, str | None], Mail]
) -> dict[str, int]:
    """Send a mail at most once; returns the channel of the announcement, to be recorded.

    Raises:
        Unavailable: the mail was certainly not sent; another run may send it.
    """
    to = _addressee(job.request)
    if to is None:
        return {_IN_APP: 1}

    def send(mail_id: MailId) -> str:
        mail.send(written(mail_id, to.email, to.locale), Purpose.LEGAL_OBLIGATION, to.choices)
        return _BY_MAIL

    try:
        sent = at_most_once(job, about, send)
    except MailRefused:
        return {_IN_APP: 1}
    return {_BY_MAIL if sent == _BY_MAIL else _IN_APP: 1}


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


@dataclass(frozen=True, repr=False)
class Addressee:
    """Where the subject gets mail, in which language, and the subject's choices about mail."""

    email: str
    locale: str | None
    choices: Choices | None


def _addressee(request: RightsRequest) -> Addressee | None:
    """The subject's mailbox; None if missing or unreadable, or if the account is frozen for another request.

    After the point of no return of an erasure, it is the mailbox that the erasure captured.
    """
    (row,) = needs.read_accounts([request.account_id], (OPEN_ACCOUNT, PROFILE, PURPOSES, DATA_KEY))
    try:
        account, profile = row[OPEN_ACCOUNT], row[PROFILE]
    except SealingError:
        return None
    is_erasure = request.right is Right.ERASURE
    if account is None:
        captured = erasures.inputs_of(request.request_id) if is_erasure else None
        return Addressee(captured.email, captured.locale, None) if captured and captured.email else None
    if (account.state is AccountState.FROZEN and not is_erasure) or not (profile and profile.email):
        return None
    return Addressee(profile.email, account.locale, row[PURPOSES])


ANNOUNCE = Step(procedures.ANNOUNCE, _announce)
