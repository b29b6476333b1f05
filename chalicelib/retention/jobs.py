"""The schedule of holds."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import clock, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.retention import upkeep

retention_jobs = Blueprint(__name__)

# The function may run for fifteen minutes.
LONGEST = 13 * MINUTE


@retention_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="keep_holds")
@observed
def keep_holds(_: CloudWatchEvent) -> dict[str, int]:
    """Pin the records that holds name; returns the counts of the run."""
    ran = upkeep.run(clock.now() + LONGEST)
    metrics.count(Metric.HOLD_UPKEEP_DONE)
    return {"done": ran.done, "left": ran.left}
