"""Requests received outside the app, entered by operators with the day of receipt (RGT-11).

The period counts from the day of receipt, even if the request is entered later. The result is the request
that the app would have made, and the subject sees it in the app too, with two differences:

- A request for a right without a procedure is accepted, and waits for operators. Until the right has a
  procedure, they can refuse the request but not answer it as completed.
- No copy is sent to another controller because of a letter. A subject requests that in the app.
"""

from datetime import date, datetime

from chalicelib.accounts.service import read_by_user
from chalicelib.core import clock
from chalicelib.core.clock import DAY, beginning_of, day_of
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import Body
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import READABLE_PROFILE
from chalicelib.rights import procedures, service
from chalicelib.rights.model import ReceivedBy, Right, RightsRequest, Status
from chalicelib.rights.moves import with_reminders_reset
from chalicelib.rights.service import TakenRequest

_LONGEST_AGO = 366 * DAY  # catches a mistyped year; no request that old is still open


class ReceivedRequest(Body):
    """A request as received: the subject, the right, the channel and the day of receipt."""

    user_id: UserId
    right: Right
    received_by: ReceivedBy
    received_on: date


def enter(by: StaffId, received: ReceivedRequest) -> TakenRequest:
    """Record a request that came by letter, mail, telephone, in person or through support.

    Raises:
        InvalidRequest: the day is in the future or more than a year ago; or no person uses the channel to
            write to us (the app, inactivity).
        NotFound: no account has this user id.
        AlreadyOpen: an open request exercises the right, perhaps this one, entered before.
    """
    received_at = _received_at(received)
    account, found = read_by_user(received.user_id, READABLE_PROFILE, DATA_KEY)
    profile, now = found[READABLE_PROFILE], clock.now()
    steps = (
        procedures.waiting_steps(procedures.steps_of(received.right, None))
        if received.right in procedures.OFFERED
        else ()
    )
    request = RightsRequest(
        request_id=RightsRequestId.new(),
        account_id=account.account_id,
        user_id=account.user_id,
        right=received.right,
        received_by=received.received_by,
        received_at=received_at,
        status=Status.RECEIVED if steps else Status.AWAITING_REVIEW,
        country=profile.country if profile else None,
        steps=steps,
        run_at=now if steps else None,
    )
    return service.record_new(with_reminders_reset(request, now), received, by)


def _received_at(received: ReceivedRequest) -> datetime:
    """The beginning of the day of receipt: the copy includes all records of that day."""
    if received.received_by in {ReceivedBy.APP, ReceivedBy.INACTIVITY}:
        raise does_not_apply(
            "received_by", "A channel outside the app; the app and our jobs record their own"
        )
    today = day_of(clock.now())
    if not today - _LONGEST_AGO <= received.received_on <= today:
        raise does_not_apply("received_on", "A day of the last year, today at the latest")
    return beginning_of(received.received_on)
