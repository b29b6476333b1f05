"""The route for operators about a history of the Ledger: ids, instants and fixed words (ADR 93)."""

from chalice.app import Blueprint

from chalicelib.core.errors import InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Body, Cursor, Ok, Operator, route
from chalicelib.operations.admin.views import EntryView, WithEvidence
from chalicelib.rights.operators import inspect
from chalicelib.staff import service as staff
from chalicelib.staff.cases import staff_in

_LIST = "h"  # of the cursor


class HistorySearch(Body):
    """The name of a chain, such as hold#h_...; that of a member of staff may have the ARN as its id."""

    chain: str


class HistoryView(WithEvidence):
    """A page of a history, newest first; without it if an entry was altered."""

    next_cursor: str | None = None


routes = Blueprint(__name__)


@route(routes, "POST", "/admin/v1/ledger/entries", problems=(InvalidRequest, NotFound, Unavailable))
def show_history(operator: Operator, body: HistorySearch, cursor: Cursor | None) -> Ok[HistoryView]:
    """Show the entries of a chain. The look is recorded in the operator's own history."""
    before = max(2, cursor.number(_LIST)) if cursor is not None else None
    entries, earlier = inspect.show_history(body.chain, before, staff.register(operator.arn))
    shown = [EntryView.showing(one, said=one.data) for one in entries or ()]
    following = Cursor.numbered(_LIST, earlier) if earlier else None
    names, is_altered = staff.resolve(staff_in(entries)), entries is None
    return Ok(HistoryView(evidence=None if is_altered else tuple(shown), staff=names, next_cursor=following))
