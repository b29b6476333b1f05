"""The job that carries out decisions about reports of abuse."""

from datetime import timedelta

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import clock
from chalicelib.core.observe import observed
from chalicelib.safety import work

safety_jobs = Blueprint(__name__)

_LONGEST = timedelta(seconds=50)  # of a minute


@safety_jobs.schedule(Rate(1, unit=Rate.MINUTES), name="work_on_reports")
@observed
def work_on_reports(event: CloudWatchEvent) -> None:  # noqa: ARG001 - the signature of every schedule
    """Copy messages and files, carry out decisions, notify both sides, end suspensions (SAF-1)."""
    work.run(clock.now() + _LONGEST)
