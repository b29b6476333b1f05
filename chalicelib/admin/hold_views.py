"""Requests and responses about holds for operators."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import DisclosureId, HoldId, StaffId, UserId
from chalicelib.retention.holds import HoldPage, NewHold
from chalicelib.retention.model import Hold, HoldGround
from chalicelib.staff import service as staff

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000)]
_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class PlacedHold(Body):
    """A hold as an operator places it."""

    user_id: UserId
    kinds: tuple[_Kind, ...] = Field(min_length=1, max_length=20, description="Kinds of records to keep")
    ground: HoldGround
    law: _Text = Field(description="The law that requires or permits it; disclosed to the subject")
    authority: _Text = Field(description="Who requires it, or the other party of a dispute")
    reason: _Text
    until: Instant = Field(description="The end, at most two years ahead")
    secret_until: Instant | None = Field(
        None, description="Until when an order forbids to inform the subject"
    )
    disclosure_id: DisclosureId | None = Field(None, description="The disclosure that the hold serves")

    def new(self) -> NewHold:
        """The hold as the service places it."""
        return NewHold(**dict(self))


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
    def of(cls, hold: Hold) -> Self:
        """Build the view."""
        now, named = clock.now(), staff.resolve(_staff_of(hold))

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
            placed_by=name(hold.placed_by) or "",
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
    def of(cls, page: HoldPage) -> Self:
        """Build the view."""
        items = tuple(map(HoldView.of, page.holds))
        return cls(items=items, unreadable=tuple(page.unreadable), has_more=page.has_more)


def _staff_of(hold: Hold) -> list[StaffId]:
    return [one for one in (hold.placed_by, hold.confirmed_by, hold.lift_proposed_by, hold.lifted_by) if one]
