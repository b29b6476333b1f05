"""Routes for operators about the recipients of a request (Art. 19 GDPR), and their bodies."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest
from chalicelib.core.http import Body, Operator, View, route
from chalicelib.core.ids import DisclosureId, RightsRequestId
from chalicelib.operations.admin.views import ListView
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.operators import recipients
from chalicelib.rights.operators.recipients import ListedRecipient
from chalicelib.rights.request.notes import RecipientOutcome
from chalicelib.staff import service as staff


class RecordedNotice(Body):
    """The day on which an operator notified an authority."""

    number: int = Field(ge=0, description="The number of the recipient in the list")
    notified_on: date


class ListedRecipientView(View):
    """A recipient of data that a request changed. `secret_until`: the subject must not be informed before."""

    number: int
    name: str
    outcome: RecipientOutcome
    owed_since: Instant
    notified_at: Instant | None = None
    why: str | None = None
    disclosure_id: DisclosureId | None = None
    secret_until: Instant | None = None

    @classmethod
    def of(cls, listed: ListedRecipient) -> Self:
        """Build the view. A disclosure whose period has ended has no name any more."""
        notice, given = listed.notice, listed.disclosure
        label = Recipient[notice.recipient].label if notice.recipient else None
        return cls.showing(
            notice,
            number=listed.number,
            name=label
            or (given.recipient if given else "the recipient of a disclosure that is no longer kept"),
            notified_at=notice.at if notice.outcome is RecipientOutcome.NOTIFIED else None,
            disclosure_id=notice.disclosure,
            secret_until=given.secret_until if given else None,
        )


routes = Blueprint(__name__)

_ALL = "/admin/v1/rights-requests/{request_id}/recipients"


@route(routes, "GET", _ALL)
def list_recipients(operator: Operator, request_id: RightsRequestId) -> ListView[ListedRecipientView]:
    """List the recipients of data that a request changed, and which of them were notified."""
    return _listed(recipients.list_recipients(request_id, staff.register(operator.arn)))


@route(routes, "PUT", _ALL, problems=(InvalidRequest,))
def record_notice(
    operator: Operator, request_id: RightsRequestId, body: RecordedNotice
) -> ListView[ListedRecipientView]:
    """Record the day on which an operator notified an authority."""
    by = staff.register(operator.arn)
    return _listed(recipients.record_notice(request_id, body.number, body.notified_on, by))


def _listed(found: Sequence[ListedRecipient]) -> ListView[ListedRecipientView]:
    return ListView[ListedRecipientView](items=tuple(map(ListedRecipientView.of, found)))
