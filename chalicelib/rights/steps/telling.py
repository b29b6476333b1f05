"""The subject is told of the answer: by mail if there is a verified address, and in the app in any case.

The request itself shows the answer the moment that it is given; the mail only says to look. So nothing
waits for it, and it is sent at most once: that it is about to be is noted first.
"""

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import needs
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.messages import mail
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE
from chalicelib.rights import letters, plans
from chalicelib.rights.plans.step import SHORT, Done, Job, Outcome

_NOTE = "told_by"  # mail id, once a mail is about to be sent
_IN_APP, _BY_MAIL = "told_in_app", "told_by_mail"


class Tell:
    """Say that there is an answer."""

    name = plans.TELL
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Send the mail unless it may be on its way already."""
        (row,) = needs.read_accounts([job.request.account_id], (OPEN_ACCOUNT, PROFILE, PURPOSES, DATA_KEY))
        address = _address(row)
        if _NOTE in job.notes or address is None:
            return Done(counts={_IN_APP: 1})
        mail_id = MailId.new()
        job.mark(**{_NOTE: mail_id})
        text = letters.answered(mail_id, address, _locale(row), job.request)
        try:
            mail.send(text, Purpose.LEGAL_OBLIGATION, row[PURPOSES])
        except MailUnavailable:  # certainly not sent: it may be tried anew
            job.unmark(_NOTE)
            raise Unavailable from None
        except (MailRefused, MailInDoubt):
            return Done(counts={_IN_APP: 1})
        return Done(counts={_BY_MAIL: 1})


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
