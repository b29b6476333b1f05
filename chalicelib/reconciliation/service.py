"""One run of reconciliation: the checks that are due, their repairs, and pages of the pass.

A pass compares all users of Stream, and then all channels.

A run ends when Stream limits its calls. Without an answer, a part of a run ends and the next one begins.
What is left stays due for the next run, an hour later.

A gate keeps reconciliation from acting by mistake (privacy/gates). An app that is not the stage's would have
none of the erased users, so all checks would pass. Restored tables may lack accounts, or have accounts that
were erased, until the replay has ended.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import DAY, MINUTE, Pace
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.gates import BlockedReason, Bond, Gate, Permission
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.reconciliation import channels, checks, comparison, store
from chalicelib.reconciliation.channels import ChannelPage
from chalicelib.reconciliation.checks import CheckedBatch
from chalicelib.reconciliation.comparison import ComparedPage
from chalicelib.reconciliation.model import ReconciliationState
from chalicelib.rights.erasure.model import CheckStage
from chalicelib.stream.model import CallLimited, StreamRefused, StreamUnavailable


def gate() -> Gate:
    """The gate, by the current settings."""
    now = settings()
    return Gate(
        (now.stream_api_key, now.stream_url, now.stream_erasure.value, now.reconciliation.found_run),
        {
            "app": Bond(now.stream_api_key, BlockedReason.OTHER_APP),
            "tables": Bond(_tables(), BlockedReason.OTHER_TABLES),
        },
    )


def too_many_found(found: int) -> bool:
    """Return whether so many users found in one run need an operator."""
    return found > settings().reconciliation.found_run


def _tables() -> str:
    return " ".join(settings().table(one) for one in (Table.ACCOUNTS, Table.CLAIMS))


_LEASED_BEYOND = MINUTE  # the call that is in progress at the deadline
# Stream permits 60 deletions a minute; half of them are left to erasures.
_BETWEEN_DELETIONS = timedelta(seconds=2)
_UNANSWERED_REPAIRS = 3  # after so many in succession, Stream is down, and not one deletion odd


@dataclass
class Compared:
    """The figures of the pages that a run compared."""

    users: int = 0
    drifted: int = 0
    statuses: int = 0
    ended: int = 0
    suspended: int = 0
    ownerless: int = 0
    unknown: int = 0
    foreign: int = 0
    channels: int = 0
    channels_drifted: int = 0
    channels_abandoned: int = 0
    channels_foreign: int = 0
    to_change: int = 0

    def add_channels(self, page: ChannelPage) -> None:
        """Add a page of channels."""
        self.channels += page.channels
        self.channels_drifted += len(page.drifted)
        self.channels_abandoned += len(page.abandoned)
        self.channels_foreign += page.foreign
        self.to_change += page.to_change

    def add(self, page: ComparedPage) -> None:
        """Add a page of users."""
        self.users += page.users
        self.drifted += len(page.drifted)
        self.statuses += len(page.statuses)
        self.ended += len(page.ended)
        self.suspended += len(page.suspended)
        self.ownerless += page.ownerless
        self.unknown += page.orphans.number
        self.to_change += page.to_change
        self.foreign += page.foreign


@dataclass
class ReconciliationRun:
    """The outcome of a run. `complete`: all that was due in this run was read and taken a step further."""

    checked: int = 0
    found: int = 0
    gone: int = 0
    compared: Compared = field(default_factory=Compared)
    complete: bool = True
    acted: bool = False
    blocked: BlockedReason | None = None

    @property
    def to_repair(self) -> int:
        """How many users a repair would change."""
        return self.found + self.compared.to_change

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the run."""
        flags = {"acted": self.acted, "complete": self.complete, "blocked": self.blocked is not None}
        return {
            "checked": self.checked,
            "found": self.found,
            "gone": self.gone,
            **asdict(self.compared),
            **{name: int(value) for name, value in flags.items()},
        }


P = TypeVar("P", ComparedPage, ChannelPage)


class _TooManyFound(Exception):
    """More users would be changed than a run may change."""


def run(deadline: datetime) -> ReconciliationRun:
    """Check, compare and repair what is due, as far as the state of the job permits.

    Raises:
        Unavailable: a table does not answer.
    """
    try:
        state = store.STATE.lease(deadline + _LEASED_BEYOND)
    except LeaseTaken:
        return ReconciliationRun(complete=False)
    work = _Work(state, deadline)
    try:
        work.do()
    except LeaseTaken:  # this run took longer than its lease, and another one goes on
        work.done.complete = False
    finally:
        with suppress(LeaseTaken):
            store.STATE.release(work.state)
    done = work.done
    metrics.gauge(Metric.RECONCILIATION_BLOCKED, int(done.blocked is not None))
    metrics.gauge(Metric.STREAM_USER_UNKNOWN, done.compared.unknown)
    metrics.gauge(Metric.STREAM_USER_FOREIGN, done.compared.foreign)
    metrics.count(Metric.RECONCILIATION_DONE, int(done.complete and done.blocked is None))
    return done


def count(deadline: datetime) -> ReconciliationRun:
    """Count as a dry run, whatever the state of the job; nothing is changed.

    It counts on where a run would stop, so that an operator sees how many there are.

    Raises:
        StreamUnavailable, StreamRefused: Stream does not answer, or refuses.
        Unavailable: a table does not answer.
    """
    work = _Work(store.STATE.read(), deadline, stops=False)
    work.count()
    work.done.blocked = gate().blocked(work.state)
    return work.done


def release() -> bool:
    """Let the job go on after an operator has looked; the next run only counts.

    Returns False while a run is in progress: it could block the job again.
    """
    try:
        leased = store.STATE.lease(clock.now())
    except LeaseTaken:
        return False
    store.STATE.release(leased, **gate().released())
    return True


class _Work:
    """The work of one run, and the state of the job as it is stored."""

    def __init__(self, state: ReconciliationState, deadline: datetime, *, stops: bool = True) -> None:
        self.state, self.done, self._stops = state, ReconciliationRun(), stops
        self._deadline = deadline

    def do(self) -> None:
        """Do what the state permits."""
        try:
            match gate().permission(self.state):
                case Permission.NOTHING:
                    self._block(gate().blocked(self.state))
                case Permission.COUNT:
                    self.count()
                    if self.done.complete:
                        self._save(**gate().after_counting())
                case Permission.ACT:
                    self.done.acted = True
                    try:
                        for part in (self._check, self._repair, self._compare, self._compare_channels):
                            self._do_part(part)
                    finally:  # pages were compared and repaired also if the next one failed
                        if self.done.compared.users or self.done.compared.channels:
                            store.record_compared(asdict(self.done.compared))
        except _TooManyFound:
            self._block(BlockedReason.TOO_MANY_FOUND)
        except (StreamRefused, StreamUnavailable) as error:
            self._record_failure(error)

    def _do_part(self, part: Callable[[], None]) -> None:
        """Do a part of the run. One whose call Stream fails each time stops no other.

        Raises:
            CallLimited: Stream limits the calls; the run ends.
        """
        try:
            part()
        except CallLimited:
            raise
        except (StreamRefused, StreamUnavailable) as error:
            self._record_failure(error)

    def _record_failure(self, error: Exception) -> None:
        observe.log_failure("reconciliation_unanswered", error)
        self.done.complete = False

    def count(self) -> None:
        """Count what a run would find, and change nothing.

        Raises:
            _TooManyFound: a run would stop.
        """
        for batch in checks.look(clock.now()):
            self._add_checked(batch)
            if self._is_over():
                return
        if (after := self._place_in_pass()) is not None:
            for _ in self._pages_of_users(after):
                pass
        # A pass that is due compares channels too, after all users.
        since = self.state.channels_since
        if since is None and after is not None:
            since = ""
        if since is not None:
            for _ in self._pages_of_channels(since):
                pass

    def _check(self) -> None:
        """Settle the answers of the checks that are due."""
        for batch in checks.look(clock.now()):
            self._add_checked(batch)
            checks.settle(batch)
            if self._is_over():
                return

    def _repair(self) -> None:
        """Take each repair that is due a step further. One that fails stops no other."""
        unanswered = 0  # in succession
        pace = Pace(_BETWEEN_DELETIONS)
        for check in store.due(CheckStage.REPAIR, clock.now()):
            if self._is_over():
                return
            request = store.name_of(check.request_id)
            try:
                self.done.gone += checks.advance_repair(check, pace)
                unanswered = 0
            except StreamRefused as refused:
                observe.log_failure("repair_refused", refused, request_id=request)
                metrics.count(Metric.CHAT_DELETION_UNPROVEN)
                self.done.complete = False
            except SealingError as error:
                observe.record_unreadable("check_unreadable", error, request_id=request)
            except CallLimited:
                raise
            except StreamUnavailable:
                unanswered += 1
                self.done.complete = False
                if unanswered == _UNANSWERED_REPAIRS:
                    raise

    def _compare(self) -> None:
        """Compare and repair the next pages of the pass over all users, if a pass is due."""
        after = self._place_in_pass()
        if after is None:
            return
        if not after:
            self._save(pass_began_at=clock.now(), pass_after=after)
        for page in self._pages_of_users(after):
            if page is None:
                self._save(pass_after=None, channels_since=self.state.channels_since or "")
                return
            comparison.repair(page)
            self._save(pass_after=page.last)

    def _compare_channels(self) -> None:
        """Compare and repair the next channels, once all users are compared."""
        since = self.state.channels_since
        if since is None:
            return
        for page in self._pages_of_channels(since):
            if page is None:
                self._save(channels_since=None)
                return
            channels.repair(page)
            self._save(channels_since=page.last)
            channels.close(page)

    def _place_in_pass(self) -> str | None:
        """The id after which the pass goes on, empty at its beginning; None until the next one is due.

        One that began under another privacy policy begins anew: each status may differ now (ADR 111).
        """
        began, days = self.state.pass_began_at, settings().reconciliation.pass_days
        policy = versions.in_effect(NoticeKind.PRIVACY, clock.now(), versions.every())
        settled = policy.effective_at + 5 * MINUTE  # the difference of two clocks
        if began and began < settled <= clock.now():
            return ""
        if self.state.pass_after is not None:
            return self.state.pass_after
        # A beginning in the future was set by a clock that had jumped ahead; it counts as past.
        return None if began and began <= clock.now() < began + days * DAY else ""

    def _pages_of_users(self, after: str) -> Iterator[ComparedPage | None]:
        most = settings().reconciliation.pages_run
        return self._pages(after, most, comparison.page_after, self.done.compared.add)

    def _pages_of_channels(self, since: str) -> Iterator[ChannelPage | None]:
        most = settings().reconciliation.channel_pages_run
        return self._pages(since, most, channels.page_since, self.done.compared.add_channels)

    def _pages(
        self, last: str, most: int, read: Callable[[str], P | None], add: Callable[[P], None]
    ) -> Iterator[P | None]:
        """Yield the next pages, until the share of a run or its time is used up; None ends the pass."""
        for _ in range(most):
            if self._is_over():
                return
            page = read(last)
            if page is None:
                yield None
                return
            add(page)
            self._stop_if_too_many()
            yield page
            last = page.last

    def _add_checked(self, batch: CheckedBatch) -> None:
        self.done.checked += len(batch.checks)
        self.done.found += len(batch.found)
        self._stop_if_too_many()

    def _stop_if_too_many(self) -> None:
        if self._stops and too_many_found(self.done.to_repair):
            raise _TooManyFound

    def _block(self, reason: BlockedReason | None) -> None:
        self.done.complete, self.done.blocked = False, reason
        observe.log("reconciliation_blocked", reason=str(reason))
        self._save(blocked=reason)

    def _save(self, **changes: object) -> None:
        self.state = store.STATE.save(self.state, **changes)

    def _is_over(self) -> bool:
        """Return whether the time of the run is up; then it is not complete."""
        over = clock.now() >= self._deadline
        self.done.complete = self.done.complete and not over
        return over
