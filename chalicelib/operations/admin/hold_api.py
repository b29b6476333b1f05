"""Routes for operators about holds (RET-3), authorised as those in `api`."""

from chalice.app import Blueprint

from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Created, Operator, route
from chalicelib.core.ids import HoldId
from chalicelib.operations.admin.hold_views import HoldList, HoldView
from chalicelib.retention.holds import service as holds
from chalicelib.retention.model import Hold, HoldEnded, HoldsClosed, NewHold, NotDisclosed
from chalicelib.staff import service as staff
from chalicelib.staff.model import OwnProposal

routes = Blueprint(__name__)

_ALL = "/admin/v1/holds"
_ONE = _ALL + "/{hold_id}"


@route(routes, "GET", _ALL)
def list_holds(operator: Operator) -> HoldList:
    """List the holds that have not ended, by their end."""
    page = holds.listed(staff.register(operator.arn))
    return HoldList.of(page, staff.resolve(one for hold in page.holds for one in hold.staff))


@route(routes, "POST", _ALL, problems=(InvalidRequest, NotFound, HoldsClosed, NotDisclosed))
def place_hold(operator: Operator, body: NewHold) -> Created[HoldView]:
    """Place a hold. It is in force for 72 hours, and longer if another operator confirms it."""
    return Created(_shown(holds.place(staff.register(operator.arn), body)))


@route(routes, "GET", _ONE)
def show_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Show a hold, also after its end."""
    return _shown(holds.show(staff.register(operator.arn), hold_id))


@route(routes, "POST", _ONE + "/confirmation", problems=(HoldsClosed, HoldEnded, OwnProposal))
def confirm_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Confirm the hold of another operator, until its end."""
    return _shown(holds.confirm(staff.register(operator.arn), hold_id))


@route(routes, "PUT", _ONE + "/lift-proposal", problems=(HoldEnded,))
def propose_lift(operator: Operator, hold_id: HoldId) -> HoldView:
    """Propose to lift a hold before its end; an operator's own unconfirmed hold is lifted at once."""
    return _shown(holds.propose_lift(staff.register(operator.arn), hold_id))


@route(routes, "POST", _ONE + "/lift", problems=(HoldEnded, OwnProposal))
def lift_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Lift a hold, as another operator proposed."""
    return _shown(holds.lift(staff.register(operator.arn), hold_id))


def _shown(hold: Hold) -> HoldView:
    return HoldView.of(hold, staff.resolve(hold.staff))
