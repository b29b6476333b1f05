"""Announces new versions of the notices to all live accounts that have not accepted them (NOT-1).

Each version that is announceable is a campaign (`messages/campaigns`): its parts are the shards of live
accounts. The second round, a day later, covers accounts that the first could not see: those that containers
without the version created with a smaller id, and those missing in the index. A round that left accounts out
is repeated six hours later. After three days of that, these accounts get the notice in the app.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import AccountState
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents.notices import frozen, store
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.consents.notices.service import acceptance_of, announceable
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR, day_of
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.languages import language_of
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.phrases import in_language
from chalicelib.core.queues import DueShards
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.messages.campaigns import run
from chalicelib.messages.campaigns.campaign import Campaign, NoticeRecipient
from chalicelib.messages.campaigns.model import CampaignKind, Rounds
from chalicelib.messages.letters import Letters, Words, compose
from chalicelib.messages.mail import Mail
from chalicelib.privacy.purposes import Purpose, permits
from chalicelib.privacy.subject_keys import DATA_KEY

# A repeated round reads all accounts of the shard again.
_ROUNDS = Rounds(2, until_next=DAY, until_repeated=6 * HOUR)
_MAIL_DEADLINE = 3 * DAY
# The progress contains an account id, so it expires a week after its last write. A completed one is needed
# for longer, so it is written again after this time.
_REMEMBERED = 3 * DAY


@dataclass(frozen=True)
class AnnouncementTotals:
    """How far the announcement of a version is.

    Attributes:
        shards: the number of shards of accounts.
        begun: those that a worker began.
        complete: those that need no further round.
        waiting_for_mail: those that are repeated because SES took no mail.
    """

    shards: int
    begun: int
    complete: int
    waiting_for_mail: int


def due_shards() -> DueShards:
    """Find the shards of all versions to announce that have work due and are not leased.

    Raises:
        Unavailable: the table does not answer.
    """
    return run.find_due(map(_campaign, announceable()))


def announce_to_shard(version: str, shard: str, until: datetime) -> None:
    """Announce a version to the accounts of a shard, until an instant; a later run continues.

    It does nothing if another version replaced this one.

    Raises:
        Unavailable: a table does not answer. The lease ends by itself.
    """
    if notice := next((one for one in announceable() if one.version == version), None):
        run.notify_part(_campaign(notice), shard, until)


def totals() -> dict[NoticeVersion, AnnouncementTotals]:
    """Return how far each version is that is being announced now.

    Raises:
        Unavailable: the table does not answer.
    """
    found = {}
    for notice in announceable():
        progress = store.announcing(notice.version).read(accounts.SHARDS).values()
        complete = sum(map(_ROUNDS.are_complete, progress))
        waiting = sum(one.stuck_since is not None and not _ROUNDS.are_complete(one) for one in progress)
        found[notice.version] = AnnouncementTotals(len(accounts.SHARDS), len(progress), complete, waiting)
    return found


def _campaign(notice: Notice) -> Campaign:
    return Campaign(
        kind=CampaignKind.ANNOUNCEMENT,
        about=notice.version,
        metric=Metric.NOTICE_ANNOUNCED,
        rounds=_ROUNDS,
        mail_deadline=_MAIL_DEADLINE,
        owes_mail=False,
        parts=accounts.SHARDS,
        progress=store.announcing(notice.version),
        page=accounts.live_accounts,
        recipients=_read_recipients,
        exempts=acceptance_of(notice.version),
        read_letter=lambda: partial(_letter, notice),
        rewritten_after=_REMEMBERED,
    )


def _read_recipients(account_ids: Iterable[AccountId]) -> dict[AccountId, NoticeRecipient | None]:
    rows = needs.read_accounts(account_ids, (OPEN_ACCOUNT, PROFILE, DATA_KEY, PURPOSES))
    return {found.account_id: found for found in map(_recipient, rows) if found}


def _recipient(row: Found) -> NoticeRecipient | None:
    """Return how an account can be reached; in the app if frozen or not decryptable; None if it is gone."""
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


_NAMES = {
    NoticeKind.TERMS: {"sr": "Uslovi korišćenja", "en": "terms of use"},
    NoticeKind.PRIVACY: {"sr": "Politika privatnosti", "en": "privacy policy"},
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


def _letter(notice: Notice, mail_id: MailId, to: str, locale: str | None) -> Mail:
    """Write the mail about a version, with the day from which it applies to a recipient who gets it now."""
    language = language_of(locale)
    applies_from = max(notice.effective_at, clock.now() + settings().notice_period)
    words: Words = {
        "what": in_language(_NAMES[notice.kind], language),
        "day": day_of(applies_from),
        "changes": frozen.changes_of(notice, language),
        "url": frozen.url_of(notice),
    }
    return compose(_TEXTS, mail_id, to, locale, words)
