"""Notifies the accounts of a shard or a list, in runs that can stop and resume anywhere.

The audience decides the parts: the 64 shards of live accounts, or the lists that operators recorded. Each
part has one progress record. A worker leases it, notifies its accounts in the order of their ids, and writes
after each page the last account together with the counts. The next message continues: it repeats accounts
that were notified but not written, which `notice` makes safe.

Each part is read in two rounds. The second one, a quarter of an hour later, covers accounts that the index of
live ones did not show yet; its counts are final. A round that skipped accounts because SES took no mail is
repeated. After a day of that, these accounts are notified in the app.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, observe
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId, BreachId
from chalicelib.core.pace import Pace
from chalicelib.core.queues import DueShards
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.messages.mail import MailUnavailable
from chalicelib.operations.breaches import store as breaches
from chalicelib.operations.breaches.model import Breach, BreachLetter, BreachNotice, BreachProgress
from chalicelib.operations.breaches.subject_notices import notice, store
from chalicelib.operations.breaches.subject_notices.notice import (
    MAX_ACCOUNTS_PER_READ,
    MAX_RECIPIENTS_PER_READ,
    Affected,
    NoticeOutcome,
)
from chalicelib.operations.breaches.words import Audience
from chalicelib.privacy import rounds
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.privacy.rounds import Rounds
from chalicelib.staff.cases import CaseMove, Cases

# Longer than any run: Lambda stops a worker after five minutes.
LEASE = timedelta(minutes=6)
UNTIL_NEXT_ROUND = 15 * MINUTE
ROUNDS = Rounds(2, until_next=UNTIL_NEXT_ROUND, until_repeated=UNTIL_NEXT_ROUND, lease=LEASE)
_MAIL_DEADLINE = DAY
# Names no part: the worker that gets it records that all parts are complete.
FINISH = "finish"
_LIST = "list-"

_COUNTED = {NoticeOutcome.MAILED: "mailed", NoticeOutcome.SHOWN: "shown", NoticeOutcome.ABSENT: "absent"}


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

    breach: Breach
    letter: BreachLetter
    until: datetime
    pace: Pace
    mail_works: bool = True

    @property
    def has_ended(self) -> bool:
        return clock.now() >= self.until

    def notify_page(self, progress: BreachProgress, page: list[AccountId]) -> _Seen:
        """Notify the accounts of a page that have not been, in the order of the page."""
        stuck = progress.stuck_since
        should_wait = stuck is None or clock.now() < stuck + _MAIL_DEADLINE
        so_far, seen = notice.read_notices(self.breach.breach_id, page), _Seen()
        for chunk in batched(page, MAX_RECIPIENTS_PER_READ):
            wanted = [one for one in chunk if one in so_far and notice.outcome_of(so_far[one]) is None]
            affected = notice.read_affected(wanted)
            for account_id in chunk:
                if self.has_ended:
                    return seen
                seen.add(self._outcome(account_id, affected.get(account_id), so_far, should_wait=should_wait))
        return seen

    def _outcome(
        self,
        account_id: AccountId,
        affected: Affected | None,
        so_far: dict[AccountId, BreachNotice | None],
        *,
        should_wait: bool,
    ) -> NoticeOutcome:
        if account_id not in so_far:  # its notice cannot be read: it may have been sent
            return NoticeOutcome.UNCONCERNED
        if affected is None:
            return notice.outcome_of(so_far[account_id]) or NoticeOutcome.ABSENT
        if not affected.is_concerned(self.breach):
            return NoticeOutcome.UNCONCERNED
        if not should_wait:
            affected = replace(affected, address=None)
        if affected.address and not self.mail_works:
            return NoticeOutcome.WAITING
        try:
            return notice.notify(affected, self.breach, self.letter, so_far[account_id], self.pace)
        except MailUnavailable:
            self.mail_works = False
            return NoticeOutcome.WAITING


def parts_of(breach: Breach) -> tuple[str, ...]:
    """The shards or lists of the audience of a breach."""
    if breach.audience is Audience.LISTED:
        return tuple(_list_name(number) for number in range(1, breach.lists + 1))
    return accounts.SHARDS


def due(being_notified: list[Breach]) -> DueShards[tuple[BreachId, str]]:
    """Find the parts of breaches that have work due and are not leased.

    Raises:
        Unavailable: the table does not answer.
    """
    now = clock.now()
    found: list[tuple[BreachId, str]] = []
    begun: list[BreachProgress] = []
    for breach in being_notified:
        by_part = store.progress_of(breach.breach_id)
        begun += by_part.values()
        found += [(breach.breach_id, part) for part in _due_parts(breach, by_part, now)]
    abandoned = sum(rounds.is_abandoned(one, now) for one in begun)
    return DueShards.of(found, abandoned, (one.touched_at for one in begun), now)


def notify_part(breach_id: BreachId, part: str, until: datetime) -> None:
    """Notify the accounts of a part, until an instant; a later run continues.

    It does nothing if the notices have not begun, nothing is due, or another worker has the lease.

    Raises:
        Unavailable: a table does not answer. The lease ends by itself.
    """
    breach = breaches.glance(breach_id)
    if breach is None or breach.notices_from is None or not breach.has_to_notify:
        return
    if part == FINISH:
        _finish(breach)
        return
    letter = breaches.letters([breach_id]).get(breach_id)
    if letter is None or part not in parts_of(breach):
        return
    try:
        found = store.read_progress(breach_id, part)
    except SealingError as error:
        observe.record_unreadable("breach_progress_unreadable", error)
        return
    if found and not ROUNDS.is_due(found, clock.now()):
        return
    with suppress(LeaseTaken):
        leased = store.lease(breach, part, found, clock.now() + LEASE)
        _continue(leased, _Run(breach, letter, until, Pace(settings().fan_out.mail_interval)))


def totals(by_part: dict[str, BreachProgress]) -> dict[str, int]:
    """How many accounts were notified by mail and in the app, and how many listed ones are gone."""
    return {name: sum(getattr(one, name) for one in by_part.values()) for name in _COUNTED.values()}


def _finish(breach: Breach) -> None:
    """Delete the ids of complete lists, then record the end; a killed worker's successor repeats both.

    A list that an operator adds meanwhile is not complete, so its ids and the duty stay.
    """
    by_part = store.progress_of(breach.breach_id)
    if breach.audience is Audience.LISTED:
        for number in range(breach.lists_done + 1, breach.lists + 1):
            progress = by_part.get(_list_name(number))
            if progress and ROUNDS.are_complete(progress):
                with suppress(store.NotifiedByAnother):
                    store.drop_ids(breach.breach_id, number)
    Cases(breaches.BREACHES).apply(breach.breach_id, None, lambda current: _finished(current, by_part))


def _list_name(number: int) -> str:
    return f"{_LIST}{number:04}"


def _finished(breach: Breach, by_part: dict[str, BreachProgress]) -> CaseMove[Breach] | None:
    """Record that everyone was notified, with the counts; None if a part is not complete."""
    if not breach.has_to_notify or not _is_complete(breach, by_part):
        return None
    after = breach.model_copy(update={"notices_done_at": clock.now(), "lists_done": breach.lists})
    return CaseMove(after, "subjects_notified", totals(by_part))


def _due_parts(breach: Breach, by_part: dict[str, BreachProgress], now: datetime) -> Iterator[str]:
    if _is_complete(breach, by_part):
        yield FINISH
        return
    for part in parts_of(breach):
        if part not in by_part or ROUNDS.is_due(by_part[part], now):
            yield part


def _is_complete(breach: Breach, by_part: dict[str, BreachProgress]) -> bool:
    return all(part in by_part and ROUNDS.are_complete(by_part[part]) for part in parts_of(breach))


def _continue(progress: BreachProgress, run: _Run) -> None:
    """Resume a part after its last recorded account, until its round or the run ends.

    Raises:
        LeaseTaken: the lease expired and another run took the part over.
    """
    if progress.after is None:
        progress = progress.model_copy(update=dict.fromkeys(_COUNTED.values(), 0))
    while progress.leased_until:
        page = _page(run.breach, progress)
        seen = run.notify_page(progress, page)
        counts = {name: getattr(progress, name) + number for name, number in seen.counts.items()}
        changes = rounds.changes_after(
            progress, page, seen.to, left_out=seen.left_out, maximum=MAX_ACCOUNTS_PER_READ
        )
        progress = store.save_progress(progress, **counts, **changes)


def _page(breach: Breach, progress: BreachProgress) -> list[AccountId]:
    if breach.audience is not Audience.LISTED:
        return accounts.live_accounts(progress.shard, progress.after, MAX_ACCOUNTS_PER_READ)
    found = store.read_list(breach.breach_id, int(progress.shard.removeprefix(_LIST)))
    after = progress.after or ""
    return [one for one in (found.account_ids if found else ()) if one > after][:MAX_ACCOUNTS_PER_READ]
