"""The schedules of holds and of the purge."""

from datetime import datetime

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import clock, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.retention.backups import service as backups
from chalicelib.retention.holds import upkeep
from chalicelib.retention.purge import service as purge

retention_jobs = Blueprint(__name__)

# The function may run for fifteen minutes.
LONGEST = 13 * MINUTE


@retention_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="keep_holds")
@observed
def keep_holds(_: CloudWatchEvent) -> dict[str, int]:
    """Pin the records that holds name; returns the counts of the run."""
    ran = upkeep.run(clock.now() + LONGEST)
    metrics.gauge(Metric.HOLD_UPKEEP_FAILED, ran.failed)  # also 0, which ends the alarm
    metrics.count(Metric.HOLD_UPKEEP_DONE)
    return {"done": ran.done, "left": ran.left}


@retention_jobs.schedule(Rate(15, unit=Rate.MINUTES), name="purge_expired")
@observed
def purge_expired(event: CloudWatchEvent) -> dict[str, int]:
    """Delete what is past its end and still stored (RET-1, RET-2); returns the counts of the run.

    Then it looks for backups that are past theirs, which only people or DynamoDB can delete (ADR 76).

    A run judges ends by the earlier of two clocks: that of its schedule, and its own. So a clock that jumped
    ahead deletes nothing that is not due. The detail `{"dry_run": true}` only counts.
    """
    as_of = min(clock.now(), datetime.fromisoformat(event.time))
    deadline = clock.now() + LONGEST
    if event.detail.get("dry_run"):
        return purge.count_due(as_of, deadline).counts
    try:
        return purge.run(as_of, deadline).counts
    finally:  # a lane that fails in each run must not keep backups from being found
        backups.check(clock.now())
