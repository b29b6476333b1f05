"""Announces a version to all live accounts, in walks that can stop and resume anywhere.

Each version and shard has one walk. A run leases a walk, announces the version to the accounts in the order
of their ids, records the last account after each page, and stops when its time is up. The next run repeats
accounts that were processed but not recorded; `announcement` makes that safe. Walks whose run died come last.

A walk makes two rounds. The second, a day later, covers accounts that the first could not see: those created
behind it by containers that did not know the version yet, and those missing in the index. A round that
omitted accounts because SES took no mail is repeated at once. After three days of that, these accounts get
the notice in the app.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.core import clock
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.messages.mail import MailUnavailable
from chalicelib.notices import announcement, store
from chalicelib.notices.announcement import MOST_AT_ONCE, MOST_WHOLE, NoticeRecipient
from chalicelib.notices.model import Announcement, Notice, Walk
from chalicelib.notices.service import announceable
from chalicelib.notices.store import WalkTaken

# Longer than any run: Lambda stops a run after five minutes.
LEASE = timedelta(minutes=6)
_ROUNDS = 2
_UNTIL_NEXT_ROUND = DAY
_MAIL_PATIENCE = 3 * DAY
# A walk holds an account id, so it expires a week after its last write. A completed walk has to be known for
# longer, so it is written again after this time.
_REMEMBERED = 3 * DAY


_ROUND_OVER: dict[str, object] = {"after": None, "left_out": False, "leased_until": None}


@dataclass(frozen=True)
class _Seen:
    """How many accounts of a page were processed, and whether one of them has to wait for SES."""

    to: int
    left_out: bool


@dataclass
class _Run:
    """One run: its end, and whether SES takes mail."""

    until: datetime
    mail_works: bool = True

    @property
    def has_ended(self) -> bool:
        return clock.now() >= self.until

    def announce_to_page(self, notice: Notice, walk: Walk, page: list[AccountId]) -> _Seen:
        """Announce a version to the accounts of a page that still need it, in the order of the page."""
        is_patient = walk.stuck_since is None or clock.now() < walk.stuck_since + _MAIL_PATIENCE
        so_far = announcement.read_unannounced(notice, page)
        seen, left_out = 0, False
        for chunk in batched(page, MOST_WHOLE):
            unannounced = [account_id for account_id in chunk if account_id in so_far]
            recipients = {each.account_id: each for each in announcement.read_recipients(unannounced)}
            for account_id in chunk:
                if self.has_ended:
                    return _Seen(seen, left_out)
                if recipient := recipients.get(account_id):
                    how = recipient if is_patient else replace(recipient, address=None)
                    left_out |= not self._announce_to(how, notice, so_far[account_id])
                seen += 1
        return _Seen(seen, left_out)

    def _announce_to(self, recipient: NoticeRecipient, notice: Notice, so_far: Announcement | None) -> bool:
        """Announce a version to one account; return False if it has to wait for SES."""
        if recipient.address and not self.mail_works:
            return False
        try:
            announcement.announce_to(recipient, notice, so_far)
        except MailUnavailable:
            self.mail_works = False
        return self.mail_works or not recipient.address


def announce(until: datetime) -> int:
    """Announce all due versions, until an instant; the next run continues.

    Return how many walks were taken over from a run that died. These come last, so that an account that kills
    every run does not hold up the other shards.
    """
    run, taken_over = _Run(until), 0
    begun = [(notice, store.walks(notice.version, accounts.SHARDS)) for notice in announceable()]
    every = [(notice, shard, walks.get(shard)) for notice, walks in begun for shard in accounts.SHARDS]
    for notice, shard, found in sorted(every, key=lambda one: _has_lease(one[2])):
        if run.has_ended:
            break
        with suppress(WalkTaken):
            if walk := _acquire_lease(notice, shard, found):
                taken_over += _has_lease(found)
                _continue_walk(notice, walk, run)
    return taken_over


def _has_lease(walk: Walk | None) -> bool:
    """Whether a run works on a walk, or died while it did."""
    return walk is not None and walk.leased_until is not None


def _acquire_lease(notice: Notice, shard: str, found: Walk | None) -> Walk | None:
    """Lease a walk, beginning it if it does not exist; return None if it is leased or not due.

    Raises:
        WalkTaken: another run leased it first.
    """
    now = clock.now()
    if found is None:
        walk = Walk(version=notice.version, shard=shard, touched_at=now, leased_until=now + LEASE)
        store.begin_walk(walk)
        return walk
    if not _is_due(found, now):
        if now >= found.touched_at + _REMEMBERED:
            store.move_walk(found.model_copy(update={"touched_at": now}), over=found)
        return None
    lease = {"touched_at": now, "leased_until": now + LEASE, "fence": found.fence + 1}
    walk = found.model_copy(update=lease)
    store.move_walk(walk, over=found)
    return walk


def _is_due(walk: Walk, now: datetime) -> bool:
    if walk.rounds >= _ROUNDS or (walk.leased_until and walk.leased_until > now):
        return False
    return walk.round_ended_at is None or now >= walk.round_ended_at + _UNTIL_NEXT_ROUND


def _continue_walk(notice: Notice, walk: Walk, run: _Run) -> None:
    """Resume a walk after its last recorded account, until its round or the run ends.

    Raises:
        WalkTaken: the lease expired and another run took the walk over.
    """
    while walk.leased_until:
        page = accounts.live_accounts(walk.shard, walk.after, MOST_AT_ONCE)
        seen = run.announce_to_page(notice, walk, page)
        after = _walk_after(walk, page, seen)
        store.move_walk(after, over=walk)
        walk = after


def _walk_after(walk: Walk, page: list[AccountId], seen: _Seen) -> Walk:
    """The walk after a page: advanced, at the end of its round, or stopped with the run."""
    now = clock.now()
    left_out = walk.left_out or seen.left_out
    if seen.to < len(page):
        after = page[seen.to - 1] if seen.to else walk.after
        changes: dict[str, object] = {"after": after, "left_out": left_out, "leased_until": None}
    elif len(page) == MOST_AT_ONCE:
        changes = {"after": page[-1], "left_out": left_out}
    elif left_out:
        changes = {**_ROUND_OVER, "stuck_since": walk.stuck_since or now}
    else:
        changes = {**_ROUND_OVER, "stuck_since": None, "rounds": walk.rounds + 1, "round_ended_at": now}
    return walk.model_copy(update={"touched_at": now, **changes})
