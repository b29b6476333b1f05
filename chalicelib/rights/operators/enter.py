"""Requests received outside the app, entered by operators with the day of receipt (RGT-11).

The period counts from the day of receipt, even if the request is entered later. The result is the request
that the app would have made, and the subject sees it in the app too, with two differences:

- A request for a right without a procedure is accepted, and waits for operators. Until the right has a
  procedure, they can refuse the request but not answer it as completed.
- No copy is sent to another controller because of a letter. A subject requests that in the app.
"""

from dataclasses import replace
from datetime import date, datetime

from chalicelib.accounts.service import read_by_user
from chalicelib.core import clock
from chalicelib.core.clock import DAY, beginning_of, day_of
from chalicelib.core.errors import does_not_apply
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.rights import service
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.rules import RULES
from chalicelib.rights.intake.submission import SUBJECT, Beginning, IntakeRule, Subject, Submission
from chalicelib.rights.model import ReceivedBy, Status, new_notes
from chalicelib.rights.service import Received, TakenRequest

_LONGEST_AGO = 366 * DAY  # catches a mistyped year; no request that old is still open


# A subject requests these in the app only, with a step-up.
_IN_THE_APP = frozenset({"transfer_to", "waive_grace"})


class ReceivedRequest(RequestedChange):
    """A request as received: the subject, what is requested, the channel and the day of receipt."""

    user_id: UserId
    received_by: ReceivedBy
    received_on: date


def enter(by: StaffId, received: ReceivedRequest) -> TakenRequest:
    """Record a request that came by letter, mail, telephone, in person or through support.

    Raises:
        InvalidRequest: the day is in the future or more than a year ago; no person uses the channel to write
            to us (the app, inactivity); or a field that the right does not allow in a letter.
        NotFound: no account has this user id.
        AlreadyOpen: an open request exercises the right, perhaps this one, entered before.
    """
    received_at = _received_at(received)
    rule = RULES.get(received.right, _FOR_OPERATORS)
    rule = replace(rule, takes=rule.takes - _IN_THE_APP)
    rule.check_fields(received)
    account, found = read_by_user(received.user_id, *SUBJECT)
    received_by = Received(RightsRequestId.new(), received_at, received.received_by, entered_by=by)
    return service.take(Subject.found(account, found), received, received_by, rule)


def _begin_review(submission: Submission) -> Beginning:
    """A right without a procedure waits for operators."""
    return Beginning((), new_notes(submission.body.right), status=Status.AWAITING_REVIEW)


_FOR_OPERATORS = IntakeRule(_begin_review)


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
