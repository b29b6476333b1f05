"""What the app shows of reports and decisions. What a session shows counts as notified (ADR 115)."""

from chalicelib.core.ids import AccountId
from chalicelib.core.languages import Language
from chalicelib.safety import letters
from chalicelib.safety.decisions import service as decisions
from chalicelib.safety.decisions.decide import CASES as DECISION_CASES
from chalicelib.safety.decisions.model import SafetyDecision, SafetyDecisionView, SafetyMeasure, appeal_until
from chalicelib.safety.model import Appeal, AppealView
from chalicelib.safety.notices import record_shown
from chalicelib.safety.reports import service as reports
from chalicelib.safety.reports.model import AbuseReport, AbuseReportView, ReportedMessageView, ReportStatus


def own_reports(account_id: AccountId, language: Language) -> tuple[AbuseReportView, ...]:
    """The newest reports of an account."""
    return tuple(show_report(one, language) for one in reports.newest_by(account_id))


def own_decisions(account_id: AccountId, language: Language) -> tuple[SafetyDecisionView, ...]:
    """The decisions about an account, newest first."""
    return tuple(show_decision(one, language) for one in decisions.shown_to(account_id))


def show_report(report: AbuseReport, language: Language) -> AbuseReportView:
    """A report as its reporter sees it, who is notified by that."""
    if report.work.notify:
        record_shown(reports.CASES, report.abuse_report_id)
    is_answered = report.appeal is not None and not report.appeal.is_open
    has_text = report.decided_at is not None or is_answered
    status: ReportStatus = "decided" if report.decided_at else "received"
    return AbuseReportView.showing(
        report,
        due_at=report.decide_by,
        status="appealed" if report.awaits_answer else status,
        messages=tuple(map(ReportedMessageView.showing, report.messages)),
        text=letters.in_app(letters.to_reporter(report), language) if has_text else None,
        appeal_ends_at=appeal_until(report.decided_at) if report.decided_at and not report.appeal else None,
        appeal=_appeal_view(report.appeal),
    )


def show_decision(decision: SafetyDecision, language: Language) -> SafetyDecisionView:
    """A decision as the person sees it whom it concerns, who is notified by that."""
    if decision.work.notify:
        record_shown(DECISION_CASES, decision.safety_decision_id)
    return SafetyDecisionView.showing(
        decision,
        suspension_ends_at=decision.lasts_until if SafetyMeasure.SUSPEND in decision.measures else None,
        text=letters.in_app(letters.to_subject(decision), language),
        appeal_ends_at=appeal_until(decision.decided_at or decision.proposed_at),
        appeal=_appeal_view(decision.appeal),
    )


def _appeal_view(appeal: Appeal | None) -> AppealView | None:
    return AppealView.showing(appeal) if appeal else None
