"""The job that closes idle accounts."""

from datetime import datetime

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.observe import observed
from chalicelib.rights.erasure.idle import work

idle_jobs = Blueprint(__name__)

# The function may run for fifteen minutes.
LONGEST = 13 * MINUTE


@idle_jobs.schedule(Rate(1, unit=Rate.HOURS), name="close_idle_accounts")
@observed
def close_idle_accounts(event: CloudWatchEvent) -> dict[str, int]:
    """Warn the owners of idle accounts, then erase the accounts (RET-5); returns the counts of the run.

    The instant of a run is the earlier of two clocks, as for the purge. The detail `{"dry_run": true}` only
    counts, and `{"release": true}` lets a blocked job go on.
    """
    as_of = min(clock.now(), datetime.fromisoformat(event.time))
    deadline = clock.now() + LONGEST
    if event.detail.get("dry_run"):
        return work.count(as_of, deadline).counts
    if event.detail.get("release"):
        return {"released": int(work.release())}
    return work.run(as_of, deadline).counts
