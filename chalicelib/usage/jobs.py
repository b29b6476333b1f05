"""Jobs of usage."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core.observe import observed
from chalicelib.usage import rollup

usage_jobs = Blueprint(__name__)


@usage_jobs.schedule(Rate(1, unit=Rate.HOURS))
@observed
def roll_up_usage(_: CloudWatchEvent) -> None:
    """Publish the figures of each day that can receive no late event any more (RET-4).

    It runs hourly, so that another run soon follows one that failed or did not finish.
    """
    rollup.roll_up()
