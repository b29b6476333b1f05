"""Notifies one account of a breach: by mail to a verified address, else in the app.

The notice is written first, and moves as an announcement does (`consents/announcements/service`): before a
mail is handed to SES it is SENDING, with the mail's random id. Each write is conditional on the state before,
and only the worker that wrote SENDING sends. So an account gets at most one mail for a breach, whatever
fails. A notice that a killed worker left SENDING, or that SES refused or may have taken, is shown in the app
instead.

Frozen and restricted accounts are notified like all others: a law requires it. An erased account, and one
past the point of no return of its erasure, has nobody to notify.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.notices.model import AnnouncementState, NoticeChannel
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.ids import AccountId, BreachId, MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.pace import Pace
from chalicelib.core.sealing import SealingError
from chalicelib.messages import mail
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.operations.breaches.model import Breach, BreachDelivery, BreachLetter, BreachNotice
from chalicelib.operations.breaches.subject_notices import store
from chalicelib.operations.breaches.subject_notices.letter import notice_mail
from chalicelib.operations.breaches.subject_notices.store import NotifiedByAnother
from chalicelib.operations.breaches.words import Audience
from chalicelib.privacy.purposes import Choices, Purpose, permits
from chalicelib.privacy.subject_keys import DATA_KEY

# The items of an account that a mail to it needs: four each, so 25 accounts are one batched read.
_WHOLE = (OPEN_ACCOUNT, PROFILE, DATA_KEY, PURPOSES)
MAX_RECIPIENTS_PER_READ = 25
# The check whether an account was notified reads one item: 100 accounts are one batched read.
MAX_ACCOUNTS_PER_READ = 100


class NoticeOutcome(Enum):
    """What became of one account in a run."""

    MAILED = auto()
    SHOWN = auto()  # in the app
    ABSENT = auto()  # there is no such account any more
    UNCONCERNED = auto()  # created later, or of another country
    WAITING = auto()  # for SES, or for another worker


@dataclass(frozen=True)
class Affected:
    """An account that a breach may affect; without `address`, it is notified in the app.

    `created_at` and `country` are None if they cannot be read; then the account counts as affected.
    """

    account_id: AccountId
    address: str | None = field(default=None, repr=False)
    locale: str | None = None
    choices: Choices | None = None
    created_at: datetime | None = None
    country: str | None = field(default=None, repr=False)
    is_readable: bool = False

    def is_concerned(self, breach: Breach) -> bool:
        """Return whether a breach concerns the account, as its approved assessment says."""
        later = breach.notices_from and self.created_at and self.created_at > breach.notices_from
        elsewhere = (
            breach.audience is Audience.COUNTRY and self.is_readable and self.country != breach.country
        )
        return not later and not elsewhere


def read_notices(
    breach_id: BreachId, account_ids: Iterable[AccountId]
) -> dict[AccountId, BreachNotice | None]:
    """Read the notices to at most 100 accounts; an unreadable one is counted and missing."""
    need = store.notice_of(breach_id)
    found: dict[AccountId, BreachNotice | None] = {}
    for row in needs.read_accounts(account_ids, (need,)):
        try:
            found[row.claims.account_id] = row[need]
        except SealingError as error:
            observe.record_unreadable("breach_notice_unreadable", error)
    return found


def outcome_of(notice: BreachNotice | None) -> NoticeOutcome | None:
    """The outcome that a stored notice is; None if the account has not been notified."""
    if notice is None or notice.state is not AnnouncementState.ANNOUNCED:
        return None
    return NoticeOutcome.MAILED if notice.channel is NoticeChannel.EMAIL else NoticeOutcome.SHOWN


def read_affected(account_ids: Iterable[AccountId]) -> dict[AccountId, Affected]:
    """Read those of at most 25 accounts that exist, and how each can be reached."""
    rows = needs.read_accounts(account_ids, _WHOLE)
    return {one.account_id: one for row in rows if (one := _affected(row))}


def notify(
    affected: Affected, breach: Breach, letter: BreachLetter, so_far: BreachNotice | None, pace: Pace
) -> NoticeOutcome:
    """Notify one account, unless another worker is doing so; mails keep a pace.

    Raises:
        MailUnavailable: the notice has to go by mail, and SES takes none now.
    """
    try:
        if affected.address is None or (so_far and so_far.state is AnnouncementState.SENDING):
            return _show_in_app(affected.account_id, breach.breach_id, so_far)
        return _send(affected, affected.address, letter, so_far, pace)
    except NotifiedByAnother:
        return NoticeOutcome.WAITING


def record_bounce(mail_id: MailId) -> None:
    """Show the notice in the app, from now on, because its mail did not arrive; other mails are ignored."""
    delivery = store.delivery(mail_id)
    found = delivery and store.notice(delivery.account_id, delivery.breach_id)
    if delivery and found and (found.mail_id, found.channel) == (mail_id, NoticeChannel.EMAIL):
        metrics.count(Metric.MAIL_CAME_BACK)
        with suppress(NotifiedByAnother):
            _show_in_app(delivery.account_id, delivery.breach_id, found)


def _affected(row: Found) -> Affected | None:
    account_id = row.claims.account_id
    try:
        account, profile, choices = row[OPEN_ACCOUNT], row[PROFILE], row[PURPOSES]
    except SealingError:
        return Affected(account_id)
    if account is None:
        return None
    may_write = permits(choices, Purpose.LEGAL_OBLIGATION)
    return Affected(
        account_id,
        address=profile.email if profile and may_write else None,
        locale=account.locale,
        choices=choices,
        created_at=account.created_at,
        country=profile.country if profile else None,
        is_readable=True,
    )


def _send(
    affected: Affected, address: str, letter: BreachLetter, so_far: BreachNotice | None, pace: Pace
) -> NoticeOutcome:
    pace.wait()  # before SENDING is written: a worker that is killed while it waits leaves no mail in doubt
    mail_id, account_id = MailId.new(), affected.account_id
    sending = BreachNotice(
        breach_id=letter.breach_id,
        state=AnnouncementState.SENDING,
        channel=NoticeChannel.EMAIL,
        mail_id=mail_id,
    )
    delivery = BreachDelivery(
        mail_id=mail_id, account_id=account_id, breach_id=letter.breach_id, sent_at=clock.now()
    )
    store.begin_mail(account_id, so_far, sending, delivery)
    text = notice_mail(mail_id, address, affected.locale, letter.texts, letter.discovered_at)
    try:
        mail.send_patiently(text, Purpose.LEGAL_OBLIGATION, affected.choices, pace)
    except (MailRefused, MailInDoubt):
        return _show_in_app(account_id, letter.breach_id, sending)
    except MailUnavailable:
        waiting = sending.model_copy(update={"state": AnnouncementState.WAITING, "mail_id": None})
        store.move(account_id, sending, waiting)
        raise
    sent = {"state": AnnouncementState.ANNOUNCED, "announced_at": clock.now()}
    store.move(account_id, sending, sending.model_copy(update=sent))
    metrics.count(Metric.BREACH_SUBJECT_NOTIFIED)
    return NoticeOutcome.MAILED


def _show_in_app(account_id: AccountId, breach_id: BreachId, so_far: BreachNotice | None) -> NoticeOutcome:
    shown = BreachNotice(
        breach_id=breach_id,
        state=AnnouncementState.ANNOUNCED,
        channel=NoticeChannel.IN_APP,
        announced_at=clock.now(),
    )
    store.move(account_id, so_far, shown)
    metrics.count(Metric.BREACH_SUBJECT_NOTIFIED)
    return NoticeOutcome.SHOWN
