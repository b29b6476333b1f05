"""Makes figures from the events of a day once no more can arrive (RET-4, ADR 22).

Invariants, wherever a run is killed:

- A shard's partial holds the counts and the last account that they include, in one item that one write
  replaces. The next run continues after that account, so no event is counted twice or missed. Permission is
  checked when an account is counted, because counting is processing too.
- A day is published when every shard is complete and no count began more than `_STALE` ago. Before that,
  shards that an earlier run counted are counted again in memory, as time allows. So the figures of a day that
  fits into one run do not include accounts that were erased, withdrew or were restricted in between.
- One write publishes a day and makes it final; then the partials are deleted. If a run is killed before that
  write, the next run continues from the partials; if after it, the next run deletes the remaining partials.
  Two parallel runs publish one of two correct counts.
- The first write of a run is progress: a partial with more accounts, or a published day. So the work ends
  even if every run is killed at the same write.
- No day delays another. A day that fails is skipped, and each run begins with a different open day. Each
  run that ends, also with an error, reports the number of overdue days. A killed run reports none, so the
  alarm also fires on missing figures.
- Items that cannot be read are skipped and counted. A run stops before its function's timeout.

Memory: one page of each hour, one account's counts with their event ids, and a shard's bounded counts.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import ACCOUNT
from chalicelib.consents.model import Purposes
from chalicelib.consents.notices.service import offered
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import skip_unreadable
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Purpose, has_lapsed, permits
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import store
from chalicelib.usage.figures import Figures, Sums, Tally, figures, of_one_account
from chalicelib.usage.model import UsagePartial
from chalicelib.usage.service import LATEST
from chalicelib.usage.store import DayProgress

_SETTLED = HOUR  # for requests in progress when the last event became too old, and for the index's lag
# Of the function's 15 minutes; one more account and one batch of accounts have to fit into the rest.
_WORK = 12 * MINUTE
# A day that takes longer, which is 72 runs, is more than hourly runs could ever keep up with.
_STALE = 3 * DAY
_OVERDUE = DAY  # after a day could be closed
# Accounts per batched read, which takes 100 items: account, choices and data key of each.
_ACCOUNTS_AT_ONCE = 33
# Events of one account and day that are read at most, which bounds the time of an account. At most a hundred
# count in a group, so further events would change a figure little.
MAX_EVENTS_OF_ONE = 100_000
# How much is counted between two writes of a partial, since one may cost 200 write units.
_STRETCH_ACCOUNTS, _STRETCH_TIME = 1_000, MINUTE
_COUNTED = (Purpose.ANALYTICS, Purpose.DIAGNOSTICS)


def roll_up() -> None:
    """Close every day that can be closed, until the time of the run is up.

    Raises:
        Exception: the error of the first day that failed; the other days were processed nevertheless.
    """
    until = clock.now() + _WORK
    attempts, standing = _Attempts(), dict[date, DayProgress]()
    for day in _closable():
        with attempts.at(day):
            standing[day] = store.read_day_progress(day)
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
    """Work on several days, where the failure of one does not delay the others."""

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    @contextmanager
    def at(self, day: date) -> Iterator[None]:
        """Work on one day; log and keep its failure."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - after any error, the other days have to be processed
            observe.log_failure("usage_day_failed", error, code=str(day))
            self._failures.append(error)

    def raise_first(self) -> None:
        """Raise the first failure, if any."""
        if self._failures:
            raise self._failures[0]


def _closable() -> Iterator[date]:
    """Return the days that can receive no more events, and whose events outlast this run."""
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
    """Return the days by age, rotated each hour.

    So a day that kills every run does not delay the others.
    """
    hours = clock.to_epoch(clock.now()) // int(HOUR.total_seconds())
    first = hours % max(len(days), 1)
    return days[first:] + days[:first]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _close(day: date, until: datetime) -> None:
    """Count what is not counted yet, and publish the day if it is complete."""
    counted = _recent_partials(store.partials(day))
    earlier = {*counted}  # counted by an earlier run, at least in part
    for shard in sorted(store.SHARDS, key=lambda one: one not in counted):
        so_far = counted.get(shard)
        if so_far and so_far.complete:
            continue
        if clock.now() >= until:
            return
        for partial in _count(day, shard, so_far, until):
            store.put_partial(day, partial)
            counted[shard] = partial
    if all(shard in counted and counted[shard].complete for shard in store.SHARDS):
        _publish(day, [*_complete_counts(day, counted, earlier, until)])
        store.forget_partials(day, counted)


def _recent_partials(partials: dict[str, UsagePartial]) -> dict[str, UsagePartial]:
    """Return the partials that are recent enough to be published or continued."""
    oldest = clock.now() - _STALE
    return {
        n: partial for n, partial in partials.items() if n in store.SHARDS and partial.counted_at > oldest
    }


def _complete_counts(
    day: date, counted: dict[str, UsagePartial], earlier: set[str], until: datetime
) -> Iterator[UsagePartial]:
    """Yield the complete counts; those of earlier runs are recounted if time allows."""
    for shard, partial in sorted(counted.items(), key=lambda one: one[1].counted_at):
        if shard not in earlier or clock.now() >= until:
            yield partial
            continue
        *_, recount = _count(day, shard, None, until)
        yield recount if recount.complete else partial


def _publish(day: date, partials: list[UsagePartial]) -> None:
    shown, withheld = figures(partials)
    with suppress(store.AlreadyPublished):  # by another run; its figures stay
        store.publish(Figures(day=day, published_at=clock.now(), figures=shown))
        metrics.count(Metric.USAGE_DAY_PUBLISHED)
        metrics.count(Metric.USAGE_GROUP_WITHHELD, withheld)


def _count(day: date, shard: str, begun: UsagePartial | None, until: datetime) -> Iterator[UsagePartial]:
    """Count a shard from where it stopped; yield its partial after each stretch, and at the end."""
    so_far = begun or UsagePartial(day=str(day), shard=shard, counted_at=clock.now(), counts=())
    tally, new, saved_at = Tally.of(so_far.counts), 0, clock.now()
    for some in _batches(day, shard, so_far.after, until):
        for account_id, purposes in _read_permissions(some, day):
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
    day: date, shard: str, after: AccountId | None, until: datetime
) -> Iterator[dict[AccountId, Sums]]:
    """The counts of accounts, in batches whose permissions are read together.

    A batch is shorter when the time of the run is up.
    """
    some: dict[AccountId, Sums] = {}
    for account_id, events in store.by_account(day, shard, MAX_EVENTS_OF_ONE, after):
        some[account_id] = of_one_account(events)
        if len(some) == _ACCOUNTS_AT_ONCE or clock.now() >= until:
            yield some
            some = {}
    if some:
        yield some


def _read_permissions(
    account_ids: Iterable[AccountId], day: date
) -> Iterator[tuple[AccountId, set[Purpose]]]:
    """Return the purposes for which each account's day may be counted now.

    Accounts that are erased, not active, or cannot be read are skipped.
    """
    for found in needs.read_accounts(account_ids, (ACCOUNT, PURPOSES, DATA_KEY)):
        with skip_unreadable("choices_unreadable"):
            account, choices = found[ACCOUNT], found[PURPOSES]
            if account and account.state is AccountState.ACTIVE:
                yield account.account_id, _permitted_purposes(choices, day)


def _permitted_purposes(choices: Purposes | None, day: date) -> set[Purpose]:
    """The permitted purposes for which no event of the day has lost its consent (ADR 28).

    On the day on which a consent was given, it covers all stored events, unless an earlier consent was
    withdrawn and its data is not deleted yet.
    """
    last = _begin(day + DAY) - timedelta(seconds=1)
    left = choices.to_delete if choices else {}
    lapsed = {p for p in _COUNTED if has_lapsed(choices, p, _begin(day) if p in left else last)}
    return {purpose for purpose in _COUNTED if permits(choices, purpose, offered())} - lapsed
