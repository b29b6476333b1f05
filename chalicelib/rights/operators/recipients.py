"""The recipients of a request for operators, who notify authorities and record the day (Art. 19 GDPR).

The evidence about an authority is in the history of its disclosure, not in that of the request: the subject's
copy contains the latter, and a law may forbid to inform the subject of the disclosure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.core import clock
from chalicelib.core.chain import HeadMoved
from chalicelib.core.clock import beginning_of, day_of
from chalicelib.core.errors import NotFound, does_not_apply
from chalicelib.core.ids import RightsRequestId, StaffId
from chalicelib.core.transactions import retry_on
from chalicelib.rights.operators.inspect import read, record_inspection
from chalicelib.rights.request import store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RecipientNotice, RecipientOutcome
from chalicelib.rights.request.store import MovedMeanwhile
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.staff.disclosures.model import Disclosure


@dataclass(frozen=True)
class ListedRecipient:
    """A recipient with its place in the list; `disclosure`: what it received, if it is an authority."""

    number: int
    notice: RecipientNotice
    disclosure: Disclosure | None


def list_recipients(request_id: RightsRequestId, by: StaffId) -> Sequence[ListedRecipient]:
    """List the recipients of a request, secret ones included, and record that the operator sees them.

    Raises:
        NotFound: no such request.
        Unavailable: the view cannot be recorded now.
    """
    request = read(request_id)
    record_inspection(request, by)
    return _listed(request)


@retry_on(MovedMeanwhile, HeadMoved)
def record_notice(
    request_id: RightsRequestId, number: int, on: date, by: StaffId
) -> Sequence[ListedRecipient]:
    """Record the day on which an operator notified an authority. Repeating the call changes nothing.

    Raises:
        NotFound: no such request, or no recipient has this number.
        InvalidRequest: our systems notify this recipient, or the day is not between the request and today.
        Unavailable: another write came first in every try.
    """
    request = read(request_id)
    listed = _listed(request)
    if not 0 <= number < len(listed):
        raise NotFound
    one = listed[number]
    if one.disclosure is None:
        raise does_not_apply("number", "Operators record only the notices to authorities")
    if not day_of(request.received_at) <= on <= day_of(clock.now()):
        raise does_not_apply("notified_on", "A day from the receipt of the request to today")
    after = replace(one.notice, outcome=RecipientOutcome.NOTIFIED, at=beginning_of(on))
    if after == one.notice:
        return listed
    said = {"request": request_id, "on": on.isoformat()}
    evidence = disclosures.evidence_write(one.disclosure, "correction_notified", by, said)
    return _listed(store.move(request, _with(request, number, after), also=[evidence]))


def _listed(request: RightsRequest) -> Sequence[ListedRecipient]:
    notices = request.notes.recipients or ()
    given = {one.disclosure_id: one for one in disclosures.of_subject(request.account_id)} if notices else {}
    return [
        ListedRecipient(number, notice, given.get(notice.disclosure) if notice.disclosure else None)
        for number, notice in enumerate(notices)
    ]


def _with(request: RightsRequest, number: int, notice: RecipientNotice) -> RightsRequest:
    notices = list(request.notes.recipients or ())
    notices[number] = notice
    return request.model_copy(update={"notes": replace(request.notes, recipients=tuple(notices))})
