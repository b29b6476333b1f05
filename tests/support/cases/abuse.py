"""Reports of abuse, as users make them and operators decide about them."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.limitations import Limitation
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AbuseReportId, AccountId, SafetyDecisionId
from chalicelib.core.transactions import commit
from chalicelib.safety.decisions.model import SafetyDecision
from chalicelib.safety.decisions.store import DECISIONS
from chalicelib.safety.jobs import work_on_reports
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.safety.reports.store import REPORTS
from chalicelib.stream import gateway
from tests.support.roles.judge import calls_of
from tests.support.world.builders import a_schedule_event
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User

FACTS = "You threatened another user."


@calls_of(None)
def says(author: User, talk: str, message_id: str = "m-1", text: str = "Pay, or else", **more: Any) -> str:
    """Send a message to a conversation at Stream; returns its id."""
    channel = gateway._client().channel("messaging", talk)
    sent = channel.send_message({"id": message_id, "text": text, **more}, author.user_id)
    return str(sent["message"]["id"])


def reports(reporter: User, about: User | str, reason: str = "harassment", **more: Any) -> Reply:
    """Report a user; without particulars, by a text."""
    user_id = about if isinstance(about, str) else about.user_id
    headers = more.pop("headers", {})
    body = {"user_id": user_id, "reason": reason, **(more or {"text": "They threaten me."})}
    return reporter.calls("POST", "/v1/reports", body=body, headers=headers)


def reports_message(
    reporter: User, author: User, talk: str, *message_ids: str, **more: Any
) -> dict[str, Any]:
    """Report messages of a conversation."""
    ids = list(message_ids or ("m-1",))
    made = reports(reporter, author, conversation_id=talk, message_ids=ids, **more)
    assert made.status == 201, made.text
    report: dict[str, Any] = made.json
    return report


def calls(operator: Operator, method: str, path: str, body: Any = None, **more: Any) -> Reply:
    return operator.world.call(method, f"/admin/v1{path}", body=body, arn=operator.arn, **more)


def decides(operator: Operator, *report_ids: str, **more: Any) -> Reply:
    """Decide about reports; without particulars, warn because of harassment."""
    warning = {"rule": "harassment", "measures": ["warn"], "facts": FACTS}
    body = {"report_ids": list(report_ids), "withheld": [], **(more or warning)}
    return calls(operator, "POST", "/safety-decisions", {"withheld": [], **body})


def suspends(operator: Operator, *report_ids: str, days: int = 7) -> Reply:
    more = {"rule": "harassment", "measures": ["suspend"], "facts": FACTS, "days": days}
    return decides(operator, *report_ids, **more)


def suspend(user: User) -> None:
    """Suspend a user for a week, as a decision does."""
    _limit(user, Limitation.SUSPENSION)


def pause_reports(user: User) -> None:
    """Pause the reports of a user for a week, as a decision does."""
    _limit(user, Limitation.PAUSE)


@calls_of(None)
def _limit(user: User, how: Limitation) -> None:
    (account,) = accounts.glances([AccountId(user.account_id)]).values()
    assert account
    commit(*accounts.limiting(account, how, clock.now() + 7 * DAY, SafetyDecisionId.new()))


def approves(operator: Operator, decision: str, etag: str | None = None) -> Reply:
    tag = etag or calls(operator, "GET", f"/safety-decisions/{decision}").headers["etag"]
    return calls(operator, "POST", f"/safety-decisions/{decision}/approval", headers={"If-Match": tag})


def answers(operator: Operator, path: str, outcome: str = "upheld") -> Reply:
    """Answer the appeal against a decision, or of a reporter; `path` names it."""
    return calls(operator, "POST", f"{path}/appeal", {"outcome": outcome, "text": "We looked again."})


def appeals(user: User, path: str) -> Reply:
    return user.calls("POST", f"/v1{path}/appeal", body={"text": "It was a quotation."})


def decisions_about(user: User) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = user.gets("/v1/safety-decisions").json["items"]
    return items


def own_reports(user: User) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = user.gets("/v1/reports").json["items"]
    return items


def work() -> None:
    """Run the job of each minute."""
    work_on_reports(a_schedule_event(), None)


@calls_of(None)
def stored_report(report_id: str) -> AbuseReport:
    found = REPORTS.read(AbuseReportId(report_id))
    assert found
    return found


@calls_of(None)
def stored_decision(decision_id: str) -> SafetyDecision:
    found = DECISIONS.read(SafetyDecisionId(decision_id))
    assert found
    return found
