"""Responses about holds for operators."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import DisclosureId, HoldId, StaffId, UserId
from chalicelib.retention.holds.service import HoldPage
from chalicelib.retention.model import Hold, HoldGround


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
