"""Rolling up: events of a day become figures once no late event can come any more (RET-4, ADR 22).

What always holds, wherever a run is killed:

- A shard's partial says what is counted and up to which account, in one item that one write replaces. A run
  goes on behind that account, so nothing is counted twice and nothing is left out. Each account is judged
  when it is counted, since counting is a use too.
- A day is published when every shard is complete and no count began more than `_STALE` ago. Shards that an
  earlier run counted are counted anew in memory first, as far as the time goes: accounts that were erased,
  withdrew or were restricted meanwhile are not in the figures of a day that fits into one run.
- One write publishes a day and makes it final; the partials go after it. Killed before, the next run goes on
  from the partials; killed after, it deletes what is left. Two runs at once publish one of two right counts.
- The first write of a run is progress: a partial that goes further, or a published day. So a run that is
  killed at the same write each time still comes to an end.
- No day holds up another. A day that fails is left, and each run begins with another of the open days. The
  overdue days are counted, and an alarm rings, also when no run comes to its end.
- Items that can't be read are left out and counted. A run ends by itself before its function's time does.

Memory: a page of each hour, one account's counts and the ids that went into them, a shard's bounded counts.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import ACCOUNT
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import SealingError
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Purpose, has_lapsed, permits
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import store
from chalicelib.usage.figures import Figures, Sums, Tally, figures, of_one_account
from chalicelib.usage.model import UsagePartial
from chalicelib.usage.service import LATEST
from chalicelib.usage.store import DayProgress

_SETTLED = HOUR  # for requests under way when the last event was late enough, and for the index's lag
_WORK = (
    12 * MINUTE
)  # of the function's fifteen: one more account and one batch of them have to fit into the rest
_STALE = (
    3 * DAY
)  # a day that takes longer than these 72 runs is more than hourly runs could ever keep up with
_OVERDUE = DAY  # after a day could be closed
# Account, choices and data key of each, in one batched read of 100.
_ACCOUNTS_AT_ONCE = 33
# How much is counted before it is saved: a partial may cost 200 write units.
_STRETCH_ACCOUNTS, _STRETCH_TIME = 1_000, MINUTE
_COUNTED = (Purpose.ANALYTICS, Purpose.DIAGNOSTICS)


def roll_up() -> None:
    """Close every day that can be closed, as far as this run gets.

    Raises:
        Exception: what made the first of the failed days fail; the other days were worked on all the same.
    """
    until = clock.now() + _WORK
    attempts, standing = _Attempts(), dict[date, DayProgress]()
    for day in _closable():
        with attempts.at(day):
            standing[day] = store.standing(day)
    open_days = [day for day, found in standing.items() if not found.published]
    metrics.gauge(Metric.USAGE_DAYS_OVERDUE, sum(map(_is_overdue, open_days)))
    for day in _in_turn(open_days):
        if clock.now() >= until:
            break
        with attempts.at(day):
            _close(day, until)
    for day, found in standing.items():
        if found.published and found.shards:
            with attempts.at(day):
                store.forget_partials(day, found.shards)
    attempts.raise_first()


class _Attempts:
    """Work on several days, of which none is held up by the failure of another."""

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    @contextmanager
    def at(self, day: date) -> Iterator[None]:
        """Work on one day; its failure is logged and kept."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the other days have to be worked on
            observe.log_failure("usage_day_failed", error, code=str(day))
            self._failures.append(error)

    def raise_first(self) -> None:
        """Let the run fail if a day did."""
        if self._failures:
            raise self._failures[0]


def _closable() -> Iterator[date]:
    """The days that no event can come to any more and of which none expires while this run counts."""
    now = clock.now()
    day = open_from = (now - LATEST - _SETTLED).date()
    while Period.USAGE.ends(_begin(day - DAY)) > now + _WORK:
        day -= DAY
    while day < open_from:
        yield day
        day += DAY


def _is_overdue(day: date) -> bool:
    return day < (clock.now() - LATEST - _SETTLED - _OVERDUE).date()


def _in_turn(days: list[date]) -> list[date]:
    """By age, each hour beginning with another: a day at which every run dies holds up no other for long."""
    hours = clock.to_epoch(clock.now()) // int(HOUR.total_seconds())
    first = hours % max(len(days), 1)
    return days[first:] + days[:first]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _close(day: date, until: datetime) -> None:
    """Count what is not counted yet, and publish the day if all of it is."""
    counted = _fresh(store.partials(day))
    earlier = {*counted}  # counted by another run, at least in part
    for shard in sorted(range(store.SHARDS), key=lambda one: one not in counted):
        so_far = counted.get(shard)
        if so_far and so_far.complete:
            continue
        if clock.now() >= until:
            return
        for partial in _count(day, shard, so_far, until):
            store.put_partial(day, partial)
            counted[shard] = partial
    if all(shard in counted and counted[shard].complete for shard in range(store.SHARDS)):
        _publish(day, [*_judged_anew(day, counted, earlier, until)])
        store.forget_partials(day, counted)


def _fresh(partials: dict[int, UsagePartial]) -> dict[int, UsagePartial]:
    """Those that may be published, or gone on with."""
    oldest = clock.now() - _STALE
    shards = range(store.SHARDS)
    return {n: partial for n, partial in partials.items() if n in shards and partial.counted_at > oldest}


def _judged_anew(
    day: date, counted: dict[int, UsagePartial], earlier: set[int], until: datetime
) -> Iterator[UsagePartial]:
    """Complete counts; those of earlier runs counted anew, the oldest first, as far as the time goes."""
    for shard, partial in sorted(counted.items(), key=lambda one: one[1].counted_at):
        if shard not in earlier or clock.now() >= until:
            yield partial
            continue
        *_, anew = _count(day, shard, None, until)
        yield anew if anew.complete else partial


def _publish(day: date, partials: list[UsagePartial]) -> None:
    shown, withheld = figures(partials)
    with suppress(store.AlreadyPublished):  # by another run; its figures stay
        store.publish(Figures(day=day, published_at=clock.now(), figures=shown))
        metrics.count(Metric.USAGE_DAY_PUBLISHED)
        metrics.count(Metric.USAGE_GROUP_WITHHELD, withheld)


def _count(day: date, shard: int, begun: UsagePartial | None, until: datetime) -> Iterator[UsagePartial]:
    """Count a shard from where it was left; what stands after each stretch, complete at its end."""
    so_far = begun or UsagePartial(day=str(day), shard=shard, counted_at=clock.now(), counts=())
    tally, new, saved_at = Tally.of(so_far.counts), 0, clock.now()
    for some in _batches(day, shard, so_far.after, until):
        for account_id, purposes in _permitted(some, day):
            tally.add({group: own for group, own in some[account_id].items() if group.purpose in purposes})
        new += len(some)
        now = clock.now()
        if now >= until or now >= saved_at + _STRETCH_TIME or new >= _STRETCH_ACCOUNTS:
            so_far = so_far.model_copy(update={"counts": tally.counts(), "after": [*some][-1]})
            yield so_far
            new, saved_at = 0, now
        if now >= until:
            break
    else:
        yield so_far.model_copy(update={"counts": tally.counts(), "after": None, "complete": True})
    metrics.count(Metric.USAGE_GROUP_OVERFLOWED, tally.overflowed)


def _batches(
    day: date, shard: int, after: AccountId | None, until: datetime
) -> Iterator[dict[AccountId, Sums]]:
    """What accounts come to, as many of them as are judged together; fewer when the time is up."""
    some: dict[AccountId, Sums] = {}
    for account_id, events in store.by_account(day, shard, after):
        some[account_id] = of_one_account(events)
        if len(some) == _ACCOUNTS_AT_ONCE or clock.now() >= until:
            yield some
            some = {}
    if some:
        yield some


def _permitted(account_ids: Iterable[AccountId], day: date) -> Iterator[tuple[AccountId, set[Purpose]]]:
    """For what an account's day may be counted now; accounts that are gone or not active, for nothing."""
    for found in needs.read_accounts(account_ids, (ACCOUNT, PURPOSES, DATA_KEY)):
        try:
            account, choices = found[ACCOUNT], found[PURPOSES]
        except SealingError as error:
            # An account that cannot be read is counted for nothing, and holds up no other.
            observe.record_unreadable("choices_unreadable", error)
            continue
        if account and account.state is AccountState.ACTIVE:
            yield account.account_id, _permitted_purposes(choices, day)


def _permitted_purposes(choices: Purposes | None, day: date) -> set[Purpose]:
    """Those for which nothing of the day has lost its consent (ADR 28).

    Of a day on which consent was given, all that is stored was told under it, unless an earlier consent was
    withdrawn and what rested on that is not deleted yet.
    """
    last = _begin(day + DAY) - timedelta(seconds=1)
    left = choices.to_delete if choices else {}
    lapsed = {p for p in _COUNTED if has_lapsed(choices, p, _begin(day) if p in left else last)}
    return {purpose for purpose in _COUNTED if permits(choices, purpose)} - lapsed
