"""Routes for operators about subjects and their consents (ADR 52), authorised as those in `api`."""

from chalice.app import Blueprint

from chalicelib.accounts.challenges.model import InvalidPhone
from chalicelib.core.errors import InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Ok, Operator, route
from chalicelib.core.ids import UserId
from chalicelib.messages.model import InvalidEmail
from chalicelib.operations.admin.subject_views import ConsentProofView, FoundSubjectView, SubjectView
from chalicelib.rights.operators import subjects
from chalicelib.rights.operators.subjects import SubjectSearch
from chalicelib.staff import service as staff

routes = Blueprint(__name__)

_ALL = "/admin/v1/subjects"


@route(
    routes,
    "POST",
    _ALL + "/search",
    problems=(InvalidRequest, InvalidEmail, InvalidPhone, Unavailable),
)
def find_subject(operator: Operator, body: SubjectSearch) -> Ok[FoundSubjectView]:
    """Find the account that has a number or mailbox. The search is recorded, without either."""
    return Ok(FoundSubjectView.of(subjects.find(staff.register(operator.arn), body)))


@route(routes, "GET", _ALL + "/{user_id}", problems=(NotFound, Unavailable))
def show_subject(operator: Operator, user_id: UserId) -> SubjectView:
    """Show the state of an account, its open requests, holds and restrictions, and nothing of its profile."""
    return SubjectView.of(subjects.show(staff.register(operator.arn), user_id))


@route(routes, "GET", _ALL + "/{user_id}/consents", problems=(NotFound, Unavailable))
def show_consents(operator: Operator, user_id: UserId) -> ConsentProofView:
    """Show the decisions of a subject, and whether the Ledger proves them."""
    return ConsentProofView.of(subjects.show_consents(staff.register(operator.arn), user_id))
