"""Routes for operators about reports of abuse and decisions about them (SAF-1, ADR 115)."""

from typing import Any, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.errors import ChangedMeanwhile, InvalidRequest, NotFound
from chalicelib.core.http import Body, Created, Cursor, IfMatch, Operator, Tagged, View, route
from chalicelib.core.ids import (
    AbuseReportId,
    ConversationId,
    DisclosureId,
    NumberObjectionId,
    SafetyDecisionId,
    StaffId,
    UserId,
)
from chalicelib.operations.admin.views import PageView, WithEvidence, evidence_of
from chalicelib.safety import files
from chalicelib.safety.decisions import decide
from chalicelib.safety.decisions.decide import CASES as DECISIONS
from chalicelib.safety.decisions.decide import NewSafetyDecision
from chalicelib.safety.decisions.model import (
    DecisionState,
    QuotedMessage,
    ReportPart,
    SafetyDecision,
    SafetyMeasure,
)
from chalicelib.safety.model import (
    AppealOutcome,
    AppealView,
    DecidedBefore,
    SafetyText,
    TermsRule,
    TookPartBefore,
)
from chalicelib.safety.numbers import service as numbers
from chalicelib.safety.numbers.model import BarAnswer, LiftedBecause, NumberObjection, ObjectionGround
from chalicelib.safety.reports import service as reports
from chalicelib.safety.reports.model import AbuseReport, MessageCopy, ReportReason
from chalicelib.safety.reports.reported_files import FileCopy, FileKind, FileNumber
from chalicelib.safety.reports.service import CASES as REPORTS
from chalicelib.safety.reports.service import about
from chalicelib.staff import service as staff
from chalicelib.staff.cases import etag
from chalicelib.staff.disclosures.model import DecidedAlready, NotApproved
from chalicelib.staff.model import OwnProposal


class AppealAnswer(Body):
    """The answer to an appeal, as the party reads it."""

    outcome: AppealOutcome
    text: SafetyText


class NamedUser(Body):
    """The user whom a report is about; null: the one that was named is wrong."""

    user_id: UserId | None


class AbuseReportLine(View):
    """A report in a list: no text."""

    id: AbuseReportId
    user_id: UserId | None = Field(None, description="Absent until an operator named the user")
    reason: ReportReason
    reported_at: Instant
    open: bool = Field(description="Whether it waits for a decision, or for the answer to an appeal")
    due_at: Instant
    decision_id: SafetyDecisionId | None = None
    version: int

    @classmethod
    def of(cls, one: AbuseReport, **more: Any) -> Self:  # noqa: ANN401 - fields of a view
        """Build the view of the current state of a report."""
        found = {"id": one.abuse_report_id, "user_id": one.concerned, "due_at": one.open_until}
        return cls.showing(one, **found, open=one.is_open, **more)


class CopiedMessageView(View):
    """A reported message, as we copied it from Stream."""

    message_id: str
    state: MessageCopy
    text: str | None = None
    sent_at: Instant | None = None
    files: int


class ReportedFileView(View):
    """A file of a reported message, or the reported picture. `waiting`: it is copied within minutes."""

    file_number: int
    message_id: str | None = Field(None, description="Absent for the picture of the user")
    state: FileCopy
    kind: FileKind | None = Field(None, description="What it is by its first bytes")
    size: int | None = None


class OpenedFile(ReportedFileView):
    """A file of a report. `url` leads to its sealed bytes for two minutes; `key` opens them."""

    abuse_report_id: AbuseReportId
    never_shown: bool = Field(description="It may show the abuse of a child: it leaves by a disclosure only")
    url: str | None = Field(None, description="Absent if it is never shown, or was not kept")
    place: str | None = Field(None, description="To which the seal is bound")
    key: str | None = None


class NewHandover(Body):
    """The disclosure by which a file leaves."""

    disclosure_id: DisclosureId


class HandedOver(View):
    """What the recipient of a disclosure needs: the sealed bytes, and, by another way, the key (ADR 122)."""

    url: str
    place: str
    key: str


class InspectedAbuseReport(WithEvidence, AbuseReportLine):
    """A report with its texts and its evidence. It does not name the reporter."""

    described: str | None = Field(None, description="Whom a person without an account means")
    text: str | None = None
    avatar: bool
    conversation_id: ConversationId | None = None
    messages: tuple[CopiedMessageView, ...]
    files: tuple[ReportedFileView, ...]
    appeal: AppealView | None = None
    also_open: tuple[AbuseReportId, ...] = Field(description="Other open reports about the same user")


class SafetyDecisionLine(View):
    """A decision in a list: no text. `version` is the version in its ETag."""

    id: SafetyDecisionId
    user_id: UserId | None = Field(None, description="Absent if it is about a reporter, who is not named")
    state: DecisionState
    rule: TermsRule | None = None
    measures: tuple[SafetyMeasure, ...]
    days: int | None = None
    proposed_at: Instant
    decided_at: Instant | None = None
    act_by_at: Instant | None = Field(None, description="When an operator has to act; absent: none has to")
    version: int

    @classmethod
    def of(cls, one: SafetyDecision, **more: Any) -> Self:  # noqa: ANN401 - fields of a view
        """Build the view of the current state of a decision."""
        user_id = None if one.rule is TermsRule.ABUSIVE_REPORTS else one.user_id
        found = {"id": one.safety_decision_id, "user_id": user_id, "act_by_at": one.waits_until}
        return cls.showing(one, **found, **more)


class OperatorsDecision(SafetyDecisionLine):
    """A decision with its texts."""

    facts: str | None = None
    report_ids: tuple[AbuseReportId, ...]
    messages: tuple[QuotedMessage, ...]
    withheld: tuple[ReportPart, ...]
    proposed_by: StaffId
    approved_by: StaffId | None = None
    carried_out: tuple[SafetyMeasure, ...]
    appeal: AppealView | None = None


class InspectedDecision(WithEvidence, OperatorsDecision):
    """A decision with its evidence, newest first; without it if an entry was altered."""


class NumberObjectionLine(View):
    """An objection to the bar of a number in a list: no text and no number."""

    id: NumberObjectionId
    ground: ObjectionGround
    received_at: Instant
    due_at: Instant
    lifted: bool | None = None
    version: int

    @classmethod
    def of(cls, one: NumberObjection, **more: Any) -> Self:  # noqa: ANN401 - fields of a view
        """Build the view of the current state of an objection."""
        return cls.showing(one, id=one.number_objection_id, due_at=one.decide_by, **more)


class InspectedObjection(WithEvidence, NumberObjectionLine):
    """An objection with its number, its texts and its evidence."""

    phone: str
    text: str | None = None
    because: LiftedBecause | None = None
    reason: str | None = None


routes = Blueprint(__name__)

_REPORTS = "/admin/v1/abuse-reports"
_REPORT = _REPORTS + "/{abuse_report_id}"
_FILE = _REPORT + "/files/{file_number}"
_DECISIONS = "/admin/v1/safety-decisions"
_DECISION = _DECISIONS + "/{safety_decision_id}"
_OBJECTIONS = "/admin/v1/number-objections"
_OBJECTION = _OBJECTIONS + "/{number_objection_id}"


@route(routes, "GET", _REPORTS)
def list_reports_of_abuse(operator: Operator, cursor: Cursor | None) -> PageView[AbuseReportLine]:
    """List the reports of abuse: those that wait first, and of these the one that is due first."""
    page = REPORTS.list_all(cursor, staff.register(operator.arn))
    return PageView[AbuseReportLine].of(page, AbuseReportLine.of)


@route(routes, "GET", _REPORT)
def show_report_of_abuse(operator: Operator, abuse_report_id: AbuseReportId) -> InspectedAbuseReport:
    """Show a report with its evidence, and the staff behind its pseudonyms."""
    seen = REPORTS.show(abuse_report_id, staff.register(operator.arn))
    others = (one for one in about(seen.case.account_id) if one.is_open) if seen.case.account_id else ()
    also = tuple(one.abuse_report_id for one in others if one.abuse_report_id != abuse_report_id)
    shown = tuple(ReportedFileView.showing(one, file_number=n) for n, one in enumerate(seen.case.files, 1))
    return InspectedAbuseReport.of(seen.case, also_open=also, files=shown, **evidence_of(seen))


@route(routes, "GET", _FILE)
def open_file_of_report(
    operator: Operator, abuse_report_id: AbuseReportId, file_number: FileNumber
) -> OpenedFile:
    """Open a file of a report, unless it may show the abuse of a child. Each call is recorded."""
    found = files.look(abuse_report_id, file_number, staff.register(operator.arn))
    opener = found.opener
    more = {"url": opener.url, "place": opener.place, "key": opener.key} if opener else {}
    about = {"abuse_report_id": abuse_report_id, "file_number": int(file_number)}
    return OpenedFile.showing(found.file, never_shown=found.is_never_shown, **about, **more)


@route(routes, "POST", _FILE + "/handover", problems=(NotFound, NotApproved, DecidedAlready, InvalidRequest))
def hand_over_file_of_report(
    operator: Operator, abuse_report_id: AbuseReportId, file_number: FileNumber, body: NewHandover
) -> HandedOver:
    """Hand over a file to an authority, by an approved disclosure. Each call is recorded."""
    by = staff.register(operator.arn)
    return HandedOver.showing(files.hand_over(abuse_report_id, file_number, body.disclosure_id, by))


@route(routes, "POST", _REPORT + "/user", problems=(DecidedBefore, InvalidRequest))
def name_user_of_report(
    operator: Operator, abuse_report_id: AbuseReportId, body: NamedUser
) -> AbuseReportLine:
    """Note which user a report of a person without an account is about. Then it can be decided."""
    by = staff.register(operator.arn)
    return AbuseReportLine.of(reports.name_user(abuse_report_id, by, body.user_id))


@route(routes, "POST", _REPORT + "/dismissal", problems=(DecidedBefore, TookPartBefore))
def dismiss_report(operator: Operator, abuse_report_id: AbuseReportId) -> AbuseReportLine:
    """Dismiss a report of a person without an account that is about no user who can be found."""
    return AbuseReportLine.of(reports.dismiss(abuse_report_id, staff.register(operator.arn)))


@route(routes, "POST", _REPORT + "/appeal", problems=(DecidedBefore, TookPartBefore))
def answer_appeal_of_reporter(
    operator: Operator, abuse_report_id: AbuseReportId, body: AppealAnswer
) -> AbuseReportLine:
    """Answer the appeal of a reporter. If it is upheld, another person decides again within a day."""
    by = staff.register(operator.arn)
    return AbuseReportLine.of(decide.answer_reporter(abuse_report_id, by, body.outcome, body.text))


@route(routes, "GET", _DECISIONS)
def list_decisions(operator: Operator, cursor: Cursor | None) -> PageView[SafetyDecisionLine]:
    """List the decisions: those that wait for an operator first."""
    page = DECISIONS.list_all(cursor, staff.register(operator.arn))
    return PageView[SafetyDecisionLine].of(page, SafetyDecisionLine.of)


@route(routes, "POST", _DECISIONS, problems=(InvalidRequest, NotFound, DecidedBefore, TookPartBefore))
def decide_about_reports(operator: Operator, body: NewSafetyDecision) -> Created[OperatorsDecision]:
    """Decide about reports. A suspension of more than 7 days waits for the approval of another operator."""
    view = OperatorsDecision.of(decide.decide(staff.register(operator.arn), body))
    return Created(view, location=f"{_DECISIONS}/{view.id}")


@route(routes, "GET", _DECISION)
def show_decision(operator: Operator, safety_decision_id: SafetyDecisionId) -> Tagged[InspectedDecision]:
    """Show a decision with its evidence, and the staff behind its pseudonyms."""
    seen = DECISIONS.show(safety_decision_id, staff.register(operator.arn))
    return Tagged(InspectedDecision.of(seen.case, **evidence_of(seen)), etag=etag(seen.case))


@route(
    routes,
    "POST",
    _DECISION + "/approval",
    problems=(ChangedMeanwhile, DecidedBefore, InvalidRequest, OwnProposal, TookPartBefore),
)
def approve_decision(
    operator: Operator, safety_decision_id: SafetyDecisionId, shown: IfMatch
) -> Tagged[OperatorsDecision]:
    """Approve the proposal of another operator, in the version that was shown. It takes effect now."""
    return _shown(decide.approve(safety_decision_id, staff.register(operator.arn), shown))


@route(routes, "POST", _DECISION + "/withdrawal", problems=(DecidedBefore,))
def withdraw_decision(operator: Operator, safety_decision_id: SafetyDecisionId) -> Tagged[OperatorsDecision]:
    """Withdraw a proposal, one's own or another operator's."""
    return _shown(decide.withdraw(safety_decision_id, staff.register(operator.arn)))


@route(routes, "POST", _DECISION + "/appeal", problems=(DecidedBefore, TookPartBefore))
def answer_appeal_of_subject(
    operator: Operator, safety_decision_id: SafetyDecisionId, body: AppealAnswer
) -> Tagged[OperatorsDecision]:
    """Answer the appeal of the person concerned. If it is upheld, what still lasts is lifted."""
    by = staff.register(operator.arn)
    return _shown(decide.answer_appeal(safety_decision_id, by, body.outcome, body.text))


@route(routes, "GET", _OBJECTIONS)
def list_objections_to_bars(operator: Operator, cursor: Cursor | None) -> PageView[NumberObjectionLine]:
    """List the objections to bars of numbers: those that wait first, and of these the one due first."""
    page = numbers.CASES.list_all(cursor, staff.register(operator.arn))
    return PageView[NumberObjectionLine].of(page, NumberObjectionLine.of)


@route(routes, "GET", _OBJECTION)
def show_objection_to_bar(operator: Operator, number_objection_id: NumberObjectionId) -> InspectedObjection:
    """Show an objection with its number and its evidence."""
    seen = numbers.CASES.show(number_objection_id, staff.register(operator.arn))
    return InspectedObjection.of(seen.case, **evidence_of(seen))


@route(routes, "POST", _OBJECTION + "/answer", problems=(DecidedBefore,))
def answer_objection_to_bar(
    operator: Operator, number_objection_id: NumberObjectionId, body: BarAnswer
) -> NumberObjectionLine:
    """Lift the bar of a number, or keep it. The person gets a text message."""
    return NumberObjectionLine.of(numbers.answer(number_objection_id, staff.register(operator.arn), body))


def _shown(decision: SafetyDecision) -> Tagged[OperatorsDecision]:
    return Tagged(OperatorsDecision.of(decision), etag=etag(decision))
