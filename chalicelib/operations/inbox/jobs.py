"""The job that mails answers of our support and reports the inbox."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core.observe import observed
from chalicelib.operations.inbox import report
from chalicelib.staff.support import answers

inbox_jobs = Blueprint(__name__)


@inbox_jobs.schedule(Rate(1, unit=Rate.HOURS), name="report_inbox")
@observed
def report_inbox(_: CloudWatchEvent) -> dict[str, int]:
    """Mail answers of our support (USE-10); measure what waits for operators, and mail it to the contact.

    Returns the counts of the run.
    """
    mailed = answers.send_answers()
    found = report.run()
    return {"waiting": found.waiting, "mailed": found.mailed, "answers": mailed}
