"""One account is told of one version: by mail if there is a verified address, else in its app.

The announcement on record is written first and says how far the telling has come:

    (none) or WAITING -> SENDING     before a mail is handed to SES, together with the mail's random id
    SENDING -> TOLD by mail          SES took it
    SENDING -> WAITING               SES certainly did not take it, but may later
    SENDING -> TOLD in the app       refused, or nobody knows: the notice in the app can't be doubled
    (none) or WAITING -> TOLD in the app   there is no address that a mail may go to
    TOLD by mail -> TOLD in the app  the mail came back; the time counts from now on

Each step is conditional on the one before, so of two that race one moves on, and only who took the step
to SENDING sends. Hence at most one mail, whatever breaks and whoever runs twice; and since SENDING has
told nobody yet and the next run takes it up, nobody is forgotten (NOT-1).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, metrics, needs, observe, table
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.notices import store
from chalicelib.notices.letter import letter
from chalicelib.notices.model import Announcement, Delivery, Notice, NoticeChannel, NoticeVersion, Telling
from chalicelib.notices.service import acceptance_of, shown_in_app
from chalicelib.notices.store import BegunBefore
from chalicelib.privacy.purposes import Choices, Purpose, permits
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE

# What of an account is needed to write to it; with this, 25 accounts are one batched read.
_WHOLE = (OPEN_ACCOUNT, PROFILE, DATA_KEY, PURPOSES)
MOST_WHOLE = 25
# Whether it has to be told at all takes two items of each.
MOST_AT_ONCE = 50


@dataclass(frozen=True)
class NoticeRecipient:
    """Somebody to tell; without `address` it is done in the app."""

    account_id: AccountId
    address: str | None = field(default=None, repr=False)
    locale: str | None = None
    choices: Choices | None = None


def untold(notice: Notice, account_ids: Iterable[AccountId]) -> dict[AccountId, Announcement | None]:
    """Who of at most 50 accounts has neither accepted a version nor been told of it, and how far it came.

    An account whose acceptance or announcement cannot be read is left out and counted: it may have been told.
    """
    accepted, announced = acceptance_of(notice.version), store.announcement_of(notice.version)
    found: dict[AccountId, Announcement | None] = {}
    for row in needs.read_accounts(account_ids, (accepted, announced)):
        try:
            acceptance, announcement = row[accepted], row[announced]
        except SealingError as error:
            observe.record_unreadable("announcement_unreadable", error)
            continue
        if acceptance is None and not _is_told(announcement):
            found[row.claims.account_id] = announcement
    return found


def readers(account_ids: Iterable[AccountId]) -> list[NoticeRecipient]:
    """Those of at most 25 accounts that are there, and how each can be reached."""
    rows = needs.read_accounts(account_ids, _WHOLE)
    return [reader for row in rows if (reader := _reader(row))]


def tell(reader: NoticeRecipient, notice: Notice, so_far: Announcement | None) -> None:
    """Tell one account, unless somebody else is telling it.

    Raises:
        MailUnavailable: it has to be told by mail, and SES takes none now.
    """
    with suppress(BegunBefore):
        if reader.address is None or (so_far and so_far.telling is Telling.SENDING):
            _show_in_app(reader.account_id, notice.version, so_far)
        else:
            _send(reader, reader.address, notice, so_far)


def came_back(mail_id: MailId) -> None:
    """A mail did not arrive: whom it was to tell is told in the app, from now on.

    The announcement may be SENDING still, if SES was quicker than our note that it took the mail.
    """
    delivery = store.delivery(mail_id)
    found = delivery and store.announcement(delivery.account_id, delivery.version)
    if delivery and found and (found.mail_id, found.channel) == (mail_id, NoticeChannel.EMAIL):
        metrics.count(Metric.MAIL_CAME_BACK)
        with suppress(BegunBefore):
            _show_in_app(delivery.account_id, delivery.version, found)


def _is_told(announcement: Announcement | None) -> bool:
    return announcement is not None and announcement.telling is Telling.TOLD


def _reader(row: Found) -> NoticeRecipient | None:
    """An account as it can be told: frozen ones, and those whose records do not open, in the app."""
    account_id = row.claims.account_id
    try:
        account, profile, choices = row[OPEN_ACCOUNT], row[PROFILE], row[PURPOSES]
    except SealingError:
        return NoticeRecipient(account_id)
    if account is None:
        return None
    # Being told is what a law asks for, so it outlasts a restriction; who waits for erasure gets no mail.
    may_write = account.state is not AccountState.FROZEN and permits(choices, Purpose.LEGAL_OBLIGATION)
    if profile is None or profile.email is None or not may_write:
        return NoticeRecipient(account_id)
    return NoticeRecipient(account_id, profile.email, account.locale, choices)


def _send(reader: NoticeRecipient, address: str, notice: Notice, so_far: Announcement | None) -> None:
    now, mail_id = clock.now(), MailId.new()
    sending = Announcement(
        version=notice.version, telling=Telling.SENDING, channel=NoticeChannel.EMAIL, mail_id=mail_id
    )
    delivery = Delivery(mail_id=mail_id, account_id=reader.account_id, version=notice.version, sent_at=now)
    table.transact([_step(reader.account_id, so_far, sending), store.delivering(delivery)])
    applies_from = max(notice.effective_at, now + settings().notice_period)
    text = letter(mail_id, address, reader.locale, notice, applies_from)
    try:
        _with_patience(text, reader.choices)
    except (MailRefused, MailInDoubt):
        _show_in_app(reader.account_id, notice.version, sending)
    except MailUnavailable:
        waiting = sending.model_copy(update={"telling": Telling.WAITING, "mail_id": None})
        table.write(_step(reader.account_id, sending, waiting))
        raise
    else:
        told = sending.model_copy(update={"telling": Telling.TOLD, "told_at": clock.now()})
        table.write(_step(reader.account_id, sending, told))
        metrics.count(Metric.NOTICE_TOLD)


def _with_patience(text: mail.Mail, choices: Choices | None) -> None:
    """Send; where SES limits the mails of a second, a second later again."""
    for _ in range(2):
        with suppress(MailUnavailable):
            return mail.send(text, Purpose.LEGAL_OBLIGATION, choices)
        clock.pause(timedelta(seconds=1))
    return mail.send(text, Purpose.LEGAL_OBLIGATION, choices)


def _show_in_app(account_id: AccountId, version: NoticeVersion, so_far: Announcement | None) -> None:
    table.write(_step(account_id, so_far, shown_in_app(version)))
    metrics.count(Metric.NOTICE_TOLD)


def _step(account_id: AccountId, before: Announcement | None, after: Announcement) -> table.Write:
    return store.moved(account_id, before, after) if before else store.announcing(account_id, after)
