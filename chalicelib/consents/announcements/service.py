"""Announces one version to one account: by mail in the user's language, else in the app.

The announcement item is written first. Its states are:

    (none) or WAITING -> SENDING     before a mail is handed to SES, together with the mail's random id
    SENDING -> ANNOUNCED by mail     SES took the mail
    SENDING -> WAITING               SES certainly did not take the mail, but may later
    SENDING -> ANNOUNCED in the app  SES refused it, or the outcome is unknown: a notice in the app repeats
                                     no mail
    (none) or WAITING -> ANNOUNCED in the app      the account has no address that a mail may go to
    ANNOUNCED by mail -> ANNOUNCED in the app      the mail bounced; the notice period starts again

Each write is conditional on the state before. Of two concurrent workers one proceeds, and only the worker
that wrote SENDING sends. So an account gets at most one mail, whatever fails and however often a run is
repeated. SENDING does not count as announced and the next run takes it up, so no account is missed (NOT-1).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.notices import store
from chalicelib.consents.notices.model import (
    Announcement,
    AnnouncementState,
    Delivery,
    Notice,
    NoticeChannel,
    NoticeKind,
    NoticeVersion,
)
from chalicelib.consents.notices.service import acceptance_of, shown_in_app
from chalicelib.consents.notices.store import AnnouncedByAnother
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.clock import day_of
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.languages import language_of
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.pace import Pace
from chalicelib.core.phrases import in_script
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, Words, compose
from chalicelib.messages.mail import Mail, MailInDoubt, MailRefused, MailUnavailable
from chalicelib.privacy.purposes import Choices, Purpose, permits
from chalicelib.privacy.subject_keys import DATA_KEY

# The items of an account that a mail to it needs: four each, so 25 accounts are one batched read.
_WHOLE = (OPEN_ACCOUNT, PROFILE, DATA_KEY, PURPOSES)
MAX_RECIPIENTS_PER_READ = 25
# The check whether an account still needs the announcement reads two items: 50 accounts are one batched read.
MAX_ACCOUNTS_PER_READ = 50


@dataclass(frozen=True)
class NoticeRecipient:
    """An account to announce to; without `address`, in the app."""

    account_id: AccountId
    address: str | None = field(default=None, repr=False)
    locale: str | None = None
    choices: Choices | None = None


def read_unannounced(
    notice: Notice, account_ids: Iterable[AccountId]
) -> dict[AccountId, Announcement | None]:
    """Read which accounts, of at most 50, still need an announcement, and its state so far.

    An account needs it if it has not accepted the version and no announcement to it is complete. An account
    whose acceptance or announcement cannot be read is skipped and counted: it may have been announced.
    """
    accepted, announced = acceptance_of(notice.version), store.announcement_of(notice.version)
    found: dict[AccountId, Announcement | None] = {}
    for row in needs.read_accounts(account_ids, (accepted, announced)):
        try:
            acceptance, announcement = row[accepted], row[announced]
        except SealingError as error:
            observe.record_unreadable("announcement_unreadable", error)
            continue
        if acceptance is None and not _is_announced(announcement):
            found[row.claims.account_id] = announcement
    return found


def read_recipients(account_ids: Iterable[AccountId]) -> list[NoticeRecipient]:
    """Read those of at most 25 accounts that exist, and how each can be reached."""
    rows = needs.read_accounts(account_ids, _WHOLE)
    return [recipient for row in rows if (recipient := _recipient(row))]


def announce_to(recipient: NoticeRecipient, notice: Notice, so_far: Announcement | None, pace: Pace) -> None:
    """Announce a version to one account, unless another worker is doing so; mails keep a pace.

    Raises:
        MailUnavailable: the announcement has to go by mail, and SES takes none now.
    """
    with suppress(AnnouncedByAnother):
        if recipient.address is None or (so_far and so_far.state is AnnouncementState.SENDING):
            _show_in_app(recipient.account_id, notice.version, so_far)
        else:
            _send(recipient, recipient.address, notice, so_far, pace)


def record_bounce(mail_id: MailId) -> None:
    """Show the notice in the app, from now on, because its mail did not arrive.

    The announcement may still be SENDING, if SES reports before the worker records that SES took the mail.
    """
    delivery = store.delivery(mail_id)
    found = delivery and store.announcement(delivery.account_id, delivery.version)
    if delivery and found and (found.mail_id, found.channel) == (mail_id, NoticeChannel.EMAIL):
        metrics.count(Metric.MAIL_CAME_BACK)
        with suppress(AnnouncedByAnother):
            _show_in_app(delivery.account_id, delivery.version, found)


_NAMES = {
    "sr": {NoticeKind.TERMS: "Uslovi korišćenja", NoticeKind.PRIVACY: "Politika privatnosti"},
    "en": {NoticeKind.TERMS: "terms of use", NoticeKind.PRIVACY: "privacy policy"},
}
_TEXTS: Letters = {
    "sr": (
        "RU4M: nova verzija dokumenta „{what}“",
        (
            "RU4M menja dokument „{what}“. Nova verzija važi za Vas od {day}.",
            "Šta se menja: {changes}",
            "Ceo tekst: {url}",
            "Ovo je obaveštenje o usluzi koju koristite.",
        ),
    ),
    "en": (
        "RU4M: new {what}",
        (
            "RU4M is changing its {what}. The new version applies to you from {day}.",
            "What changes: {changes}",
            "Full text: {url}",
            "This is a message about the service that you use.",
        ),
    ),
}


def letter(mail_id: MailId, to: str, locale: str | None, notice: Notice, applies_from: datetime) -> Mail:
    """Write the mail about a version, with the day from which it applies to this recipient.

    What changes is shown as the notice states it, in the language of its author.
    """
    language = language_of(locale)
    name = (
        in_script(_NAMES["sr"][notice.kind], language) if language.is_serbian else _NAMES["en"][notice.kind]
    )
    words: Words = {"what": name, "day": day_of(applies_from), "changes": notice.changes, "url": notice.url}
    return compose(_TEXTS, mail_id, to, locale, words)


def _is_announced(announcement: Announcement | None) -> bool:
    return announcement is not None and announcement.state is AnnouncementState.ANNOUNCED


def _recipient(row: Found) -> NoticeRecipient | None:
    """Return how an account can be reached; in the app if frozen or not decryptable."""
    account_id = row.claims.account_id
    try:
        account, profile, choices = row[OPEN_ACCOUNT], row[PROFILE], row[PURPOSES]
    except SealingError:
        return NoticeRecipient(account_id)
    if account is None:
        return None
    # Law requires the announcement, so a restriction does not stop it. An account that waits for erasure gets
    # no mail.
    may_write = account.state is not AccountState.FROZEN and permits(choices, Purpose.LEGAL_OBLIGATION)
    if profile is None or profile.email is None or not may_write:
        return NoticeRecipient(account_id)
    return NoticeRecipient(account_id, profile.email, account.locale, choices)


def _send(
    recipient: NoticeRecipient, address: str, notice: Notice, so_far: Announcement | None, pace: Pace
) -> None:
    pace.wait()  # before SENDING is written: a worker that is killed while it waits leaves no mail in doubt
    now, mail_id = clock.now(), MailId.new()
    sending = Announcement(
        version=notice.version, state=AnnouncementState.SENDING, channel=NoticeChannel.EMAIL, mail_id=mail_id
    )
    account_id = recipient.account_id
    delivery = Delivery(mail_id=mail_id, account_id=account_id, version=notice.version, sent_at=now)
    store.begin_mail(account_id, so_far, sending, delivery)
    applies_from = max(notice.effective_at, now + settings().notice_period)
    text = letter(mail_id, address, recipient.locale, notice, applies_from)
    try:
        mail.send_patiently(text, Purpose.LEGAL_OBLIGATION, recipient.choices, pace)
    except (MailRefused, MailInDoubt):
        _show_in_app(account_id, notice.version, sending)
    except MailUnavailable:
        waiting = sending.model_copy(update={"state": AnnouncementState.WAITING, "mail_id": None})
        store.move_announcement(account_id, sending, waiting)
        raise
    else:
        announced = sending.model_copy(
            update={"state": AnnouncementState.ANNOUNCED, "announced_at": clock.now()}
        )
        store.move_announcement(account_id, sending, announced)
        metrics.count(Metric.NOTICE_ANNOUNCED)


def _show_in_app(account_id: AccountId, version: NoticeVersion, so_far: Announcement | None) -> None:
    store.move_announcement(account_id, so_far, shown_in_app(version))
    metrics.count(Metric.NOTICE_ANNOUNCED)
