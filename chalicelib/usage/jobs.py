"""Jobs of usage."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core.observe import observed
from chalicelib.usage import rollup

usage_jobs = Blueprint(__name__)


@usage_jobs.schedule(Rate(1, unit=Rate.HOURS))
@observed
def roll_up_usage(_: CloudWatchEvent) -> None:
    """Publish the figures of each day to which no late event can come any more (RET-4).

    Hourly, so that a run that failed or did not get through is followed by another soon.
    """
    rollup.roll_up()
