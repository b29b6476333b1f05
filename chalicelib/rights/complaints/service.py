"""Records complaints, and the decisions of two operators about them (ADR 94).

Invariants:

- The approver is never the proposer, and names the version that they saw.
- Neither of them acted on the contested request: the request and its history name neither, but for views.
- A decision is final. Only a decided complaint is closed.
"""

from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Unreadable
from chalicelib.core.errors import Unavailable, does_not_apply, existing
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import StaffId
from chalicelib.core.transactions import commit
from chalicelib.privacy.cases import CaseChanged
from chalicelib.rights.complaints import model, store
from chalicelib.rights.complaints.model import Complainant, Complaint, ComplaintAnswer
from chalicelib.rights.operators.inspect import INSPECTED
from chalicelib.rights.request import evidence
from chalicelib.rights.request import store as requests
from chalicelib.rights.request.deadline import Clock
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import NotNow, TooLate
from chalicelib.staff.cases import CaseMove, Cases, InspectedCase, check_second, check_shown, staff_move
from chalicelib.staff.model import NothingProposed, ProposedAlready

COMPLAINTS = Cases(store.COMPLAINTS)

_Move = CaseMove[Complaint] | None


def open_complaint(by: StaffId, new: model.NewComplaint) -> Complaint:
    """Record a complaint; two operators decide it.

    Raises:
        NotFound: no such request.
        InvalidRequest: the day of receipt is in the future or before that of the request, or the deadline of
            an authority is past.
        ComplainedAlready: the same party complained about the request before.
        Unavailable: the history of the request was altered.
    """
    contested = existing(requests.read(new.rights_request_id))
    now, received_at = clock.now(), clock.beginning_of(new.received_on)
    due_at = new.letter.due_at if new.letter else Clock(received_at).due_at(now)
    if not clock.day_of(contested.received_at) <= new.received_on <= clock.day_of(now):
        raise does_not_apply("received_on", "From the day of the request to today")
    if new.letter and due_at <= now:
        raise does_not_apply("letter", "The deadline of an authority is in the future")
    complaint = Complaint(
        request_id=new.rights_request_id,
        complainant=Complainant.AUTHORITY if new.letter else Complainant.PERSON,
        complained_at=received_at,
        due_at=due_at,
        letter=new.letter,
        text=new.text,
        involved=tuple(sorted(_staff_of(contested))),
    )
    try:
        commit(*store.COMPLAINTS.creation(complaint, "opened", by, {"due_at": clock.to_text(due_at)}))
    except CaseChanged:
        raise model.ComplainedAlready from None
    return complaint


@staff_move(COMPLAINTS.apply)
def propose(found: Complaint, by: StaffId, answer: ComplaintAnswer) -> _Move:
    """Propose a decision; it takes effect once another operator approves it.

    Raises:
        TooLate: it is decided.
        ProposedAlready: another proposal waits.
        TookPart: this operator acted on the contested request.
        Unavailable: the history of the request was altered.
    """
    if found.decided_at:
        raise TooLate
    if found.proposal:
        if (found.proposal, found.proposed_by) == (answer, by):
            return None
        raise ProposedAlready
    _check_uninvolved(found, by)
    after = found.model_copy(update={"proposal": answer, "proposed_by": by})
    return CaseMove(after, "proposed", {"outcome": answer.outcome})


@staff_move(COMPLAINTS.apply)
def withdraw(found: Complaint, _by: StaffId) -> _Move:
    """Withdraw a proposal, the operator's own or another's.

    Raises:
        TooLate: it is decided.
    """
    if found.decided_at:
        raise TooLate
    after = found.model_copy(update={"proposal": None, "proposed_by": None})
    return CaseMove(after, "withdrawn") if found.proposal else None


@staff_move(COMPLAINTS.apply)
def approve(found: Complaint, by: StaffId, shown: IfMatch) -> _Move:
    """Approve another operator's proposal, which makes it the decision.

    Raises:
        TooLate: it was decided, not by this operator's approval.
        NothingProposed: no proposal waits.
        OwnProposal: this operator made the proposal.
        ChangedMeanwhile: it changed since the operator saw it.
        TookPart: this operator or the proposer acted on the contested request.
        Unavailable: the history of the request was altered.
    """
    if found.decided_at:
        if found.approved_by == by:
            return None
        raise TooLate
    now, first = clock.now(), existing(found.proposed_by, NothingProposed)
    answer = existing(found.proposal, NothingProposed)
    check_second(by, first)
    check_shown(found, shown)
    _check_uninvolved(found, by, first)
    decided = {"proposal": None, "decision": answer, "approved_by": by, "decided_at": now}
    said = {"proposed_by": first, "outcome": answer.outcome, "late": int(now > found.due_at)}
    return CaseMove(found.model_copy(update=decided), "decided", said)


@staff_move(COMPLAINTS.apply)
def close(found: Complaint, _by: StaffId) -> _Move:
    """Close a decided complaint: its decision is with the complainant.

    Raises:
        NotNow: it is not decided, or its request is still open.
    """
    if found.closed_at:
        return None
    contested, now = requests.read(found.request_id), clock.now()
    if found.decided_at is None or (contested and contested.is_open):
        raise NotNow
    kept_since = (contested and contested.kept_since) or now
    return CaseMove(found.model_copy(update={"closed_at": now, "kept_since": kept_since}), "closed")


def _check_uninvolved(found: Complaint, *staff: StaffId) -> None:
    """Refuse operators who acted on the contested request before the complaint, or since."""
    contested = requests.read(found.request_id)
    if not {*found.involved, *(_staff_of(contested) if contested else ())}.isdisjoint(staff):
        raise model.TookPart


def _staff_of(contested: RightsRequest) -> frozenset[StaffId]:
    """The staff whom a request names, or an entry of its history other than a view.

    Raises:
        Unavailable: the history was altered.
    """
    history = evidence.history_of(contested.request_id)
    try:
        entries = tuple(one for one in chain.entries(history) if one.event != INSPECTED)
    except Unreadable as altered:
        observe.log_failure("case_not_changed", altered)
        raise Unavailable from None
    return frozenset(InspectedCase(contested, entries).staff)
