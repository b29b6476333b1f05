"""Runs over the idle accounts: warns owners, closes accounts, or counts as a dry run (RET-5, ADR 36).

Invariants, wherever a run is killed, and if two run at once:

- It warns and closes only while the privacy policy in effect says so, and only as far as its gate permits.
  It cancels the erasure of an account that is used again in any case.
- Each change of an account requires the record that was read. So a use, or another run, makes it void.
- At most `open_at_once` erasures are open because of it, and a run warns at most `warned_run` owners.
- An account that cannot be processed is looked at again later, and delays no other. The shards take turns in
  being the first.
- In restored tables of accounts, last uses are as old as the backup. So an operator releases the job after
  the replay, when people have signed in again (`privacy/gates`).
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.accounts.model import Account, AccountState, LastUse
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import (
    LAST_USE,
    OPEN_ACCOUNT,
    STORED_ACCOUNT,
    LastUseMoved,
    Placed,
    UseList,
    last_uses,
)
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY, HOUR, MINUTE, Pace
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.messages.letters import Addressee
from chalicelib.privacy.gates import BlockedReason, Bond, Gate, Permission
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.model import IdleState
from chalicelib.rights.erasure.idle import closings, plan, warnings
from chalicelib.rights.erasure.idle.plan import DueAction, Plan
from chalicelib.rights.erasure.idle.warnings import WarningNotTaken
from chalicelib.rights.erasure.store import IDLE_STATE

_BETWEEN_MAILS = timedelta(seconds=1)  # SES begins with 14 a second; codes and answers have the rest
_LEFT_ALONE_FOR = 30 * DAY
_UNREADABLE_FOR = DAY
# Accounts of a batched read, which takes a hundred items: four per account, two, and one.
_WHOLE_AT_ONCE, _STATES_AT_ONCE, _USES_AT_ONCE = 25, 50, 100
_WHOLE = (OPEN_ACCOUNT, STORED_ACCOUNT, PROFILE, DATA_KEY, LAST_USE)


@dataclass
class IdleFigures:
    """The figures of a run, in accounts."""

    looked_at: int = 0
    used: int = 0  # were used since their rows were written
    left_alone: int = 0
    due: int = 0  # to be warned; counted by dry runs, and if more rows are due than accounts may be
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


class _TooManyDue(Exception):
    """More accounts are due to be warned than at once."""


class IdleWork:
    """The work of one run, and the state of the job as it is stored."""

    def __init__(self, state: IdleState, as_of: datetime, deadline: datetime) -> None:
        self.state, self.done = state, IdleRun(notices.describes(Practice.CLOSING_IDLE_ACCOUNTS))
        self._as_of, self._deadline = as_of, deadline
        self._figures, self._pace = self.done.figures, Pace(_BETWEEN_MAILS)
        self._mail_works = self._texts_work = True

    def do(self) -> None:
        """Do what the notice in effect and the state permit."""
        self._end_closings()
        if self.done.permitted:
            self._do_permitted()

    def _do_permitted(self) -> None:
        shared = _gate()
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
                    self._stop_if_too_many_rows()
                    if not self._has_done_enough(UseList.CLOSE):
                        self._process(UseList.CLOSE)
                    self._process(UseList.IDLE)
        except _TooManyDue:
            self._block(BlockedReason.TOO_MANY_FOUND)

    def count(self) -> None:
        """Count who is due to be warned, by the records of use alone.

        Accounts that would be left alone are included; those that wait for their closing are not.
        """
        for row in self._rows(UseList.IDLE, _USES_AT_ONCE, LAST_USE):
            if use := self._read(row, LAST_USE, UseList.IDLE):
                self._figures.due += self._plan(use).action is DueAction.WARN

    def _plan(self, use: LastUse) -> Plan:
        return plan.plan(use, self._as_of, self.state.warnings_from)

    def _end_closings(self) -> None:
        """Cancel the erasures of accounts that are used again, and count those that stay open."""
        for row in self._rows(UseList.CLOSING, _STATES_AT_ONCE, STORED_ACCOUNT, LAST_USE):
            try:
                use, account = row[LAST_USE], row[STORED_ACCOUNT]
                after = closings.cancel_if_used(use, account) if use and account else None
            except SealingError as error:  # it stops no other, and is tried in the next run
                self._figures.unreadable += 1
                observe.record_unreadable("idle_closing_unreadable", error)
                after = None
            except Unavailable as error:
                self.done.complete = False
                observe.log_failure("idle_closing_failed", error)
                after = None
            self._figures.open += after is None
            if use and after:
                self._move(use, after, plan.place(after))
                self._figures.kept += 1
                metrics.count(Metric.IDLE_ACCOUNT_KEPT)

    def _process(self, which: UseList) -> None:
        """Take the accounts of a list that are due a step further, until the run has done enough of it."""
        for row in self._rows(which, _WHOLE_AT_ONCE, *_WHOLE):
            use = self._read(row, LAST_USE, which)
            if use is None:
                continue
            try:
                self._process_one(use, row)
            except SealingError as error:  # the account, its profile, a hold or a request
                self._record_unreadable(row, error, which)
            except LastUseMoved:
                continue  # used since it was read, or deleted
            if self._has_done_enough(which):
                return

    def _has_done_enough(self, which: UseList) -> bool:
        """Return whether enough erasures are open, or enough owners warned, or no message is taken."""
        idle, figures = settings().idle, self._figures
        if which is UseList.CLOSE:
            return figures.open >= idle.open_at_once
        return figures.warned >= idle.warned_run or not (self._mail_works or self._texts_work)

    def _process_one(self, use: LastUse, row: Found) -> None:
        due, stored = self._plan(use), row[STORED_ACCOUNT]
        if due.action is DueAction.MOVE:
            self._figures.used += 1
            last_uses.move(use, due.use, plan.place(due.use))
            return
        if stored is None:
            last_uses.forget(use.account_id)
            return
        if stored.state is AccountState.FROZEN and (erasure := closings.open_of(use.account_id)):
            adopted = closings.adopted(use, erasure)
            last_uses.move(use, adopted, plan.place(adopted))
            return
        account = row[OPEN_ACCOUNT]
        if account is None or closings.is_left_alone(account):
            self._figures.left_alone += 1
            last_uses.move(use, plan.fresh(use), Placed(UseList.IDLE, self._as_of + _LEFT_ALONE_FOR))
        elif due.action is DueAction.CLOSE:
            if closings.close(due.use, account, row[PROFILE], read=use):
                self._figures.closed += 1
                self._figures.open += 1
        else:
            self._warn_owner(use, due.use, account, row[PROFILE])

    def _warn_owner(self, use: LastUse, current: LastUse, account: Account, profile: Profile | None) -> None:
        owner = Addressee(profile.email if profile else None, account.phone, account.locale)
        if not (self._mail_works if owner.email else self._texts_work):
            return  # it stays due
        if use != current:
            last_uses.move(use, current, plan.place(current))
            current = current.model_copy(update={"version": (use.version or 0) + 1})
        try:
            warnings.warn(current, owner, self._pace)
            self._figures.warned += 1
        except WarningNotTaken as refused:
            self.done.complete = False
            if refused.by_mail:
                self._mail_works = False
            else:
                self._texts_work = False

    def _stop_if_too_many_rows(self) -> None:
        """Stop if more rows are due than accounts may be; most rows of accounts in use are not."""
        most = settings().idle.due_at_once
        rows = sum(
            1
            for shard in last_uses.SHARDS
            for _ in islice(last_uses.due(UseList.IDLE, self._as_of, shard), most + 1)
        )
        if _too_many(rows):
            self.count()
            self._stop_if_too_many()

    def _stop_if_too_many(self) -> None:
        if _too_many(self._figures.due):
            raise _TooManyDue

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

    def _read(self, row: Found, wanted: needs.Need[LastUse | None], which: UseList) -> LastUse | None:
        try:
            return row[wanted]
        except SealingError as error:
            self._record_unreadable(row, error, which)
            return None

    def _record_unreadable(self, row: Found, error: SealingError, which: UseList) -> None:
        self._figures.unreadable += 1
        observe.record_unreadable("idle_account_unreadable", error)
        if self.done.acted:
            with suppress(LastUseMoved):
                last_uses.look_again(row.claims.account_id, Placed(which, self._as_of + _UNREADABLE_FOR))

    def _move(self, before: LastUse, after: LastUse, to: Placed) -> None:
        with suppress(LastUseMoved):
            last_uses.move(before, after, to)

    def _block(self, reason: BlockedReason | None) -> None:
        self.done.complete, self.done.blocked = False, reason
        observe.log("idle_accounts_blocked", reason=str(reason))
        self._save(blocked=reason)

    def _save(self, **changes: object) -> None:
        self.state = IDLE_STATE.save(self.state, **changes)


_LEASED_BEYOND = MINUTE  # the call that is in progress at the deadline


def run(as_of: datetime, deadline: datetime) -> IdleRun:
    """Cancel, close and warn what is due at an instant, as far as the state of the job permits.

    Raises:
        Unavailable: a table does not answer; the next run continues.
    """
    try:
        leased = IDLE_STATE.lease(deadline + _LEASED_BEYOND)
    except LeaseTaken:
        return IdleRun(permitted=False, complete=False)
    work = IdleWork(leased, as_of, deadline)
    try:
        work.do()
    except LeaseTaken:  # this run took longer than its lease, and another one goes on
        work.done.complete = False
    finally:
        with suppress(LeaseTaken):
            IDLE_STATE.release(work.state)
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
    work = IdleWork(IDLE_STATE.read(), as_of, deadline)
    work.count()
    work.done.blocked = _gate().blocked(work.state)
    return work.done


def release() -> bool:
    """Let the job go on after an operator has looked; the next run only counts.

    Returns False while a run is in progress: it could block the job again.
    """
    try:
        leased = IDLE_STATE.lease(clock.now())
    except LeaseTaken:
        return False
    restored = _gate().blocked(leased) is BlockedReason.OTHER_TABLES
    changes: dict[str, object] = {"warnings_from": clock.now()} if restored else {}
    IDLE_STATE.release(leased, **_gate().released(), **changes)
    return True


def _gate() -> Gate:
    """The gate, by the current settings."""
    idle = settings().idle
    tables = Bond(settings().table(Table.ACCOUNTS), BlockedReason.OTHER_TABLES)
    return Gate((idle.after_months, idle.due_at_once), {"tables": tables})


def _too_many(due: int) -> bool:
    """Return whether so many accounts that are due to be warned need an operator."""
    return due > settings().idle.due_at_once
