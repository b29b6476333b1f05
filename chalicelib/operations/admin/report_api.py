"""Routes for operators about reports (RGT-10, RGT-11), authorised as those in `api`."""

from chalice.app import Blueprint

from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Created, Cursor, Operator, route
from chalicelib.core.ids import ReportId
from chalicelib.operations.admin.report_views import (
    NewManifest,
    NewReport,
    ReportView,
    RequestLog,
    StageStateView,
)
from chalicelib.operations.reports import service
from chalicelib.operations.reports.service import ReportOver, TooManyPacks
from chalicelib.rights.operators import log
from chalicelib.staff import service as staff

routes = Blueprint(__name__)

_ALL = "/admin/v1/reports"
_ONE = _ALL + "/{report_id}"


@route(routes, "POST", _ALL, problems=(InvalidRequest,))
def begin_report(operator: Operator, body: NewReport) -> Created[ReportView]:
    """Begin a report about a period. The operator who begins it can read its pages for a day."""
    return Created(ReportView.of(service.begin(staff.register(operator.arn), body.first, body.last)))


@route(routes, "GET", _ONE + "/requests", problems=(InvalidRequest, NotFound, ReportOver))
def list_logged_requests(operator: Operator, report_id: ReportId, cursor: Cursor | None) -> RequestLog:
    """List the requests that were received in the period of a report, oldest first."""
    report = service.open_for(report_id, staff.register(operator.arn))
    return RequestLog.of(log.page(report.since, report.until, cursor))


@route(routes, "GET", _ONE + "/state", problems=(NotFound, ReportOver))
def show_stage_state(operator: Operator, report_id: ReportId) -> StageStateView:
    """Show the deployed version, its record of processing, its notices and the proofs of the purge."""
    report = service.open_for(report_id, staff.register(operator.arn))
    return StageStateView.of(
        service.record_of_processing(), service.notice_history(), service.purge_proofs(report)
    )


@route(routes, "PUT", _ONE + "/manifest", problems=(NotFound, ReportOver, TooManyPacks))
def record_manifest(operator: Operator, report_id: ReportId, body: NewManifest) -> ReportView:
    """Record the hash of the manifest of a pack, so that the Ledger proves when it was made."""
    return ReportView.of(service.record_manifest(report_id, staff.register(operator.arn), body.sha256))
