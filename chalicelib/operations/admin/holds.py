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
from chalicelib.retention.holds import service as holds
from chalicelib.retention.holds.service import HoldPage
from chalicelib.retention.model import Hold, HoldEnded, HoldGround, HoldsClosed, NewHold, NotDisclosed
from chalicelib.staff import service as staff
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

        def name(member: StaffId | None) -> str | None:
            return named.get(member, member) if member else None

        return cls(
            id=hold.hold_id,
            user_id=hold.user_id,
            kinds=hold.kinds,
            ground=hold.ground,
            law=hold.law,
            authority=hold.authority,
            reason=hold.reason,
            disclosure_id=hold.disclosure_id,
            in_force=hold.is_in_force(now),
            awaits_confirmation=hold.awaits_confirmation(now),
            placed_at=hold.placed_at,
            placed_by=named.get(hold.placed_by, hold.placed_by),
            confirmed_by=name(hold.confirmed_by),
            lift_proposed_by=name(hold.lift_proposed_by),
            lifted_by=name(hold.lifted_by),
            until=hold.until,
            ends_at=hold.ends_at,
            secret_until=hold.secret_until,
        )


class HoldList(View):
    """The holds that have not ended, by their end."""

    items: tuple[HoldView, ...]
    unreadable: tuple[HoldId, ...] = Field((), description="Holds that were altered, and cannot be shown")
    has_more: bool = Field(description="Whether there are holds that end later and are not listed")

    @classmethod
    def of(cls, page: HoldPage, named: Mapping[StaffId, str]) -> Self:
        """Build the view."""
        items = tuple(HoldView.of(hold, named) for hold in page.holds)
        return cls(items=items, unreadable=tuple(page.unreadable), has_more=page.has_more)


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
