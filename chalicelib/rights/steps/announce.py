"""Announces the answer or an extension to the subject, in the app and by mail.

The app shows both as soon as they are decided. The mail goes to a verified address, if there is one, and
only says where to look. So no step depends on the mail, and it is sent at most once: a note is written
before it is sent.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.messages import mail
from chalicelib.messages.mail import Mail, MailInDoubt, MailRefused, MailUnavailable
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE
from chalicelib.rights import messages, procedures
from chalicelib.rights.engine.step import Done, Job, Outcome, Step
from chalicelib.rights.model import RequestAnnouncement

_IN_APP, _BY_MAIL = "announced_in_app", "announced_by_mail"


def _announce(job: Job) -> Outcome:
    """Send the mail about the answer, unless an earlier run may have sent it."""
    written = partial(messages.answer_mail, request=job.request)
    return Done(counts=_send_once(job, RequestAnnouncement.ANSWER, written))


def announce_extension(job: Job) -> None:
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
    job: Job, about: RequestAnnouncement, written: Callable[[MailId, str, str | None], Mail]
) -> dict[str, int]:
    """Send a mail at most once; returns the channel of the announcement, to be recorded.

    Raises:
        Unavailable: the mail was certainly not sent; another run may send it.
    """
    (row,) = needs.read_accounts([job.request.account_id], (OPEN_ACCOUNT, PROFILE, PURPOSES, DATA_KEY))
    address = _address(row)
    if about in job.notes.mails or address is None:
        return {_IN_APP: 1}
    mail_id = MailId.new()
    before = job.notes
    job.note(replace(before, mails={**before.mails, about: mail_id}))
    try:
        mail.send(written(mail_id, address, _locale(row)), Purpose.LEGAL_OBLIGATION, row[PURPOSES])
    except MailUnavailable:
        job.note(before)
        raise Unavailable from None
    except (MailRefused, MailInDoubt):
        return {_IN_APP: 1}
    return {_BY_MAIL: 1}


def _address(row: Found) -> str | None:
    """Return the address for mail; None if missing or unreadable, or if the account is frozen."""
    try:
        account, profile = row[OPEN_ACCOUNT], row[PROFILE]
    except SealingError:
        return None
    if account is None or account.state is AccountState.FROZEN or profile is None:
        return None
    return profile.email


def _locale(row: Found) -> str | None:
    account = row[OPEN_ACCOUNT]
    return account.locale if account else None


ANNOUNCE = Step(procedures.ANNOUNCE, _announce)
