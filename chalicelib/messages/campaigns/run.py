"""Notifies the accounts of a campaign, part by part, in runs that can stop and resume anywhere.

Each part, a shard of all accounts or a list of some, has one progress record. A schedule finds the parts with
work due, and sends a message for each, which names the campaign and the part, and no account. A worker leases
the part, notifies its accounts in the order of their ids, writes after each page the last account together
with the counts, and stops when its time is up. The next message continues: it repeats accounts that were
processed but not written, which `campaign` makes safe.

The schedule does not look at what waits in the queue. If more parts have work than workers run, several
messages about one part wait; each continues the part, unless it finds it leased or finished.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.core import clock, needs
from chalicelib.core.batches import batched
from chalicelib.core.clock import Pace
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Wanted
from chalicelib.core.queues import DueShards, Shard
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.settings import settings
from chalicelib.messages.campaigns import store
from chalicelib.messages.campaigns.campaign import (
    Campaign,
    Letter,
    NoticeOutcome,
    NoticeRecipient,
    notify,
    outcome_of,
    show_meanwhile,
)
from chalicelib.messages.campaigns.model import AccountNotice, PartProgress, changes_after
from chalicelib.messages.mail import MailUnavailable
from chalicelib.privacy.leases import SHARD_LEASE, LeaseTaken

MAX_ACCOUNTS_PER_PAGE = 100
_ITEMS_PER_READ = 100
# A mail to an account needs at most four of its items: 20 accounts are one batched read.
MAX_RECIPIENTS_PER_READ = 20
# Names no part: the worker that gets it records that all parts are complete.
FINISH = "finish"

_COUNTED = {NoticeOutcome.MAILED: "mailed", NoticeOutcome.SHOWN: "shown", NoticeOutcome.ABSENT: "absent"}


def find_due(campaigns: Iterable[Campaign]) -> DueShards:
    """Find the parts of campaigns that have work due and are not leased; each is `about` and a part.

    Raises:
        Unavailable: the table does not answer.
    """
    now = clock.now()
    due: list[Shard] = []
    progress: dict[Shard, PartProgress] = {}
    for campaign in campaigns:
        by_part: Mapping[str, PartProgress] = campaign.progress.read(campaign.parts)
        progress |= {(campaign.about, part): one for part, one in by_part.items()}
        due += ((campaign.about, part) for part in _due_parts(campaign, by_part, now))
    return DueShards.of(due, progress, now)


def notify_part(campaign: Campaign, part: str, until: datetime) -> None:
    """Notify the accounts of a part, until an instant; a later run continues.

    It does nothing if there is no such part, nothing is due, or another worker has the lease.

    Raises:
        Unavailable: a table does not answer. The lease ends by itself.
    """
    if part == FINISH and campaign.finish:
        campaign.finish(campaign.progress.read(campaign.parts))
    if part not in campaign.parts:
        return
    found, now = campaign.progress.read((part,)).get(part), clock.now()
    with suppress(LeaseTaken):
        if found is None or campaign.rounds.is_due(found, now):
            letter = campaign.read_letter()
            leased = campaign.progress.lease(part, found, now + SHARD_LEASE)
            _continue(leased, _Run(campaign, letter, until, Pace(settings().fan_out.mail_interval)))
        elif _has_to_be_rewritten(campaign, found, now):
            campaign.progress.save(part, found)


def totals(by_part: Mapping[str, PartProgress]) -> dict[str, int]:
    """How many accounts were notified by mail and in the app, and how many are gone."""
    return {name: sum(getattr(one, name) for one in by_part.values()) for name in _COUNTED.values()}


@dataclass
class _Seen:
    """The accounts of a page that were processed: how many, their outcomes, and whether one has to wait."""

    to: int = 0
    left_out: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: NoticeOutcome) -> None:
        self.to += 1
        self.left_out |= outcome is NoticeOutcome.WAITING
        if name := _COUNTED.get(outcome):
            self.counts[name] = self.counts.get(name, 0) + 1


@dataclass
class _Run:
    """One run: what it sends, its end, its pace of mails, and whether SES takes mail."""

    campaign: Campaign
    letter: Letter
    until: datetime
    pace: Pace
    mail_works: bool = True

    @property
    def has_ended(self) -> bool:
        return clock.now() >= self.until

    def notify_page(self, progress: PartProgress, page: list[AccountId]) -> _Seen:
        """Notify the accounts of a page that have not been, in the order of the page."""
        stuck = progress.stuck_since
        waits_for_mail = stuck is None or clock.now() < stuck + self.campaign.mail_deadline
        so_far, seen = self._read_notices(page), _Seen()
        for chunk in batched(page, MAX_RECIPIENTS_PER_READ):
            wanted = [one for one in chunk if one in so_far and outcome_of(so_far[one]) is None]
            recipients = self.campaign.recipients(wanted)
            for account_id in chunk:
                if self.has_ended:
                    return seen
                if account_id not in so_far:
                    seen.add(NoticeOutcome.UNCONCERNED)
                elif outcome := outcome_of(so_far[account_id]):
                    seen.add(outcome)
                elif account_id not in recipients:
                    seen.add(NoticeOutcome.ABSENT)
                else:
                    recipient = recipients[account_id]
                    if recipient and not (waits_for_mail or self.campaign.owes_mail):
                        recipient = replace(recipient, address=None)
                    outcome = self._notify(recipient, so_far[account_id])
                    if outcome is NoticeOutcome.WAITING and self.campaign.owes_mail and not waits_for_mail:
                        show_meanwhile(self.campaign, account_id, so_far[account_id])
                    seen.add(outcome)
        return seen

    def _read_notices(self, page: list[AccountId]) -> dict[AccountId, AccountNotice | None]:
        """Read the notices to those accounts of a page that the campaign concerns.

        An account is missing too if its items cannot be read, which is counted: it may have been notified.
        """
        need = store.notice_of(self.campaign.kind, self.campaign.about)
        exempts = self.campaign.exempts
        wanted: tuple[Wanted[Any], ...] = (need, exempts) if exempts else (need,)
        found: dict[AccountId, AccountNotice | None] = {}
        for some in batched(page, _ITEMS_PER_READ // len(wanted)):
            for row in needs.read_accounts(some, wanted):
                with skip_unreadable("account_notice_unreadable"):
                    notice = row[need]
                    if exempts is None or outcome_of(notice) or row[exempts] is None:
                        found[row.claims.account_id] = notice
        return found

    def _notify(self, recipient: NoticeRecipient | None, so_far: AccountNotice | None) -> NoticeOutcome:
        if recipient is None:
            return NoticeOutcome.UNCONCERNED
        if recipient.address and not self.mail_works:
            return NoticeOutcome.WAITING
        try:
            return notify(self.campaign, self.letter, recipient, so_far, self.pace)
        except MailUnavailable:
            self.mail_works = False
            return NoticeOutcome.WAITING


def _due_parts(campaign: Campaign, by_part: Mapping[str, PartProgress], now: datetime) -> Iterator[str]:
    if campaign.finish and campaign.rounds.are_all_complete(campaign.parts, by_part):
        yield FINISH
    for part in campaign.parts:
        found = by_part.get(part)
        if found is None or campaign.rounds.is_due(found, now) or _has_to_be_rewritten(campaign, found, now):
            yield part


def _has_to_be_rewritten(campaign: Campaign, progress: PartProgress, now: datetime) -> bool:
    if campaign.rewritten_after is None or not campaign.rounds.are_complete(progress):
        return False
    return now >= progress.touched_at + campaign.rewritten_after


def _continue(progress: PartProgress, run: _Run) -> None:
    """Resume a part after its last recorded account, until its round or the run ends.

    Raises:
        LeaseTaken: the lease expired and another run took the part over.
    """
    if progress.after is None:
        progress = progress.model_copy(update=dict.fromkeys(_COUNTED.values(), 0))
    while progress.leased_until:
        page = run.campaign.page(progress.shard, progress.after, MAX_ACCOUNTS_PER_PAGE)
        seen = run.notify_page(progress, page)
        counts = {name: getattr(progress, name) + number for name, number in seen.counts.items()}
        changes = changes_after(
            progress, page, seen.to, left_out=seen.left_out, maximum=MAX_ACCOUNTS_PER_PAGE
        )
        progress = run.campaign.progress.save(progress.shard, progress, **counts, **changes)
