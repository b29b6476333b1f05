"""Subjects end their own restriction or objection, in one call, at any time (Art. 18 and 21 GDPR).

The call ends it in its own transaction. The steps then resume the user at Stream, if nothing else stops that.

A restriction that was not requested from a session may protect the subject from a thief, who has one. So the
app ends it with a step-up only, by a code to the subject's number (ADR 49). If the number was changed just
before, the code may go to the thief. Then operators end it (ADR 43).
"""

from dataclasses import replace

from chalicelib.accounts.model import Account
from chalicelib.core import clock
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.rights import service
from chalicelib.rights.engine.moves import Move, apply_move, with_next_step_due
from chalicelib.rights.request import number_change, restraints
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.states import NotNow
from chalicelib.rights.request.terms import ReceivedBy, Right


def wants_step_up(request: RightsRequest) -> bool:
    """Whether a session alone must not end the restriction of a request."""
    notes = request.notes
    if request.right is not Right.RESTRICTION or not isinstance(notes, RestraintNotes):
        return False
    return request.received_by is not ReceivedBy.APP and notes.is_in_force


def check_number(account: Account, request: RightsRequest) -> None:
    """Refuse to end in the app what followed a change of the number, for a request that wants a step-up.

    Raises:
        NotNow: the restriction began within the days after a change in which nothing irreversible is done.
    """
    notes = request.notes
    if isinstance(notes, RestraintNotes) and notes.since and number_change.followed_by(account, notes.since):
        raise NotNow("The number was changed shortly before. Write to the contact of the controller")


def lift(account_id: AccountId, request_id: RightsRequestId) -> RightsRequest:
    """End the restriction or objection of a request; repeating the call changes nothing.

    A request that is not answered yet is cancelled, which ends it too.

    Raises:
        NotFound: no such request, or it belongs to another subject.
        NotNow: the request restricts nothing.
        TooLate: it was answered meanwhile; the call may be repeated.
        Unavailable: another write came first in every try.
    """
    request = service.own(account_id, request_id)
    if not isinstance(request.notes, RestraintNotes) or request.notes.since is None:
        raise NotNow
    if request.is_open:
        return service.cancel(account_id, request_id)
    return apply_move(request_id, None, _lifting).request


def _lifting(request: RightsRequest) -> Move | None:
    notes, now = request.notes, clock.now()
    if not isinstance(notes, RestraintNotes) or not notes.is_in_force:
        return None
    ended = replace(notes, ended_at=now, lifting=None)
    after = request.model_copy(update={"notes": ended, "tries": 0, "unreachable_since": None})
    return Move(
        with_next_step_due(after, now),
        "lifted",
        {},
        (Metric.RESTRAINT_ENDED,),
        restraints.ending(request.account_id, request.request_id),
    )
