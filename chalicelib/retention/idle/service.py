"""One run over the accounts that nobody uses (RET-5, ADR 36).

Invariants, wherever a run is killed, and if two run at once:

- It warns and closes only while the privacy policy in effect says so, and only as far as its gate permits.
  It cancels the erasure of an account that is used again in any case.
- Each change of an account requires the record that was read. So a use, or another run, makes it void.
- At most `open_at_once` erasures are open because of it.
- An account that cannot be processed is looked at again later, and delays no other. The shards take turns in
  being the first.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.accounts.model import Account, LastUse
from chalicelib.accounts.service import (
    LAST_USE,
    OPEN_ACCOUNT,
    STORED_ACCOUNT,
    LastUseMoved,
    Placed,
    UseList,
    last_uses,
)
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.pace import Pace
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.notices import service as notices
from chalicelib.notices.model import Practice
from chalicelib.privacy.gates import BlockedReason, Permission
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE
from chalicelib.retention.idle import closings, gate, plan, store, warnings
from chalicelib.retention.idle.plan import DueAction
from chalicelib.retention.idle.warnings import Owner, WarningNotTaken
from chalicelib.retention.model import IdleState

_LEASED_BEYOND = MINUTE  # the call that is in progress at the deadline
_BETWEEN_MAILS = timedelta(seconds=1)  # SES begins with 14 a second; codes and answers have the rest
_LEFT_ALONE_FOR = 30 * DAY
_UNREADABLE_FOR = DAY
_WITHOUT_TEXT_FOR = 7 * DAY
# Accounts of a batched read, which takes a hundred items: four per account, two, and one.
_WHOLE_AT_ONCE, _STATES_AT_ONCE, _USES_AT_ONCE = 25, 50, 100


@dataclass
class IdleFigures:
    """The figures of a run, in accounts."""

    looked_at: int = 0
    used: int = 0  # were used since their rows were written
    left_alone: int = 0
    found: int = 0  # to warn or to close
    warned: int = 0
    closed: int = 0  # an erasure was opened
    kept: int = 0  # an erasure was cancelled
    open: int = 0  # erasures that are open because of the job
    unreadable: int = 0


@dataclass
class IdleRun:
    """The outcome of a run. `permitted`: the privacy policy in effect describes what it does."""

    permitted: bool
    figures: IdleFigures = field(default_factory=IdleFigures)
    acted: bool = False
    complete: bool = True
    blocked: BlockedReason | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the run."""
        flags = {"permitted": self.permitted, "acted": self.acted, "complete": self.complete}
        flags["blocked"] = self.blocked is not None
        return asdict(self.figures) | {name: int(value) for name, value in flags.items()}


_Record = TypeVar("_Record", Account, LastUse)


class _TooManyFound(Exception):
    """More accounts would be warned or closed than a run may."""


def run(as_of: datetime, deadline: datetime) -> IdleRun:
    """Cancel, close and warn what is due at an instant, as far as the state of the job permits.

    Raises:
        Unavailable: a table does not answer; the next run continues.
    """
    try:
        leased = store.lease(deadline + _LEASED_BEYOND)
    except LeaseTaken:
        return IdleRun(permitted=False, complete=False)
    work = _Work(leased, as_of, deadline)
    try:
        work.do()
    except LeaseTaken:  # this run took longer than its lease, and another one goes on
        work.done.complete = False
    finally:
        with suppress(LeaseTaken):
            store.release(work.state)
    done = work.done
    metrics.gauge(Metric.IDLE_BLOCKED, int(done.blocked is not None))
    metrics.gauge(Metric.IDLE_CLOSINGS_OPEN, done.figures.open)
    metrics.count(Metric.IDLE_DONE, int(done.complete and done.blocked is None))
    return done


def count(as_of: datetime, deadline: datetime) -> IdleRun:
    """Count as a dry run, whatever the notices and the state of the job; nothing is changed.

    It counts on where a run would stop, so that an operator sees how many there are.

    Raises:
        Unavailable: a table does not answer.
    """
    work = _Work(store.read_state(), as_of, deadline)
    work.count()
    work.done.blocked = gate.gate().blocked(work.state)
    return work.done


def release() -> bool:
    """Let the job go on after an operator has looked; the next run only counts.

    Returns False while a run is in progress: it could block the job again.
    """
    try:
        leased = store.lease(clock.now())
    except LeaseTaken:
        return False
    store.release(leased, **gate.gate().released())
    return True


class _Work:
    """The work of one run, and the state of the job as it is stored."""

    def __init__(self, state: IdleState, as_of: datetime, deadline: datetime) -> None:
        self.state, self.done = state, IdleRun(notices.describes(Practice.CLOSING_IDLE_ACCOUNTS))
        self._as_of, self._deadline = as_of, deadline
        self._figures, self._pace = self.done.figures, Pace(_BETWEEN_MAILS)
        self._texts_left = settings().idle.texts_run

    def do(self) -> None:
        """Do what the notice in effect and the state permit."""
        self._end_closings()
        if self.done.permitted:
            self._do_permitted()

    def _do_permitted(self) -> None:
        shared = gate.gate()
        try:
            match shared.permission(self.state):
                case Permission.NOTHING:
                    self._block(shared.blocked(self.state))
                case Permission.COUNT:
                    self.count()
                    self._stop_if_too_many()
                    if self.done.complete:
                        self._save(**shared.after_counting())
                case Permission.ACT:
                    self.done.acted = True
                    self._close()
                    self._warn()
        except _TooManyFound:
            self._block(BlockedReason.TOO_MANY_FOUND)

    def count(self) -> None:
        """Count what is due by the records of use alone. Accounts that would be left alone are included."""
        for which in (UseList.CLOSE, UseList.IDLE):
            for row in self._rows(which, _USES_AT_ONCE, LAST_USE):
                use = self._read(row, LAST_USE)
                if use:
                    self._figures.found += plan.plan(use, self._as_of).action is not DueAction.MOVE

    def _end_closings(self) -> None:
        """Cancel the erasures of accounts that are used again, and count those that stay open."""
        for row in self._rows(UseList.CLOSING, _STATES_AT_ONCE, STORED_ACCOUNT, LAST_USE):
            use, account = self._read(row, LAST_USE), self._read(row, STORED_ACCOUNT)
            if use is None or account is None:
                continue  # deleted since the index listed it
            after = closings.ended(use, account)
            if after is None:
                self._figures.open += 1
            else:
                self._move(use, after, plan.place(after))
                self._figures.kept += 1
                metrics.count(Metric.IDLE_ACCOUNT_KEPT)

    def _close(self) -> None:
        """Open the erasures that are due, as long as few enough are open."""
        if self._figures.open < settings().idle.open_at_once:
            self._process(UseList.CLOSE, self._close_one)

    def _warn(self) -> None:
        """Send the warnings that are due, until SES or SNS takes no more."""
        with suppress(WarningNotTaken):
            self._process(UseList.IDLE, self._warn_one)
            return
        self.done.complete = False

    def _process(self, which: UseList, act: Callable[[LastUse, Found], bool]) -> None:
        """Take the accounts of a list that are due a step further, until `act` returns False."""
        for row in self._rows(which, _WHOLE_AT_ONCE, OPEN_ACCOUNT, PROFILE, DATA_KEY, LAST_USE):
            use = self._read(row, LAST_USE)
            if use is None:
                continue
            try:
                if not self._process_one(use, row, act):
                    return
            except SealingError as error:  # the account, its profile or a hold
                self._record_unreadable(row, error)
            except LastUseMoved:
                continue  # used since it was read, or deleted

    def _process_one(self, use: LastUse, row: Found, act: Callable[[LastUse, Found], bool]) -> bool:
        due = plan.plan(use, self._as_of)
        if due.action is DueAction.MOVE:
            self._figures.used += 1
            last_uses.move(use, due.use, plan.place(due.use))
            return True
        account = row[OPEN_ACCOUNT]
        if account is None or closings.is_left_alone(account):
            self._figures.left_alone += 1
            last_uses.move(use, plan.fresh(use), Placed(UseList.IDLE, self._as_of + _LEFT_ALONE_FOR))
            return True
        return act(use, row)

    def _close_one(self, use: LastUse, row: Found) -> bool:
        if self._figures.open >= settings().idle.open_at_once:
            return False
        self._count_found()
        account = row[OPEN_ACCOUNT]
        if account and closings.close(use, account, row[PROFILE]):
            self._figures.closed += 1
            self._figures.open += 1
        return True

    def _warn_one(self, use: LastUse, row: Found) -> bool:
        account, profile = row[OPEN_ACCOUNT], row[PROFILE]
        if account is None:
            return True
        owner = Owner(profile.email if profile else None, account.phone, account.locale)
        if owner.email is None and not self._may_text(use):
            return True
        self._count_found()
        warnings.warn(use, owner, self._pace)
        self._figures.warned += 1
        return True

    def _may_text(self, use: LastUse) -> bool:
        """Whether this run may send another text; if not, the account is looked at again a week later."""
        if self._texts_left:
            self._texts_left -= 1
            return True
        last_uses.move(use, use, Placed(UseList.IDLE, self._as_of + _WITHOUT_TEXT_FOR))
        return False

    def _count_found(self) -> None:
        self._figures.found += 1
        self._stop_if_too_many()

    def _stop_if_too_many(self) -> None:
        if gate.too_many(self._figures.found):
            raise _TooManyFound

    def _rows(self, which: UseList, at_once: int, *wanted: needs.Wanted[object]) -> Iterator[Found]:
        """Yield what is stored of the accounts that are due in a list, until the time of the run is up."""
        shards = deque(last_uses.SHARDS)
        shards.rotate(-(clock.to_epoch(self._as_of) // int(HOUR.total_seconds())))
        for shard in shards:
            for batch in batched(last_uses.due(which, self._as_of, shard), at_once):
                if clock.now() >= self._deadline:
                    self.done.complete = False
                    return
                self._figures.looked_at += len(batch)
                yield from needs.read_accounts(batch, wanted)

    def _read(self, row: Found, wanted: needs.Need[_Record | None]) -> _Record | None:
        try:
            return row[wanted]
        except SealingError as error:
            self._record_unreadable(row, error)
            return None

    def _record_unreadable(self, row: Found, error: SealingError) -> None:
        self._figures.unreadable += 1
        observe.record_unreadable("idle_account_unreadable", error)
        if self.done.acted:
            with suppress(LastUseMoved):
                last_uses.look_again(row.claims.account_id, self._as_of + _UNREADABLE_FOR)

    def _move(self, before: LastUse, after: LastUse, to: Placed) -> None:
        with suppress(LastUseMoved):
            last_uses.move(before, after, to)

    def _block(self, reason: BlockedReason | None) -> None:
        self.done.complete, self.done.blocked = False, reason
        observe.log("idle_accounts_blocked", reason=str(reason))
        self._save(blocked=reason)

    def _save(self, **changes: object) -> None:
        self.state = store.save(self.state, **changes)
