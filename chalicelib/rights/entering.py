"""Requests that came by another way than the app, entered by an operator with the day of receipt (RGT-11).

The period counts from that day, whenever it is entered: a letter that lay about is our loss. What is made of
it is the request that the app would have made, and the subject sees it there too. Two things differ:

- A right without a plan is taken in all the same, and waits for people. As long as it has none, they can
  refuse it, and cannot answer it as done.
- Nothing is handed to another controller on the word of a letter. That is asked for in the app.
"""

from datetime import date, datetime

from chalicelib.accounts.service import ACCOUNT, owner_of_user
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, beginning_of, day_of
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Body
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE
from chalicelib.rights import plans, service
from chalicelib.rights.model import ReceivedBy, Right, RightsRequest, Status
from chalicelib.rights.moving import reminded_anew
from chalicelib.rights.refusals import does_not_apply
from chalicelib.rights.service import TakenRequest

_LONGEST_AGO = 366 * DAY  # a slip in the year is noticed; nothing that old is open


class ReceivedRequest(Body):
    """A request as it came: whose it is, what is asked, how and on which day it was received."""

    user_id: UserId
    right: Right
    received_by: ReceivedBy
    received_on: date


def enter(by: StaffId, received: ReceivedRequest) -> TakenRequest:
    """Put a request on record that came by letter, mail, telephone, in person or through support.

    Raises:
        InvalidRequest: the day is in the future or more than a year ago; or it came by the app.
        NotFound: nobody has this id.
        AlreadyOpen: the right is being exercised already, perhaps by this very request, entered before.
    """
    received_at = _received_at(received)
    owner = owner_of_user(received.user_id)
    if owner is None:
        raise NotFound
    (found,) = needs.read_accounts([owner], (ACCOUNT, PROFILE, DATA_KEY))
    account, profile, now = found[ACCOUNT], found[PROFILE], clock.now()
    if account is None:
        raise NotFound
    steps = plans.begun(plans.plan(received.right, None)) if received.right in plans.OFFERED else ()
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
    return service.take(reminded_anew(request, now), received, by)


def _received_at(received: ReceivedRequest) -> datetime:
    """The beginning of the day: whatever its hour was, nothing that was kept then is left out."""
    if received.received_by is ReceivedBy.APP:
        raise does_not_apply("received_by", "What comes by the app is taken in there")
    today = day_of(clock.now())
    if not today - _LONGEST_AGO <= received.received_on <= today:
        raise does_not_apply("received_on", "A day of the last year, today at the latest")
    return beginning_of(received.received_on)
