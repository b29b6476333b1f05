"""Routes for operators about holds (RET-3), authorised as those in `api`."""

from chalicelib.admin.blueprint import admin
from chalicelib.admin.hold_views import HoldList, HoldView, PlacedHold
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Created, Operator, route
from chalicelib.core.ids import HoldId
from chalicelib.retention import holds
from chalicelib.retention.problems import HoldEnded, HoldsClosed, NotDisclosed
from chalicelib.rights.problems import OwnProposal
from chalicelib.staff import service as staff

_ALL = "/admin/v1/holds"
_ONE = _ALL + "/{hold_id}"


@route(admin, "GET", _ALL)
def list_holds(operator: Operator) -> HoldList:
    """List the holds that have not ended, by their end."""
    return HoldList.of(holds.listed(staff.register(operator.arn)))


@route(admin, "POST", _ALL, problems=(InvalidRequest, NotFound, HoldsClosed, NotDisclosed))
def place_hold(operator: Operator, body: PlacedHold) -> Created[HoldView]:
    """Place a hold. It is in force for 72 hours, and longer if another operator confirms it."""
    return Created(HoldView.of(holds.place(staff.register(operator.arn), body.new())))


@route(admin, "GET", _ONE)
def show_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Show a hold, also after its end."""
    return HoldView.of(holds.show(staff.register(operator.arn), hold_id))


@route(admin, "POST", _ONE + "/confirmation", problems=(HoldsClosed, HoldEnded, OwnProposal))
def confirm_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Confirm the hold of another operator, until its end."""
    return HoldView.of(holds.confirm(staff.register(operator.arn), hold_id))


@route(admin, "PUT", _ONE + "/lift-proposal", problems=(HoldEnded,))
def propose_lift(operator: Operator, hold_id: HoldId) -> HoldView:
    """Propose to lift a hold before its end; an operator's own unconfirmed hold is lifted at once."""
    return HoldView.of(holds.propose_lift(staff.register(operator.arn), hold_id))


@route(admin, "POST", _ONE + "/lift", problems=(HoldEnded, OwnProposal))
def lift_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Lift a hold, as another operator proposed."""
    return HoldView.of(holds.lift(staff.register(operator.arn), hold_id))
