"""The job that reports the inbox."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core.observe import observed
from chalicelib.operations.inbox import report

inbox_jobs = Blueprint(__name__)


@inbox_jobs.schedule(Rate(1, unit=Rate.HOURS), name="report_inbox")
@observed
def report_inbox(_: CloudWatchEvent) -> dict[str, int]:
    """Measure what waits for operators, and mail it to the contact; returns the counts of the run."""
    found = report.run()
    return {"waiting": found.waiting, "mailed": found.mailed}
