"""The route for operators about all that waits for one of them (ADR 91). It shows no text about a person."""

from typing import Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core.clock import Instant
from chalicelib.core.http import Operator, View, route
from chalicelib.operations.inbox import service
from chalicelib.operations.inbox.model import DueBy, InboxSource, Needed, Waiting
from chalicelib.operations.inbox.service import Inbox
from chalicelib.rights.request.terms import Right
from chalicelib.staff import service as staff


class WaitingView(View):
    """An entry."""

    kind: Right | InboxSource
    id: str = Field(description="Of the case; of a review, what is reviewed")
    due_at: Instant
    by: DueBy = Field(description="What sets the day on which it is due")
    needed: Needed
    words: str = Field(description="What is needed, in English")
    command: str = Field(description="The words after `ops`")

    @classmethod
    def of(cls, one: Waiting) -> Self:
        """Build the view."""
        return cls.showing(one, words=one.needed.plainly)


class InboxView(View):
    """All that waits, by the instant at which it is due."""

    items: tuple[WaitingView, ...]
    unavailable: tuple[InboxSource, ...] = Field((), description="Sources that could not be read now")
    has_more: tuple[InboxSource, ...] = Field((), description="Sources that have more than was read")

    @classmethod
    def of(cls, inbox: Inbox) -> Self:
        """Build the view."""
        return cls.showing(inbox, items=tuple(map(WaitingView.of, inbox.waiting)))


routes = Blueprint(__name__)


@route(routes, "GET", "/admin/v1/inbox")
def show_inbox(operator: Operator) -> InboxView:
    """List what waits for an operator, over all kinds of cases. One's own proposal waits for another one."""
    return InboxView.of(service.read(staff.register(operator.arn)))
