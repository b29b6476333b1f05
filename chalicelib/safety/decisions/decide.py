"""Operators decide about reports, by the rules of the terms (SAF-1, ADR 115).

Invariants:

- Each report has one decision. Of two operators who decide at once, the second is refused.
- More than seven days of suspension in thirty take effect when a second operator approves the version that
  they saw.
- What takes effect in our tables does so in the transaction of the decision. A job does the rest.
- Who took part in a decision neither answers the appeal against it, nor decides again after one was upheld.
- The operators say for each part of the reports whether the person concerned may see it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.accounts.limitations import Limitation
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.errors import does_not_apply, existing
from chalicelib.core.http import Body, IfMatch
from chalicelib.core.ids import AbuseReportId, AccountId, SafetyDecisionId, StaffId, UserId
from chalicelib.core.transactions import Conflict, Write, commit, retry_on
from chalicelib.safety.decisions import limits
from chalicelib.safety.decisions.model import (
    ALONE_AT_MOST,
    LONGEST_SUSPENSION,
    DecisionState,
    QuotedMessage,
    ReportPart,
    SafetyDecision,
    SafetyMeasure,
)
from chalicelib.safety.decisions.store import DECISIONS, decisions_about
from chalicelib.safety.model import (
    APPEAL_WITHIN,
    AppealOutcome,
    DecidedBefore,
    NamedMessage,
    SafetyText,
    TermsRule,
    TookPartBefore,
    Work,
    answered,
    kept_from,
)
from chalicelib.safety.reports import service as reports
from chalicelib.safety.reports.model import AbuseReport, MessageCopy
from chalicelib.safety.reports.store import REPORTS
from chalicelib.staff.cases import CaseMove, Cases, check_second, check_shown, staff_move

CASES = Cases(DECISIONS)
MOST_REPORTS = 20  # of one decision, which is one transaction of at most four megabytes
PROPOSAL_LASTS = 7 * DAY
_ALONE_WITHIN = 30 * DAY
_MOST_QUOTED = 200_000  # bytes of the messages in a decision, which is an item of at most 400 kilobytes

_Move = CaseMove[SafetyDecision] | None
_OF_REPORTERS = frozenset({SafetyMeasure.WARN, SafetyMeasure.PAUSE_REPORTS})
_WITH_DAYS = frozenset({SafetyMeasure.SUSPEND, SafetyMeasure.PAUSE_REPORTS})


class NewSafetyDecision(Body):
    """A decision about reports. Without measures they are dismissed, and no rule is named."""

    report_ids: tuple[AbuseReportId, ...] = Field(min_length=1, max_length=MOST_REPORTS)
    about: Annotated[
        Literal["reported", "reporter"],
        Field(description="`reporter`: a decision about abusive reports; it leaves the reports as they are"),
    ] = "reported"
    rule: TermsRule | None = None
    measures: tuple[SafetyMeasure, ...] = Field((), max_length=len(SafetyMeasure))
    days: int | None = Field(None, ge=1, le=LONGEST_SUSPENSION, description="Of a suspension or a pause")
    facts: SafetyText | None = Field(None, description="What happened, for the person concerned")
    message_ids: tuple[NamedMessage, ...] = Field((), max_length=100, description="Messages to remove")
    withheld: tuple[ReportPart, ...] = Field(
        max_length=len(ReportPart), description="Parts of the reports that would point to a reporter"
    )


@retry_on(Conflict)
def decide(by: StaffId, new: NewSafetyDecision) -> SafetyDecision:
    """Decide about reports, or propose it where a second operator has to approve.

    Raises:
        NotFound: one of the reports does not exist.
        DecidedBefore: one of them was decided.
        TookPartBefore: an appeal was upheld against a decision of this operator.
        InvalidRequest: what is decided does not fit together.
        Unavailable: another write came first in every try.
    """
    found = [reports.CASES.read(one) for one in dict.fromkeys(new.report_ids)]
    account_id, user_id = _concerned(found, new)
    _check_form(new)
    now = clock.now()
    decision = SafetyDecision(
        safety_decision_id=SafetyDecisionId.new(),
        account_id=account_id,
        user_id=user_id,
        state=DecisionState.PROPOSED,
        rule=new.rule,
        measures=new.measures,
        days=new.days,
        facts=new.facts,
        report_ids=tuple(one.abuse_report_id for one in found),
        removed=tuple(new.message_ids),
        proposed_by=by,
        proposed_at=now,
        kept_since=kept_from(min(one.reported_at for one in found)),
    ).model_copy(update=_shown_parts(found, new))
    _check_facts(decision, found, new)
    said: dict[str, object] = {"measures": list(decision.measures)}
    if _needs_second(decision):
        _check_took_no_part(decision)
        _check_open(found, {by})
        closings = [write for one in found for write in _closing(one, decision)]
        commit(*DECISIONS.creation(decision, "proposed", by, said), *closings)
        return decision
    made, also = _made(decision, found, by, now)
    commit(*DECISIONS.creation(made, "decided", by, said), *also)
    return made


def _needs_second(decision: SafetyDecision) -> bool:
    """Whether two operators have to decide: if single operators suspend for over seven days in 30, in all.

    A decision that an appeal reversed does not count.
    """
    if not decision.suspends_for:
        return False
    since, account = decision.proposed_at - _ALONE_WITHIN, limits.live(decision.account_id)
    alone = (
        one.suspends_for
        for one in (limits.known(account, Limitation.SUSPENSION) if account else ())
        if one.state is DecisionState.MADE and one.approved_by is None and one.proposed_at > since
    )
    return decision.suspends_for + sum(alone) > ALONE_AT_MOST


def _concerned(found: Sequence[AbuseReport], new: NewSafetyDecision) -> tuple[AccountId, UserId]:
    """The account about which it is decided.

    Raises:
        InvalidRequest: the reports concern several, or a reporter who is erased.
    """
    if new.about == "reported":
        concerned = {(one.account_id, one.concerned) for one in found}
        account_id, user_id = concerned.pop()
        if account_id and user_id and not concerned:
            return account_id, user_id
    else:
        makers = {one.reporter for one in found}
        maker = makers.pop()
        account = limits.live(maker) if maker and not makers else None
        if account:
            return account.account_id, account.user_id
    raise does_not_apply("report_ids", "Reports that concern one account, which exists and is named")


def _check_form(new: NewSafetyDecision) -> None:
    measures = set(new.measures)
    if len(measures) < len(new.measures) or measures >= _WITH_DAYS:
        raise does_not_apply("measures", "Each once, and not both a suspension and a pause")
    if (new.rule is None) is not (not measures) or (new.facts is None) is not (not measures):
        raise does_not_apply("rule", "A rule and the facts with measures, and only then")
    if (new.days is None) is not measures.isdisjoint(_WITH_DAYS):
        raise does_not_apply("days", "With a suspension or a pause, and only then")
    if bool(new.message_ids) is not (SafetyMeasure.REMOVE_MESSAGES in measures):
        raise does_not_apply("message_ids", "With `remove_messages`, and only then")
    is_of_reporter = new.about == "reporter"
    if is_of_reporter and (not measures or not measures <= _OF_REPORTERS):
        raise does_not_apply("measures", "A reporter is warned, and then paused")
    if not is_of_reporter and SafetyMeasure.PAUSE_REPORTS in measures:
        raise does_not_apply("measures", "Only the reports of a reporter are paused")
    if measures and is_of_reporter is not (new.rule is TermsRule.ABUSIVE_REPORTS):
        raise does_not_apply("rule", "`abusive_reports` for a reporter, and only then")


def _check_facts(decision: SafetyDecision, found: Sequence[AbuseReport], new: NewSafetyDecision) -> None:
    if not {*new.message_ids} <= {one.message_id for report in found for one in report.messages}:
        raise does_not_apply("message_ids", "Messages that the reports name")
    if SafetyMeasure.PAUSE_REPORTS in new.measures and not any(
        one.state is DecisionState.MADE and SafetyMeasure.WARN in one.measures and one.rule is new.rule
        for one in decisions_about(decision.account_id)
    ):
        raise does_not_apply("measures", "A pause follows a warning because of abusive reports")


def _shown_parts(found: Sequence[AbuseReport], new: NewSafetyDecision) -> dict[str, object]:
    """The parts of the reports that the person concerned may see. Those of a reporter are their own."""
    withheld = tuple(part for part in ReportPart if part in new.withheld)
    texts = [
        QuotedMessage(message_id=one.message_id, text=one.text or "", sent_at=one.sent_at)
        for report in found
        for one in report.messages
        if one.state is MessageCopy.COPIED and new.about == "reported"
    ]
    parts: dict[ReportPart, dict[str, object]] = {
        ReportPart.REASONS: {"reasons": tuple(dict.fromkeys(one.reason for one in found))},
        ReportPart.INSTANT: {"reported_at": min(one.reported_at for one in found)},
        ReportPart.MESSAGES: {"messages": tuple({one.message_id: one for one in texts}.values())},
    }
    shown = (value for part, value in parts.items() if part not in withheld)
    if ReportPart.MESSAGES not in withheld and sum(len(one.text.encode()) for one in texts) > _MOST_QUOTED:
        raise does_not_apply("withheld", "Too long for one decision: withhold `messages`, or split it")
    return {"withheld": withheld} | {name: value for one in shown for name, value in one.items()}


def _closing(report: AbuseReport, made: SafetyDecision) -> list[Write]:
    """The writes that close the files of a report for good, if a decision says that they show a child."""
    if made.rule is not TermsRule.CHILD_SAFETY or report.is_closed:
        return []
    return REPORTS.change(report, report.model_copy(update={"is_closed": True}), "closed", None, {})[1]


def _check_open(found: Iterable[AbuseReport], by: set[StaffId]) -> None:
    for one in found:
        if one.decided_at:
            raise DecidedBefore
        if not by.isdisjoint(one.decided_by):
            raise TookPartBefore


def _made(
    decision: SafetyDecision, found: Sequence[AbuseReport], by: StaffId, now: datetime
) -> tuple[SafetyDecision, list[Write]]:
    """The decision as it is made now, and the writes that go with it.

    Raises:
        DecidedBefore, TookPartBefore: as for `decide`.
        InvalidRequest: the account is erased, and there are measures.
    """
    until = now + timedelta(days=decision.days) if decision.days else None
    last = kept_from(min(one.reported_at for one in found))
    if until and until > last:
        raise does_not_apply("days", f"At most {(last - now).days}: the records end then")
    made = decision.model_copy(
        update={
            "state": DecisionState.MADE,
            "decided_at": now,
            "lasts_until": until,
            "work": Work(due_at=now, notify=True) if decision.measures else Work(),
            "kept_since": kept_from(
                min(one.reported_at for one in found), now + APPEAL_WITHIN, *([until] if until else [])
            ),
        }
    )
    _check_took_no_part(made)
    writes: list[Write] = []
    if made.measures:
        account = limits.live(made.account_id)
        if account is None:
            raise does_not_apply("measures", "The account is erased: dismiss the reports")
        writes += limits.limiting(account, made)
    if TermsRule.ABUSIVE_REPORTS is not made.rule:
        _check_open(found, made.decided_by)
        if any(one.account_id != made.account_id for one in found):  # another user was named meanwhile
            raise DecidedBefore
        writes += [write for one in found for write in _decided(one, made, by)]
    return made, writes


def _check_took_no_part(made: SafetyDecision) -> None:
    """Refuse a decision by operators of whom one about the same reports was reversed.

    Raises:
        TookPartBefore: see there.
    """
    for one in decisions_about(made.account_id):
        is_about_same = not {*one.report_ids}.isdisjoint(made.report_ids)
        if one.state is DecisionState.REVERSED and is_about_same and one.decided_by & made.decided_by:
            raise TookPartBefore


def _decided(report: AbuseReport, made: SafetyDecision, by: StaffId) -> list[Write]:
    """The writes by which a report gets its decision; its reporter has to be notified."""
    now = made.decided_at or made.proposed_at
    change = {
        "is_closed": report.is_closed or made.rule is TermsRule.CHILD_SAFETY,
        "decision_id": made.safety_decision_id,
        "acted": bool(made.measures),
        "rule": made.rule,
        "decided_at": now,
        "decided_by": tuple({*report.decided_by, *made.decided_by}),
        "kept_since": kept_from(report.reported_at, made.kept_since),
    }
    after = report.model_copy(update={**change, "work": report.work_after_decision(now)})
    return REPORTS.change(report, after, "decided", by, {"acted": int(bool(made.measures))})[1]


@staff_move(CASES.apply)
def approve(found: SafetyDecision, by: StaffId, shown: IfMatch) -> _Move:
    """Approve another operator's proposal, which takes effect then.

    Raises:
        DecidedBefore: it is not proposed any more, is older than a week, or a report was decided meanwhile.
        OwnProposal: this operator made the proposal.
        ChangedMeanwhile: it changed since the operator saw it.
        TookPartBefore: an appeal was upheld against a decision of this operator.
        InvalidRequest: the account is erased.
    """
    if found.state is DecisionState.MADE and found.approved_by == by:
        return None
    if found.state is not DecisionState.PROPOSED or clock.now() > found.proposed_at + PROPOSAL_LASTS:
        raise DecidedBefore
    check_second(by, found.proposed_by)
    check_shown(found, shown)
    about = [existing(REPORTS.read(one), DecidedBefore) for one in found.report_ids]
    approved = found.model_copy(update={"approved_by": by})
    made, also = _made(approved, about, by, clock.now())
    return CaseMove(made, "approved", {"proposed_by": found.proposed_by}, also)


@staff_move(CASES.apply)
def withdraw(found: SafetyDecision, _by: StaffId) -> _Move:
    """Withdraw a proposal, the operator's own or another's.

    Raises:
        DecidedBefore: it took effect.
    """
    if found.state is DecisionState.WITHDRAWN:
        return None
    if found.state is not DecisionState.PROPOSED:
        raise DecidedBefore
    return CaseMove(found.model_copy(update={"state": DecisionState.WITHDRAWN}), "withdrawn")


@staff_move(CASES.apply)
def answer_appeal(found: SafetyDecision, by: StaffId, outcome: AppealOutcome, answer: str) -> _Move:
    """Answer the appeal of the person concerned. If it is upheld, the decision is reversed.

    Raises:
        DecidedBefore: no appeal waits.
        TookPartBefore: this operator took part in this decision, or in another one about its reports.
    """
    about = filter(None, map(REPORTS.read, found.report_ids))
    took_part = found.decided_by.union(*(one.decided_by for one in about))
    appeal, now = answered(found.appeal, took_part, by, outcome, answer), clock.now()
    is_upheld = outcome is AppealOutcome.UPHELD
    after = found.model_copy(
        update={
            "appeal": appeal,
            "appeal_answered_by": by,
            "state": DecisionState.REVERSED if is_upheld else found.state,
            "work": Work(due_at=now, notify=True),
            "kept_since": kept_from(found.proposed_at, found.kept_since, now),
        }
    )
    also = limits.lifting(found) if is_upheld else []
    return CaseMove(after, "appeal_answered", {"outcome": outcome}, also)


@staff_move(reports.CASES.apply)
def answer_reporter(
    found: AbuseReport, by: StaffId, outcome: AppealOutcome, answer: str
) -> CaseMove[AbuseReport]:
    """Answer the appeal of a reporter. If it is upheld, another person decides again within a day.

    Raises:
        DecidedBefore: no appeal waits.
        TookPartBefore: this operator took part in the decision.
    """
    now = clock.now()
    change: dict[str, object] = {
        "appeal": answered(found.appeal, {*found.decided_by}, by, outcome, answer),
        "appeal_answered_by": by,
        "work": found.work_after_decision(now),
        "kept_since": kept_from(found.reported_at, found.kept_since, now),
    }
    if outcome is AppealOutcome.UPHELD:
        change |= {
            "decision_id": None,
            "acted": None,
            "rule": None,
            "decided_at": None,
            "decide_by": now + DAY,
        }
    return CaseMove(found.model_copy(update=change), "appeal_answered", {"outcome": outcome})
