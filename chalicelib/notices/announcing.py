"""A version is announced: a walk over all live accounts, which can stop anywhere and goes on from there.

There is a walk per version and shard. A run takes one under a lease, tells the accounts in the order of
their ids, notes the last one after each page, and stops when its time is up. What it had begun and not
noted is seen again by the next run, for which `telling` is made. Walks whose run died come last.

A walk goes round twice. The second round, a day later, finds whom the first could not see: accounts that
were made in its wake by containers that did not know the version yet, or were missing in the index. A
round that had to leave people out, because SES took no mail, is followed by another at once; after three
days of that they are told in the app.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.messages.mail import MailUnavailable
from chalicelib.notices import store, telling
from chalicelib.notices.model import Announcement, Notice, Walk
from chalicelib.notices.service import announceable
from chalicelib.notices.store import WalkTaken
from chalicelib.notices.telling import MOST_AT_ONCE, MOST_WHOLE, NoticeRecipient

# Longer than any run: Lambda ends one after five minutes.
LEASE = timedelta(minutes=6)
_ROUNDS = 2
_UNTIL_NEXT_ROUND = DAY
_MAIL_PATIENCE = 3 * DAY
# A walk names an account, so it ends a week after it was touched; that it is done has to be known longer.
_REMEMBERED = 3 * DAY


_ROUND_OVER: dict[str, object] = {"after": None, "left_out": False, "leased_until": None}


@dataclass(frozen=True)
class _Seen:
    """How many accounts of a page were seen to, and whether one of them has to wait for mail to go again."""

    to: int
    left_out: bool


@dataclass
class _Run:
    """One run: its end, and whether SES takes mail."""

    until: datetime
    mail_goes: bool = True

    @property
    def is_over(self) -> bool:
        return clock.now() >= self.until

    def see_to(self, notice: Notice, walk: Walk, page: list[AccountId]) -> _Seen:
        """Tell those of a page who have to be told, in its order."""
        is_patient = walk.stuck_since is None or clock.now() < walk.stuck_since + _MAIL_PATIENCE
        so_far = telling.untold(notice, page)
        seen, left_out = 0, False
        for start in range(0, len(page), MOST_WHOLE):
            chunk = page[start : start + MOST_WHOLE]
            untold = [account_id for account_id in chunk if account_id in so_far]
            readers = {reader.account_id: reader for reader in telling.readers(untold)}
            for account_id in chunk:
                if self.is_over:
                    return _Seen(seen, left_out)
                if reader := readers.get(account_id):
                    how = reader if is_patient else replace(reader, address=None)
                    left_out |= not self._tells(how, notice, so_far[account_id])
                seen += 1
        return _Seen(seen, left_out)

    def _tells(self, reader: NoticeRecipient, notice: Notice, so_far: Announcement | None) -> bool:
        if reader.address and not self.mail_goes:
            return False
        try:
            telling.tell(reader, notice, so_far)
        except MailUnavailable:
            self.mail_goes = False
        return self.mail_goes or not reader.address


def announce(until: datetime) -> int:
    """Announce what is to be announced, up to an instant; what is left is left to the next run.

    Gives how many walks were taken over from a run that died. They come last: an account that kills every
    run keeps no other shard waiting.
    """
    run, taken_over = _Run(until), 0
    begun = [(notice, store.walks(notice.version, accounts.SHARDS)) for notice in announceable()]
    every = [(notice, shard, walks.get(shard)) for notice, walks in begun for shard in accounts.SHARDS]
    for notice, shard, found in sorted(every, key=lambda one: _has_lease(one[2])):
        if run.is_over:
            break
        with suppress(WalkTaken):
            if walk := _leased(notice, shard, found):
                taken_over += _has_lease(found)
                _go_on(notice, walk, run)
    return taken_over


def _has_lease(walk: Walk | None) -> bool:
    """Whether a run is at a walk, or died at it."""
    return walk is not None and walk.leased_until is not None


def _leased(notice: Notice, shard: str, found: Walk | None) -> Walk | None:
    """The walk under a new lease, if there is something to do and nobody is at it.

    Raises:
        WalkTaken: somebody was quicker.
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


def _go_on(notice: Notice, walk: Walk, run: _Run) -> None:
    """Walk on from where the last run stopped, to the end of the round or of the time.

    Raises:
        WalkTaken: the lease ran out and somebody else took over.
    """
    while walk.leased_until:
        page = accounts.live_accounts(walk.shard, walk.after, MOST_AT_ONCE)
        seen = run.see_to(notice, walk, page)
        moved = _moved(walk, page, seen)
        store.move_walk(moved, over=walk)
        walk = moved


def _moved(walk: Walk, page: list[AccountId], seen: _Seen) -> Walk:
    """The walk after a page: further on, at the end of its round, or stopped where the time was up."""
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
