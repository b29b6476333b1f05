"""Routes for operators about the recipients of a request (Art. 19 GDPR), authorised as those in `api`."""

from chalice.app import Blueprint

from chalicelib.core.errors import InvalidRequest
from chalicelib.core.http import Operator, route
from chalicelib.core.ids import RightsRequestId
from chalicelib.operations.admin.recipient_views import ListedRecipients, RecordedNotice, UnnotifiedRequests
from chalicelib.rights.operators import recipients
from chalicelib.staff import service as staff

routes = Blueprint(__name__)

_ALL = "/admin/v1/rights-requests/{request_id}/recipients"


@route(routes, "GET", "/admin/v1/unnotified-recipients")
def list_unnotified(operator: Operator) -> UnnotifiedRequests:
    """List the requests with recipients that operators have to notify, longest due first."""
    return UnnotifiedRequests.of(recipients.list_unnotified(staff.register(operator.arn)))


@route(routes, "GET", _ALL)
def list_recipients(operator: Operator, request_id: RightsRequestId) -> ListedRecipients:
    """List the recipients of data that a request changed, and which of them were notified."""
    return ListedRecipients.of(recipients.list_recipients(request_id, staff.register(operator.arn)))


@route(routes, "PUT", _ALL, problems=(InvalidRequest,))
def record_notice(operator: Operator, request_id: RightsRequestId, body: RecordedNotice) -> ListedRecipients:
    """Record the day on which an operator notified an authority."""
    by = staff.register(operator.arn)
    return ListedRecipients.of(recipients.record_notice(request_id, body.number, body.notified_on, by))
