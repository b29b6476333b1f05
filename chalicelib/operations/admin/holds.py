"""Routes for operators about holds (RET-3), and their bodies."""

from collections.abc import Mapping
from typing import Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.http import Created, Operator, View, route
from chalicelib.core.ids import DisclosureId, HoldId, StaffId, UserId
from chalicelib.privacy.cases import RecordPage
from chalicelib.retention.holds import service as holds
from chalicelib.retention.model import Hold, HoldEnded, HoldGround, HoldsClosed, NewHold, NotDisclosed
from chalicelib.staff import service as staff
from chalicelib.staff.cases import staff_of
from chalicelib.staff.model import OwnProposal


class HoldView(View):
    """A hold, with the staff behind its pseudonyms."""

    id: HoldId
    user_id: UserId
    kinds: tuple[str, ...]
    ground: HoldGround
    law: str
    authority: str
    reason: str
    disclosure_id: DisclosureId | None = None
    in_force: bool
    awaits_confirmation: bool
    placed_at: Instant
    placed_by: str
    confirmed_by: str | None = None
    lift_proposed_by: str | None = None
    lifted_by: str | None = None
    until: Instant
    ends_at: Instant = Field(description="The end as things are: without a confirmation, after 72 hours")
    secret_until: Instant | None = None

    @classmethod
    def of(cls, hold: Hold, named: Mapping[StaffId, str]) -> Self:
        """Build the view; `named` has the staff behind the pseudonyms."""
        now = clock.now()
        members = {name: named.get(member, member) for name, member in hold if isinstance(member, StaffId)}
        return cls.showing(
            hold,
            id=hold.hold_id,
            in_force=hold.is_in_force(now),
            awaits_confirmation=hold.awaits_confirmation(now),
            **members,
        )


class HoldList(View):
    """The holds that have not ended, by their end."""

    items: tuple[HoldView, ...]
    unreadable: tuple[HoldId, ...] = Field((), description="Holds that were altered, and cannot be shown")
    has_more: bool = Field(description="Whether there are holds that end later and are not listed")

    @classmethod
    def of(cls, page: RecordPage[Hold, HoldId], named: Mapping[StaffId, str]) -> Self:
        """Build the view."""
        items = tuple(HoldView.of(hold, named) for hold in page.found)
        return cls(items=items, unreadable=tuple(page.unreadable), has_more=page.next is not None)


routes = Blueprint(__name__)

_ALL = "/admin/v1/holds"
_ONE = _ALL + "/{hold_id}"


@route(routes, "GET", _ALL)
def list_holds(operator: Operator) -> HoldList:
    """List the holds that have not ended, by their end."""
    page = holds.listed(staff.register(operator.arn))
    return HoldList.of(page, staff.resolve(staff_of(*page.found)))


@route(routes, "POST", _ALL, problems=(InvalidRequest, NotFound, HoldsClosed, NotDisclosed))
def place_hold(operator: Operator, body: NewHold) -> Created[HoldView]:
    """Place a hold. It is in force for 72 hours, and longer if another operator confirms it."""
    view = _shown(holds.place(staff.register(operator.arn), body))
    return Created(view, location=f"{_ALL}/{view.id}")


@route(routes, "GET", _ONE)
def show_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Show a hold, also after its end."""
    return _shown(holds.HOLDS.view(hold_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/confirmation", problems=(HoldsClosed, HoldEnded, OwnProposal))
def confirm_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Confirm the hold of another operator, until its end."""
    return _shown(holds.confirm(hold_id, staff.register(operator.arn)))


@route(routes, "PUT", _ONE + "/lift-proposal", problems=(HoldEnded,))
def propose_lift(operator: Operator, hold_id: HoldId) -> HoldView:
    """Propose to lift a hold before its end; an operator's own unconfirmed hold is lifted at once."""
    return _shown(holds.propose_lift(hold_id, staff.register(operator.arn)))


@route(routes, "POST", _ONE + "/lift", problems=(HoldEnded, OwnProposal))
def lift_hold(operator: Operator, hold_id: HoldId) -> HoldView:
    """Lift a hold, as another operator proposed."""
    return _shown(holds.lift(hold_id, staff.register(operator.arn)))


def _shown(hold: Hold) -> HoldView:
    return HoldView.of(hold, staff.resolve(staff_of(hold)))
