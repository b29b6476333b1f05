"""Announces versions to all live accounts, shard by shard, in runs that can stop and resume anywhere.

Each version and shard has one progress record. A schedule finds the shards with work due, and sends a message
for each, which names the version and the shard, and no account. A worker leases the shard, announces the
version to its accounts in the order of their ids, records the last account after each page, and stops when
its time is up. The next message continues: it repeats accounts that were processed but not recorded, and
`announcements/service` makes that safe.

The schedule does not look at what waits in the queue. If more shards have work than workers run, several
messages about one shard wait; each continues the shard, unless it finds it leased or finished.

Each shard is read in two rounds. The second, a day later, covers accounts that the first could not see: those
that containers without the version created with a smaller id, and those missing in the index. A round that
skipped accounts because SES took no mail is repeated six hours later. After three days of that, these
accounts get the notice in the app.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.consents.announcements import service as announcement
from chalicelib.consents.announcements.service import (
    MAX_ACCOUNTS_PER_READ,
    MAX_RECIPIENTS_PER_READ,
    NoticeRecipient,
)
from chalicelib.consents.notices import store
from chalicelib.consents.notices.model import Announcement, AnnouncementProgress, Notice, NoticeVersion
from chalicelib.consents.notices.service import announceable
from chalicelib.core import clock, queues
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId
from chalicelib.core.pace import Pace
from chalicelib.core.queues import DueShards
from chalicelib.core.settings import settings
from chalicelib.messages.mail import MailUnavailable
from chalicelib.privacy import rounds
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.privacy.rounds import Rounds

# Longer than any run: Lambda stops a worker after five minutes.
LEASE = timedelta(minutes=6)
# A repeated round reads all accounts of the shard again.
_ROUNDS = Rounds(2, until_next=DAY, until_repeated=6 * HOUR, lease=LEASE)
_MAIL_DEADLINE = 3 * DAY
# The record contains an account id, so it expires a week after its last write. A completed one is needed for
# longer, so it is written again after this time.
_REMEMBERED = 3 * DAY


@dataclass(frozen=True)
class _Seen:
    """The number of processed accounts of a page, and whether one of them has to wait for SES."""

    to: int
    left_out: bool


@dataclass
class _Run:
    """One run: its end, its pace of mails, and whether SES takes mail."""

    until: datetime
    pace: Pace
    mail_works: bool = True

    @property
    def has_ended(self) -> bool:
        return clock.now() >= self.until

    def announce_to_page(
        self, notice: Notice, progress: AnnouncementProgress, page: list[AccountId]
    ) -> _Seen:
        """Announce a version to the accounts of a page that still need it, in the order of the page."""
        should_wait = progress.stuck_since is None or clock.now() < progress.stuck_since + _MAIL_DEADLINE
        so_far = announcement.read_unannounced(notice, page)
        seen, left_out = 0, False
        for chunk in batched(page, MAX_RECIPIENTS_PER_READ):
            unannounced = [account_id for account_id in chunk if account_id in so_far]
            recipients = {each.account_id: each for each in announcement.read_recipients(unannounced)}
            for account_id in chunk:
                if self.has_ended:
                    return _Seen(seen, left_out)
                if recipient := recipients.get(account_id):
                    how = recipient if should_wait else replace(recipient, address=None)
                    left_out |= not self._announce_to(how, notice, so_far[account_id])
                seen += 1
        return _Seen(seen, left_out)

    def _announce_to(self, recipient: NoticeRecipient, notice: Notice, so_far: Announcement | None) -> bool:
        """Announce a version to one account; return False if it has to wait for SES."""
        if recipient.address and not self.mail_works:
            return False
        try:
            announcement.announce_to(recipient, notice, so_far, self.pace)
        except MailUnavailable:
            self.mail_works = False
        return self.mail_works or not recipient.address


def due_shards() -> DueShards[tuple[NoticeVersion, str]]:
    """Find the shards of all versions to announce that have work due and are not leased.

    Raises:
        Unavailable: the table does not answer.
    """
    now = clock.now()
    due: list[tuple[NoticeVersion, str]] = []
    begun: list[AnnouncementProgress] = []
    for notice in announceable():
        by_shard = store.read_progress(notice.version, accounts.SHARDS)
        begun += by_shard.values()
        due += [(notice.version, shard) for shard in accounts.SHARDS if _has_work(by_shard.get(shard), now)]
    abandoned = sum(rounds.is_abandoned(progress, now) for progress in begun)
    return DueShards.of(due, abandoned, (progress.touched_at for progress in begun), now)


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


def totals() -> dict[NoticeVersion, AnnouncementTotals]:
    """Return how far each version is that is being announced now.

    Raises:
        Unavailable: the table does not answer.
    """
    found = {}
    for notice in announceable():
        progress = store.read_progress(notice.version, accounts.SHARDS).values()
        complete = sum(map(_ROUNDS.are_complete, progress))
        waiting = sum(one.stuck_since is not None and not _ROUNDS.are_complete(one) for one in progress)
        found[notice.version] = AnnouncementTotals(len(accounts.SHARDS), len(progress), complete, waiting)
    return found


def announce_to_shard(version: NoticeVersion, shard: str, until: datetime) -> None:
    """Announce a version to the accounts of a shard, until an instant; a later run continues.

    It does nothing if another version replaced this one, nothing is due, or another worker has the lease.

    Raises:
        Unavailable: a table does not answer. The lease ends by itself.
    """
    notice = next((one for one in announceable() if one.version == version), None)
    if notice is None or shard not in accounts.SHARDS:
        return
    found = store.read_progress(version, (shard,)).get(shard)
    with suppress(LeaseTaken):
        if progress := _acquire_lease(notice, shard, found):
            _continue_shard(notice, progress, _Run(until, Pace(settings().fan_out.mail_interval)))


def _has_work(progress: AnnouncementProgress | None, now: datetime) -> bool:
    """Return whether a worker has to lease a shard, or to write its finished progress again."""
    return progress is None or _ROUNDS.is_due(progress, now) or _is_to_be_kept(progress, now)


def _acquire_lease(
    notice: Notice, shard: str, found: AnnouncementProgress | None
) -> AnnouncementProgress | None:
    """Lease the progress of a shard, new if none exists; None if it is leased or not due.

    Raises:
        LeaseTaken: another run leased it first.
    """
    now = clock.now()
    if found is None or _ROUNDS.is_due(found, now):
        return store.lease(notice.version, shard, found, now + LEASE)
    if _is_to_be_kept(found, now):
        store.save_progress(found)
    return None


def _is_to_be_kept(progress: AnnouncementProgress, now: datetime) -> bool:
    """Return whether a finished progress has to be written again, so that it does not expire."""
    return _ROUNDS.are_complete(progress) and now >= progress.touched_at + _REMEMBERED


def _continue_shard(notice: Notice, progress: AnnouncementProgress, run: _Run) -> None:
    """Resume a shard after its last recorded account, until its round or the run ends.

    Raises:
        LeaseTaken: the lease expired and another run took the shard over.
    """
    while progress.leased_until:
        page = accounts.live_accounts(progress.shard, progress.after, MAX_ACCOUNTS_PER_READ)
        seen = run.announce_to_page(notice, progress, page)
        changes = rounds.changes_after(
            progress, page, seen.to, left_out=seen.left_out, maximum=MAX_ACCOUNTS_PER_READ
        )
        progress = store.save_progress(progress, **changes)


def send_due_shards() -> DueShards[tuple[NoticeVersion, str]]:
    """Send a message for each shard that has work due; return what was found.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
    """
    found = due_shards()
    bodies = (queues.body_of(version=version, shard=shard) for version, shard in found.shards)
    queues.send_all(settings().queue("announcements"), bodies)
    return found


def parse_message(body: str) -> tuple[NoticeVersion, str] | None:
    """The version and the shard in a message; None if the body is invalid."""
    fields = queues.read_body(body, "version", "shard")
    version = NoticeVersion.parse(fields[0]) if fields else None
    return (version, fields[1]) if fields and version else None
