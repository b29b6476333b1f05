"""Routes for operators about the state of jobs: announcements of notices, and the purge. No subject is shown.

They are authorised as those in `api`.
"""

from chalice.app import Blueprint

from chalicelib.consents.announcements import run as announcement_run
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Operator, route
from chalicelib.operations.admin.upkeep_views import LastPurgeView, NoticeStandingList
from chalicelib.retention.purge import evidence
from chalicelib.staff import service as staff

routes = Blueprint(__name__)


@route(routes, "GET", "/admin/v1/notices")
def list_notice_standings(operator: Operator) -> NoticeStandingList:
    """List the published versions of the notices, newest first, and how far the announcement of each is."""
    staff.register(operator.arn)
    return NoticeStandingList.of(notices.published(), announcement_run.totals())


@route(routes, "GET", "/admin/v1/purge", problems=(NotFound,))
def show_purge(operator: Operator) -> LastPurgeView:
    """Show the newest proof of the purge in the Ledger."""
    staff.register(operator.arn)
    entry = evidence.newest(clock.now())
    if entry is None:
        raise NotFound
    return LastPurgeView.of(entry)
