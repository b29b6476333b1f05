"""The end of a restriction by operators (Art. 18(3) GDPR): one proposes it, another one approves it.

Invariants:

- The approver is never the proposer, and names the version of the request that they saw.
- The subject is notified before: the approval sets the end to a later instant, and the step `uphold` sends a
  mail and ends the restriction then. The app shows both at once.
- Until then operators can withdraw it, and the subject can end the restriction sooner.
- An objection is never ended this way: only its decision refuses it.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import ChangedMeanwhile
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.settings import settings
from chalicelib.rights.engine.moves import Move, with_next_step_due
from chalicelib.rights.operators.decide import etag
from chalicelib.rights.operators.inspect import apply_move
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import Lifting, RequestAnnouncement, RestraintNotes
from chalicelib.rights.request.states import NotNow
from chalicelib.rights.request.terms import Right
from chalicelib.rights.restriction.right import UPHOLD
from chalicelib.staff.model import NothingProposed, OwnProposal, ProposedAlready


def propose(request_id: RightsRequestId, by: StaffId, text: str) -> RightsRequest:
    """Propose to end a restriction; `text` says why, for the subject.

    Raises:
        NotFound: no such request.
        NotNow: it is no restriction that was carried out and lasts.
        ProposedAlready: another proposal waits, or was approved.
    """
    return apply_move(request_id, by, lambda request: _proposal(request, by, text, clock.now()))


def withdraw(request_id: RightsRequestId, by: StaffId) -> RightsRequest:
    """Withdraw the proposal, also an approved one; the restriction lasts.

    Raises:
        NotFound, NotNow: as for `propose`.
    """
    return apply_move(request_id, by, lambda request: _withdrawal(request, clock.now()))


def approve(request_id: RightsRequestId, by: StaffId, shown: IfMatch) -> RightsRequest:
    """Approve another operator's proposal; the restriction ends after the time of notice.

    Raises:
        NotFound, NotNow: as for `propose`.
        NothingProposed: no proposal waits.
        OwnProposal: this operator made it.
        ChangedMeanwhile: the request changed since the operator saw it.
    """
    return apply_move(request_id, by, lambda request: _approval(request, by, shown, clock.now()))


def _proposal(request: RightsRequest, by: StaffId, text: str, now: datetime) -> Move | None:
    notes = _lasting(request)
    if notes.lifting:
        if (notes.lifting.by, request.lifting_text) == (by, text):
            return None
        raise ProposedAlready
    return Move(_with(request, replace(notes, lifting=Lifting(by, now)), text), "lifting_proposed", {})


def _withdrawal(request: RightsRequest, now: datetime) -> Move | None:
    notes = _lasting(request)
    if notes.lifting is None:
        return None
    mails = dict(notes.mails)
    mails.pop(RequestAnnouncement.LIFTING, None)  # another lifting is announced again
    after = _with(request, replace(notes, lifting=None, mails=mails), None)
    return Move(with_next_step_due(after, now), "lifting_withdrawn", {})


def _approval(request: RightsRequest, by: StaffId, shown: IfMatch, now: datetime) -> Move | None:
    notes = _lasting(request)
    lifting = notes.lifting
    if lifting is None:
        raise NothingProposed
    if lifting.approved_by:
        if lifting.approved_by == by:
            return None
        raise NothingProposed
    if lifting.by == by:
        raise OwnProposal
    if not shown.allows(etag(request)):
        raise ChangedMeanwhile
    ends_at = now + settings().choices.lifting_notice_hours * HOUR
    approved = replace(notes, lifting=replace(lifting, approved_by=by, ends_at=ends_at))
    after = with_next_step_due(_with(request, approved, request.lifting_text), now)
    said = {"proposed_by": lifting.by, "ends_at": clock.to_text(ends_at)}
    return Move(after, "lifting_approved", said)


def _lasting(request: RightsRequest) -> RestraintNotes:
    """The notes of a restriction that was carried out and lasts."""
    notes = request.notes
    by_step = request.right is Right.RESTRICTION and UPHOLD in {step.name for step in request.steps}
    if request.is_open or not (by_step and isinstance(notes, RestraintNotes) and notes.is_in_force):
        raise NotNow
    return notes


def _with(request: RightsRequest, notes: RestraintNotes, text: str | None) -> RightsRequest:
    return request.model_copy(update={"notes": notes, "lifting_text": text})
