"""Announces the answer or an extension to the subject, in the app and by mail.

The app shows both as soon as they are decided. The mail goes to a verified address, if there is one, and
only says where to look. So no step depends on the mail, and it is sent at most once: a note is written
before it is sent.
"""

from collections.abc import Callable
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
from chalicelib.rights import letters, plans
from chalicelib.rights.duties import EXTENSION_TOLD
from chalicelib.rights.plans.step import SHORT, Done, Job, Outcome

# Notes that hold a mail's id, written before the mail is sent.
_NOTE, _EXTENSION_NOTE = "told_by", "extension_told_by"
_IN_APP, _BY_MAIL = "told_in_app", "told_by_mail"


class Tell:
    """Announce the answer."""

    name = plans.TELL
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Send the mail, unless an earlier run may have sent it."""
        return Done(counts=_send_once(job, _NOTE, partial(letters.answered, request=job.request)))


def announce_extension(job: Job) -> None:
    """Duty: announce an extension, its new day and where to read the reason (RGT-10).

    A duty does not wait, since the steps would wait too. If the mail cannot be sent, only the app shows it.
    """
    request = job.request
    until = request.clock.due_at(clock.now())
    try:
        counts = _send_once(job, _EXTENSION_NOTE, partial(letters.extended, request=request, until=until))
    except Unavailable:
        counts = {_IN_APP: 1}
    told = job.request.model_copy(update={"notes": {**job.notes, EXTENSION_TOLD: 1}})
    job.move(told, "extension_told", **counts)


def _send_once(job: Job, note: str, written: Callable[[MailId, str, str | None], Mail]) -> dict[str, int]:
    """Send a mail at most once; returns the channel of the announcement, to be recorded.

    Raises:
        Unavailable: the mail was certainly not sent; another run may send it.
    """
    (row,) = needs.read_accounts([job.request.account_id], (OPEN_ACCOUNT, PROFILE, PURPOSES, DATA_KEY))
    address = _address(row)
    if note in job.notes or address is None:
        return {_IN_APP: 1}
    mail_id = MailId.new()
    job.mark(**{note: mail_id})
    try:
        mail.send(written(mail_id, address, _locale(row)), Purpose.LEGAL_OBLIGATION, row[PURPOSES])
    except MailUnavailable:
        job.unmark(note)
        raise Unavailable from None
    except (MailRefused, MailInDoubt):
        return {_IN_APP: 1}
    return {_BY_MAIL: 1}


def _address(row: Found) -> str | None:
    """The address for mail; None if missing or unreadable, or if the account is frozen."""
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
