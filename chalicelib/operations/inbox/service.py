"""Reads what waits for an operator, from the lists of all kinds of cases (ADR 91).

Invariants:

- The ids of all entries are recorded in the history of the operator before they are returned. Opening a case
  is another look, which its own command records.
- A source that fails is named, and hides no other one. One that has more than was read is named too.
- A record that cannot be read is an entry: it was altered, and has to be restored.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chalicelib.core import clock, observe
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.ids import StaffId
from chalicelib.operations.breaches.clocks import DeadlineRule
from chalicelib.operations.breaches.decide import BREACHES
from chalicelib.operations.breaches.model import Breach
from chalicelib.operations.inbox.model import WITHIN, DueBy, InboxSource, Needed, Waiting, signature
from chalicelib.operations.inbox.requests import needs_of
from chalicelib.privacy import reviews
from chalicelib.privacy.cases import RecordPage
from chalicelib.privacy.reviews import Review
from chalicelib.reconciliation.cases import service as stream_cases
from chalicelib.reconciliation.cases.model import StreamCase
from chalicelib.retention.holds import service as holds
from chalicelib.retention.model import Hold
from chalicelib.retention.removals.model import LASTS, TableRemoval
from chalicelib.retention.removals.service import REMOVALS
from chalicelib.rights.complaints.model import Complainant, Complaint
from chalicelib.rights.complaints.service import COMPLAINTS
from chalicelib.rights.operators import lists
from chalicelib.safety.decisions.model import DecisionState, SafetyDecision
from chalicelib.safety.decisions.service import DECISIONS
from chalicelib.safety.numbers.model import NumberObjection
from chalicelib.safety.numbers.service import OBJECTIONS
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.safety.reports.service import REPORTS
from chalicelib.staff import history
from chalicelib.staff.cases import PAGE
from chalicelib.staff.disclosures.decide import DECIDE_WITHIN
from chalicelib.staff.disclosures.model import Disclosure, DisclosureStatus
from chalicelib.staff.disclosures.service import DISCLOSURES
from chalicelib.staff.support.answers import MESSAGES
from chalicelib.staff.support.model import AnswerMail, SupportMessage

_RECORDED = 400  # ids of one entry, which has a largest size


@dataclass(frozen=True)
class Inbox:
    """The entries by the instant at which they are due, and the sources that failed or have more."""

    waiting: Sequence[Waiting]
    unavailable: Sequence[InboxSource]
    has_more: Sequence[InboxSource]


def read(by: StaffId) -> Inbox:
    """Read what waits, as an operator sees it, and record that they see it.

    Raises:
        Unavailable: the view cannot be recorded now.
    """
    inbox = collect(by)
    ids = dict.fromkeys(one.id for one in inbox.waiting if one.kind != InboxSource.REVIEW)
    for some in batched(ids, _RECORDED):
        history.record_view(by, "listed", "inbox", list(some))
    return inbox


def collect(by: StaffId | None) -> Inbox:
    """Read what waits, as an operator sees it; `by` None: as whatever operator does. Records nothing."""
    found, unavailable, has_more = list[Waiting](), list[InboxSource](), list[InboxSource]()
    for source, (read_page, needs) in _SOURCES.items():
        try:
            page = read_page()
            found += [one for case in page.found for one in needs(case, by)]
            ends_closed = source in _OPEN_FIRST and page.found and not page.found[-1].is_open
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one source, the others are shown
            observe.log_failure("inbox_source_unavailable", error, source=source)
            unavailable.append(source)
            continue
        found += [_altered(source, str(name)) for name in page.unreadable]
        has_more += [source] if page.next and not ends_closed else []
    found.sort(key=lambda one: (one.due_at, one.kind, one.id))
    return Inbox(found, unavailable, has_more)


def _altered(source: InboxSource, name: str) -> Waiting:
    chain = "rights" if source is InboxSource.REQUEST else source
    verify = f"ledger verify --chain {chain}#{name}"
    return Waiting(source, name, clock.now(), DueBy.OUR_RULE, Needed.RESTORE, verify)


def _of_hold(hold: Hold, by: StaffId | None) -> Iterator[Waiting]:
    """A proposal to lift it has no instant: without an approval, the hold ends at its end."""
    now = clock.now()
    signed = [hold.placed_by] if hold.awaits_confirmation(now) else []
    signed += [hold.lift_proposed_by] if hold.lift_proposed_by and hold.ends_at > now else []
    entry = partial(Waiting, InboxSource.HOLD, hold.hold_id, hold.ends_at, DueBy.OUR_RULE)
    yield from (entry(signature(first, by), f"holds show {hold.hold_id}") for first in signed)


def _of_disclosure(one: Disclosure, by: StaffId | None) -> Iterator[Waiting]:
    entry, show = partial(Waiting, InboxSource.DISCLOSURE, one.disclosure_id), "disclosures show"
    decided_by, needed = one.proposed_at + DECIDE_WITHIN, signature(one.proposed_by, by)
    if one.status is DisclosureStatus.PROPOSED:
        if clock.now() > decided_by:
            needed, show = Needed.WITHDRAWAL, "disclosures withdraw"
        yield entry(decided_by, DueBy.OUR_RULE, needed, f"{show} {one.disclosure_id}")
    elif one.status is DisclosureStatus.APPROVED and one.disclosed_at is None and one.reviewed_at:
        due = one.reviewed_at + WITHIN
        yield entry(due, DueBy.OUR_RULE, Needed.HANDOVER, f"{show} {one.disclosure_id}")
    if change := one.secrecy_proposal:
        due, rule = change.at + WITHIN, DueBy.OUR_RULE
        if one.secret_until and one.secret_until < due:
            due, rule = one.secret_until, DueBy.LAW
        yield entry(due, rule, signature(change.by, by), f"{show} {one.disclosure_id}")


def _of_complaint(one: Complaint, by: StaffId | None) -> Iterator[Waiting]:
    """What a complaint needs until it is closed. Only the deadline of an authority is the law's."""
    needed = Needed.REPLY if one.decided_at else Needed.DECISION
    if one.proposal and one.proposed_by:
        needed = signature(one.proposed_by, by)
    rule = DueBy.LAW if one.complainant is Complainant.AUTHORITY else DueBy.OUR_RULE
    if one.closed_at is None:
        show = f"complaints show {one.complaint_id}"
        yield Waiting(InboxSource.COMPLAINT, one.complaint_id, one.due_at, rule, needed, show)


def _of_breach(breach: Breach, by: StaffId | None) -> Iterator[Waiting]:
    """An assessment has no deadline of its own: it is due with the first notification."""
    if not breach.is_open:
        return
    deadlines = [one.deadline for one in breach.running if one.deadline]
    due = min(deadlines, default=breach.discovered_at + DeadlineRule.GENERAL.within)
    rule = DueBy.LAW if deadlines else DueBy.OUR_RULE
    needs = [Needed.AUTHORITY] if deadlines else []
    needs += [signature(breach.proposal.proposed_by, by)] if breach.proposal else []
    entry = partial(Waiting, InboxSource.BREACH, breach.breach_id, due, rule)
    yield from (entry(needed, f"breach show {breach.breach_id}") for needed in needs or [Needed.DUTIES])


def _of_stream_case(case: StreamCase, _by: StaffId | None) -> Iterator[Waiting]:
    entry = partial(Waiting, InboxSource.STREAM_CASE, case.case_id, case.opened_at + WITHIN)
    yield entry(DueBy.OUR_RULE, Needed.SETTLEMENT, "stream-cases list")


def _of_table_removal(one: TableRemoval, by: StaffId | None) -> Iterator[Waiting]:
    """A proposal that is too old to be approved needs nothing."""
    due = one.proposed_at + LASTS
    if one.approved_by is None and clock.now() <= due:
        entry = partial(Waiting, InboxSource.TABLE_REMOVAL, one.removal_id, due, DueBy.OUR_RULE)
        yield entry(signature(one.proposed_by, by), "tables removals")


def _of_support_message(one: SupportMessage, _by: StaffId | None) -> Iterator[Waiting]:
    """A message waits for an answer; after it, only if the answer may not have arrived."""
    needed = Needed.CLOSING if one.answered_at else Needed.ANSWER
    due, show = one.received_at + WITHIN, f"support show {one.support_message_id}"
    if one.is_open and one.mail is not AnswerMail.UNSENT:
        yield Waiting(InboxSource.SUPPORT, one.support_message_id, due, DueBy.OUR_RULE, needed, show)


def _of_abuse_report(one: AbuseReport, _by: StaffId | None) -> Iterator[Waiting]:
    """A report waits for its decision, or for the answer to the appeal of its reporter."""
    needed = Needed.ANSWER if one.awaits_answer else Needed.DECISION
    entry = partial(Waiting, InboxSource.ABUSE_REPORT, one.abuse_report_id, one.open_until)
    if one.is_open:
        yield entry(DueBy.OUR_RULE, needed, f"abuse show {one.abuse_report_id}")


def _of_number_objection(one: NumberObjection, _by: StaffId | None) -> Iterator[Waiting]:
    """An objection to the bar of a number waits for its answer."""
    show = f"abuse show-number {one.number_objection_id}"
    if one.is_open:
        about = InboxSource.NUMBER_OBJECTION, one.number_objection_id
        yield Waiting(*about, one.decide_by, DueBy.OUR_RULE, Needed.ANSWER, show)


def _of_safety_decision(one: SafetyDecision, by: StaffId | None) -> Iterator[Waiting]:
    """A proposal waits for the second operator; a decision for the answer to an appeal."""
    is_proposed = one.state is DecisionState.PROPOSED
    needed = signature(one.proposed_by, by) if is_proposed else Needed.ANSWER
    if due := one.waits_until:
        show = f"abuse show-decision {one.safety_decision_id}"
        yield Waiting(InboxSource.SAFETY_DECISION, one.safety_decision_id, due, DueBy.OUR_RULE, needed, show)


def _due_reviews() -> RecordPage[Any, Any]:
    return RecordPage(reviews.due(clock.day_of(clock.now())), ())


def _of_review(review: Review, _by: StaffId | None) -> Iterator[Waiting]:
    ends = clock.beginning_of(review.by + DAY)
    yield Waiting(InboxSource.REVIEW, review.what, ends, DueBy.OUR_RULE, Needed.REVIEW, "recipients reviews")


_OPEN_FIRST = frozenset(
    {
        InboxSource.ABUSE_REPORT,
        InboxSource.BREACH,
        InboxSource.COMPLAINT,
        InboxSource.NUMBER_OBJECTION,
        InboxSource.SUPPORT,
    }
)

# Of each source: its page, and the entries of one record of it as an operator sees them.
_SOURCES: Mapping[
    InboxSource, tuple[Callable[[], RecordPage[Any, Any]], Callable[[Any, StaffId | None], Iterator[Waiting]]]
] = {
    InboxSource.REQUEST: (lists.read_for_inbox, needs_of),
    InboxSource.HOLD: (holds.unended_page, _of_hold),
    InboxSource.DISCLOSURE: (partial(DISCLOSURES.table.page, None, PAGE), _of_disclosure),
    InboxSource.COMPLAINT: (partial(COMPLAINTS.table.page, None, PAGE), _of_complaint),
    InboxSource.BREACH: (partial(BREACHES.table.page, None, PAGE), _of_breach),
    InboxSource.STREAM_CASE: (partial(stream_cases.open_page, None), _of_stream_case),
    InboxSource.TABLE_REMOVAL: (partial(REMOVALS.table.page, None, PAGE), _of_table_removal),
    InboxSource.SUPPORT: (partial(MESSAGES.table.page, None, PAGE), _of_support_message),
    InboxSource.ABUSE_REPORT: (partial(REPORTS.page, None, PAGE), _of_abuse_report),
    InboxSource.NUMBER_OBJECTION: (partial(OBJECTIONS.page, None, PAGE), _of_number_objection),
    InboxSource.SAFETY_DECISION: (partial(DECISIONS.page, None, PAGE), _of_safety_decision),
    InboxSource.REVIEW: (_due_reviews, _of_review),
}
