"""Rolling up: events of a day become figures once no late event can come any more (RET-4).

What always holds, wherever a run is killed:

- A shard is counted from the events as they are now, and written over what was counted before: nothing
  is counted twice, and whoever was erased, withdrew or was restricted meanwhile is not in it. Each
  account is judged anew, since counting is a use too.
- One write publishes a day and makes it final; the partials go after it. Killed before, the next run
  counts again; killed after, it deletes what is left. Two runs at once publish one of two right counts.
- A run ends by itself before its function's time does. The shards counted longest ago come first, and
  a day is published when none of its counts is older than a day; so a day that takes several runs
  gets done, and one that takes a single run is published as counted in that run.

Memory: a page of each hour, the events of one account at a time, and a shard's bounded counts.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from itertools import islice

from chalicelib.accounts.model import AccountState
from chalicelib.accounts.service import ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Purpose, permits
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import store
from chalicelib.usage.figures import Figures, Tally, figures, of_one_account
from chalicelib.usage.model import UsagePartial
from chalicelib.usage.service import LATEST

_SETTLED = HOUR  # for requests under way when the last event was late enough, and for the index's lag
_WORK = 12 * MINUTE  # of the function's fifteen: one more shard has to fit into the rest
_STALE = DAY
# Account, choices and data key of each, in one batched read of 100.
_ACCOUNTS_AT_ONCE = 33
_COUNTED = (Purpose.ANALYTICS, Purpose.DIAGNOSTICS)


def roll_up() -> None:
    """Close every day that can be closed, the oldest first, as far as this run gets."""
    until = clock.now() + _WORK
    for day in _closable():
        found = store.day(day)
        partials = found.partials
        if not found.published:
            partials = _count_again(day, partials, until)
            if not _complete(partials):
                return
            _publish(day, partials)
        store.forget_partials(day, partials)


def _closable() -> Iterator[date]:
    """The days that no event can come to any more and of which none expires while this run counts."""
    now = clock.now()
    day = open_from = (now - LATEST - _SETTLED).date()
    while Period.USAGE.ends(_begin(day - DAY)) > now + _WORK:
        day -= DAY
    while day < open_from:
        yield day
        day += DAY


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _count_again(day: date, partials: dict[int, UsagePartial], until: datetime) -> dict[int, UsagePartial]:
    """Count the shards of a day anew, those counted longest ago first, until the time is up."""
    counted = dict(partials)

    def age(shard: int) -> float:
        return counted[shard].counted_at.timestamp() if shard in counted else 0

    for shard in sorted(range(store.SHARDS), key=age):
        if clock.now() >= until:
            break
        counted[shard] = _count(day, shard)
        store.put_partial(day, counted[shard])
    return counted


def _complete(partials: dict[int, UsagePartial]) -> bool:
    fresh = clock.now() - _STALE
    return len(partials) == store.SHARDS and all(p.counted_at > fresh for p in partials.values())


def _publish(day: date, partials: dict[int, UsagePartial]) -> None:
    shown, withheld = figures(partials.values())
    with suppress(store.AlreadyPublished):  # by another run; its figures stay
        store.publish(Figures(day=day, published_at=clock.now(), figures=shown))
        metrics.count(Metric.USAGE_DAY_PUBLISHED)
        metrics.count(Metric.USAGE_GROUP_WITHHELD, withheld)


def _count(day: date, shard: int) -> UsagePartial:
    """Count one shard from its events."""
    tally, counted_at = Tally(), clock.now()
    accounts = ((account_id, of_one_account(events)) for account_id, events in store.by_account(day, shard))
    while some := dict(islice(accounts, _ACCOUNTS_AT_ONCE)):
        for account_id, purposes in _permitted(some):
            tally.add({group: own for group, own in some[account_id].items() if group.purpose in purposes})
    metrics.count(Metric.USAGE_GROUP_OVERFLOWED, tally.overflowed)
    return UsagePartial(day=str(day), shard=shard, counted_at=counted_at, counts=tally.counts())


def _permitted(account_ids: Iterable[AccountId]) -> Iterator[tuple[AccountId, set[Purpose]]]:
    """For what each account may be counted now; accounts that are gone or not active, for nothing."""
    for found in needs.read_accounts(account_ids, (ACCOUNT, PURPOSES, DATA_KEY)):
        account = found[ACCOUNT]
        if account and account.state is AccountState.ACTIVE:
            yield account.account_id, _permitted_purposes(found)


def _permitted_purposes(found: Found) -> set[Purpose]:
    try:
        choices = found[PURPOSES]
    except SealingError as error:
        # Whose choices can't be read is counted for nothing, and holds up nobody else.
        observe.log_failure("choices_unreadable", error)
        return set()
    return {purpose for purpose in _COUNTED if permits(choices, purpose)}
