"""Routes for operators about reports (RGT-10, RGT-11), and their bodies."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Body, Created, Cursor, Operator, View, route
from chalicelib.core.ids import ReportId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.operations.admin.views import PageView
from chalicelib.operations.reports import service
from chalicelib.operations.reports.service import NoticeStanding, PurgeProof, Report, ReportOver, TooManyPacks
from chalicelib.rights.operators import lists
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from chalicelib.staff import service as staff


class NewReport(Body):
    """The period of a report, by days in the controller's zone, both included."""

    first: date
    last: date


class NewManifest(Body):
    """The hash of the manifest of a pack."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class ReportView(View):
    """A report. `manifests`: the SHA-256 of the manifests of its packs, newest first."""

    id: ReportId
    first: date
    last: date
    begun_at: Instant
    manifests: tuple[str, ...]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Build the view."""
        return cls.showing(report, id=report.report_id)


class LoggedRequestView(View):
    """A request in the log: no text, no account and no member of staff."""

    rights_request_id: RightsRequestId
    right: Right
    received_by: ReceivedBy
    received_at: Instant
    due_at: Instant
    status: Status
    answered_at: Instant | None = Field(None, description="When it was decided; absent if it was not")
    closed_at: Instant | None = None
    late: bool = Field(description="Whether the answer, or now, is after the deadline")
    extension_days: int | None = None
    extension_reason: ExtensionReason | None = None
    paused_days: int = Field(description="Whole days in which proof of identity was outstanding")
    reason: RefusalReason | None = Field(None, description="Of a whole or partial refusal")
    without_account: bool
    represented: bool = Field(description="Whether another person made it for the subject")
    missing: tuple[str, ...] = Field(description="Parts that could not be included in a copy")
    certificate: str | None = Field(None, description="SHA-256 of the signed certificate of an erasure")

    @classmethod
    def of(cls, certificates: Mapping[RightsRequestId, str], request: RightsRequest) -> Self:
        """Build the view; `certificates`: the hashes of those that are stored."""
        now, end = clock.now(), request.decided_at or request.closed_at
        due, extension = request.clock.due_at(end or now), request.extension
        late = end > due if end else request.clock.is_overdue(now)
        return cls.showing(
            request,
            rights_request_id=request.request_id,
            due_at=due,
            answered_at=request.decided_at,
            late=late,
            extension_days=extension.days if extension else None,
            extension_reason=extension.reason if extension else None,
            paused_days=request.pause.days(end or now) if request.pause else 0,
            reason=request.refusal,
            represented=request.on_behalf is not None,
            certificate=certificates.get(request.request_id),
        )


class AnnouncedView(View):
    """How far an announcement is: shards of accounts, those begun, those complete."""

    shards: int
    begun: int
    complete: int


class NoticeStandingView(View):
    """A published version of a notice."""

    kind: NoticeKind
    version: NoticeVersion
    published_at: Instant
    effective_at: Instant
    url: str
    changes: str
    entry_sha256: str = Field(description="Of the canonical JSON of this version's published entry")
    announced: AnnouncedView | None = Field(None, description="Absent if it is not being announced now")

    @classmethod
    def of(cls, standing: NoticeStanding) -> Self:
        """Build the view."""
        return cls.showing(standing.notice, entry_sha256=standing.sha256, announced=standing.announced)


class StageStateView(View):
    """What the deployed stage is: its version, its record of processing, its notices, its purge."""

    stage: str
    version: str
    record_of_processing: dict[str, Any]
    notices: tuple[NoticeStandingView, ...]
    purge: tuple[PurgeProof, ...]

    @classmethod
    def of(cls, record: dict[str, Any], notices: list[NoticeStanding], proofs: list[PurgeProof]) -> Self:
        """Build the view."""
        return cls(
            stage=settings().stage,
            version=settings().version,
            record_of_processing=record,
            notices=tuple(map(NoticeStandingView.of, notices)),
            purge=tuple(proofs),
        )


routes = Blueprint(__name__)

_ALL = "/admin/v1/reports"
_ONE = _ALL + "/{report_id}"


@route(routes, "POST", _ALL, problems=(InvalidRequest,))
def begin_report(operator: Operator, body: NewReport) -> Created[ReportView]:
    """Begin a report about a period. The operator who begins it can read its pages for a day."""
    view = ReportView.of(service.begin(staff.register(operator.arn), body.first, body.last))
    return Created(view, location=f"{_ALL}/{view.id}/state")


@route(routes, "GET", _ONE + "/requests", problems=(InvalidRequest, NotFound, ReportOver))
def list_logged_requests(
    operator: Operator, report_id: ReportId, cursor: Cursor | None
) -> PageView[LoggedRequestView]:
    """List the requests that were received in the period of a report, oldest first."""
    report = service.open_for(report_id, staff.register(operator.arn))
    page, certificates = lists.log_page(report.since, report.until, cursor)
    return PageView[LoggedRequestView].of(page, partial(LoggedRequestView.of, certificates))


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
