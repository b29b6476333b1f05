"""Pins the records that holds name, so that neither TTL nor the purge deletes them (ADR 31).

A hold's records are pinned a few days ahead and again each day. So the end or the lifting of a hold needs no
work: the last pins lapse. Invariants:

- A hold is moved to a later time before its records are pinned. So one that kills its worker does not delay
  the others, and is tried again.
- Records that were not due for deletion when the hold came into force stay pinned. Those that have expired
  stay invisible. So two holds keep a record until the later end.
- A run stops at its deadline. The next one skips what is pinned and continues: the end of the pins is
  constant for a day.
- Neither a hold nor a record is opened, so no key is needed.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import commit
from chalicelib.privacy import pins
from chalicelib.retention.holds import store
from chalicelib.retention.holds.store import HoldsChanged
from chalicelib.retention.model import Hold

_RENEWED_EVERY = DAY
# The next try after a run that was killed or failed.
_RETRY = HOUR
# The time that a run spends on one hold at most.
_SLICE = 3 * MINUTE


@dataclass(frozen=True)
class UpkeepRun:
    """The outcome of a run: holds whose records are pinned, and holds that are incomplete or failed.

    Those that failed are among those that are left.
    """

    done: int = 0
    left: int = 0
    failed: int = 0


def run(deadline: datetime) -> UpkeepRun:
    """Pin the records of all holds that are due, until a deadline.

    Raises:
        Unavailable: the table of holds does not answer.
    """
    done = left = failed = 0
    for shard in store.SHARDS:
        for hold in store.due(shard, clock.now()):
            if clock.now() >= deadline:
                return UpkeepRun(done, left + 1, failed)
            try:
                complete = _keep(hold, deadline)
            except Unavailable:
                complete = False
            except Exception as error:  # noqa: BLE001 - one hold must not stop the others
                observe.log_failure("hold_upkeep_failed", error, hold_id=hold.hold_id)
                failed += 1
                complete = False
            done, left = done + complete, left + (not complete)
    return UpkeepRun(done, left, failed)


def _keep(hold: Hold, deadline: datetime) -> bool:
    """Pin the records of one hold; returns whether all of them are."""
    now = clock.now()
    since = hold.in_force_from
    if since and now < since:  # the clock jumped back
        _move(hold, since)
        return True
    if since is None or not hold.is_in_force(now):
        waits = hold.awaits_confirmation(now)
        moved = _move(hold, hold.ends_at if waits else None)
        if moved and not waits and hold.confirmed_by is None and hold.lifted_by is None:
            metrics.count(Metric.HOLD_UNCONFIRMED)
        return True
    claimed = _move(hold, now + _RETRY)
    if claimed is None:
        return True  # an operator or another run changed it, and it is due again
    until = min(hold.ends_at, _pinned_end(since, now))
    pinned = pins.pin_held(hold.account_id, hold.kinds, since, until, min(deadline, now + _SLICE))
    if pinned.complete:
        _move(claimed, min(hold.ends_at, now + _RENEWED_EVERY))
    return pinned.complete


def _pinned_end(since: datetime, now: datetime) -> datetime:
    """Return the end of new pins; constant for a day, so a run skips the pins of an earlier one."""
    days = (now + pins.HELD_AHEAD - since) // DAY + 1
    return since + days * DAY


def _move(hold: Hold, due_at: datetime | None) -> Hold | None:
    """Set when a hold is due next; None if it was changed meanwhile."""
    try:
        commit(store.moving_due(hold, due_at))
    except HoldsChanged:
        return None
    return hold.model_copy(update={"version": hold.version + 1})
