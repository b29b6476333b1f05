"""The subject is told of the answer or of more time: by mail to a verified address, and always in the app.

The request itself shows both the moment that they are decided; the mail only says to look. So nothing
waits for it, and it is sent at most once: that it is about to be is noted first.
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

# Mail ids, once a mail is about to be sent.
_NOTE, _EXTENSION_NOTE = "told_by", "extension_told_by"
_IN_APP, _BY_MAIL = "told_in_app", "told_by_mail"


class Tell:
    """Say that there is an answer."""

    name = plans.TELL
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Send the mail unless it may be on its way already."""
        return Done(counts=_told(job, _NOTE, partial(letters.answered, request=job.request)))


def tell_extended(job: Job) -> None:
    """The duty: the subject is told that the answer takes longer, until when, and where to see why (RGT-10).

    A duty does not wait: the steps behind it would wait too. If no mail goes now, the app alone tells it.
    """
    request = job.request
    until = request.clock.due_at(clock.now())
    try:
        counts = _told(job, _EXTENSION_NOTE, partial(letters.extended, request=request, until=until))
    except Unavailable:
        counts = {_IN_APP: 1}
    told = job.request.model_copy(update={"notes": {**job.notes, EXTENSION_TOLD: 1}})
    job.move(told, "extension_told", **counts)


def _told(job: Job, note: str, written: Callable[[MailId, str, str | None], Mail]) -> dict[str, int]:
    """Send a mail at most once, and say how the subject was told.

    Raises:
        Unavailable: it was certainly not sent, and may be later.
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
    """Where a mail may go; a frozen account gets none, and what does not open can't be read."""
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
