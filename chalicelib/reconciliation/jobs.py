"""The schedule of reconciliation."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.observe import observed
from chalicelib.reconciliation import service

reconciliation_jobs = Blueprint(__name__)

# The function may run for fifteen minutes.
LONGEST = 13 * MINUTE


@reconciliation_jobs.schedule(Rate(1, unit=Rate.HOURS), name="reconcile_chat")
@observed
def reconcile_chat(event: CloudWatchEvent) -> dict[str, int]:
    """Look for erased users at Stream, and delete those who are found (STR-5); returns the counts of the run.

    The detail `{"dry_run": true}` only counts, and `{"release": true}` lets a blocked job go on.
    """
    deadline = clock.now() + LONGEST
    if event.detail.get("dry_run"):
        return service.count(deadline).counts
    if event.detail.get("release"):
        return {"released": int(service.release())}
    return service.run(deadline).counts
