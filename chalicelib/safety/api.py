"""Routes of reports of abuse, and of the decisions about the caller."""

from chalice.app import Blueprint

from chalicelib.accounts.challenges.body import VERIFYING
from chalicelib.accounts.service import LANGUAGE
from chalicelib.accounts.sessions.caller import RightsCaller
from chalicelib.consents.model import NotOffered
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import IdempotencyMismatch, NotFound, Unavailable
from chalicelib.core.http import Accepted, ClientAddress, Created, DailyLimit, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AbuseReportId, ChallengeId, SafetyDecisionId
from chalicelib.core.settings import settings
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.safety import service
from chalicelib.safety.decisions import service as decisions
from chalicelib.safety.decisions.model import SafetyDecisionList, SafetyDecisionView
from chalicelib.safety.model import AppealedAlready, AppealTooLate, NewAppeal
from chalicelib.safety.numbers import intake as intake_of_numbers
from chalicelib.safety.numbers.model import NewNumberObjection, NumberIsFree, ReceivedNumberObjection
from chalicelib.safety.reports import intake
from chalicelib.safety.reports import service as reports
from chalicelib.safety.reports.model import (
    AbuseReportList,
    AbuseReportView,
    NewAbuseReport,
    ReportingPaused,
)

safety = Blueprint(__name__)

_READER = (DATA_KEY, LANGUAGE)
_REPORTS = DailyLimit(LimitName.ABUSE_REPORTS, lambda: settings().limits.abuse_reports_day)
_ONCE = Unlimited("There is one appeal against a decision")
_OBJECTING = Unlimited("It needs a code, and there is one objection to a bar")
_APPEAL = (NotFound, AppealedAlready, AppealTooLate, Unavailable)


@route(
    safety,
    "POST",
    "/v1/reports",
    needs=_READER,
    limit=_REPORTS,
    problems=(IdempotencyMismatch, NotOffered, NotFound, ReportingPaused, Unavailable),
)
def report_abuse(
    caller: RightsCaller, body: NewAbuseReport, key: IdempotencyKey | None
) -> Created[AbuseReportView]:
    """Report a user: messages of theirs in a conversation of the caller, their picture, or what they do.

    A person decides within 24 hours, about children and threats to life within one. The user does not learn
    from us who reported. In a conversation of two, the other person may guess it: say so before the caller
    sends this. The messages are copied now, so report before you block the user or leave the conversation.
    """
    made = service.show_report(intake.file(caller.account, body, key), caller[LANGUAGE])
    return Created(made, location=f"/v1/reports/{made.abuse_report_id}")


@route(safety, "GET", "/v1/reports", needs=_READER)
def list_abuse_reports(caller: RightsCaller) -> AbuseReportList:
    """List the caller's newest reports, at most 100."""
    return AbuseReportList(items=service.own_reports(caller.account.account_id, caller[LANGUAGE]))


@route(safety, "GET", "/v1/reports/{abuse_report_id}", needs=_READER, problems=(NotFound,))
def show_abuse_report(caller: RightsCaller, abuse_report_id: AbuseReportId) -> AbuseReportView:
    """Show a report of the caller, and whether we acted on it."""
    found = reports.read_own(caller.account.account_id, abuse_report_id)
    return service.show_report(found, caller[LANGUAGE])


@route(
    safety,
    "POST",
    "/v1/reports/{abuse_report_id}/appeal",
    needs=_READER,
    limit=_ONCE,
    problems=_APPEAL,
)
def appeal_abuse_report(
    caller: RightsCaller, abuse_report_id: AbuseReportId, body: NewAppeal
) -> AbuseReportView:
    """Appeal against the decision about a report, once within six months. Another person answers."""
    found = reports.appeal(caller.account.account_id, abuse_report_id, body.text)
    return service.show_report(found, caller[LANGUAGE])


@route(
    safety,
    "POST",
    "/v1/signup/{challenge_id}/objection",
    limit=_OBJECTING,
    problems=(*VERIFYING, NumberIsFree, Unavailable),
)
def object_to_bar(
    challenge_id: ChallengeId, body: NewNumberObjection, address: ClientAddress
) -> Accepted[ReceivedNumberObjection]:
    """Object after `number_not_available`, with the code of that sign-up. A person answers by text message.

    `new_number`: the number was another person's before. `interests`: the bar is about the sender, whose
    interests override ours. Repeated, it returns the objection that there is.
    """
    made = intake_of_numbers.file(challenge_id, body, address)
    return Accepted(ReceivedNumberObjection.showing(made, due_at=made.decide_by))


@route(safety, "GET", "/v1/safety-decisions", needs=_READER)
def list_safety_decisions(caller: RightsCaller) -> SafetyDecisionList:
    """List the newest decisions about the caller's account because of reports, at most 100.

    A suspended account's owner can still sign in, read them, appeal, and exercise all privacy rights.
    """
    return SafetyDecisionList(items=service.own_decisions(caller.account.account_id, caller[LANGUAGE]))


@route(
    safety,
    "POST",
    "/v1/safety-decisions/{safety_decision_id}/appeal",
    needs=_READER,
    limit=_ONCE,
    problems=_APPEAL,
)
def appeal_safety_decision(
    caller: RightsCaller, safety_decision_id: SafetyDecisionId, body: NewAppeal
) -> SafetyDecisionView:
    """Appeal against a decision about the caller, once within six months. Another person answers."""
    found = decisions.appeal(caller.account.account_id, safety_decision_id, body.text)
    return service.show_decision(found, caller[LANGUAGE])
