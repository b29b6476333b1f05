"""Bodies of cases of users who were deleted or deactivated at Stream. They contain ids and our own words."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import StreamCaseId, UserId
from chalicelib.reconciliation.cases.model import CaseOutcome, StreamCase, StreamLoss


class SettledAs(StrEnum):
    """The outcomes that an operator may choose."""

    REQUESTED = CaseOutcome.REQUESTED.value
    MISTAKE = CaseOutcome.MISTAKE.value
    MISUSE = CaseOutcome.MISUSE.value


class CaseSettlement(Body):
    """How a case was settled."""

    outcome: SettledAs


class StreamCaseView(View):
    """A user of an active account who was deleted or deactivated at Stream, but not by us."""

    id: StreamCaseId
    user_id: UserId
    loss: StreamLoss
    opened_at: Instant
    days_open: int
    closed_at: Instant | None = None
    outcome: CaseOutcome | None = None

    @classmethod
    def of(cls, case: StreamCase) -> Self:
        """Build the view of a case."""
        return cls(
            id=case.case_id,
            user_id=case.user_id,
            loss=case.loss,
            opened_at=case.opened_at,
            days_open=((case.closed_at or clock.now()) - case.opened_at).days,
            closed_at=case.closed_at,
            outcome=case.outcome,
        )


class StreamCaseList(View):
    """The open cases, the oldest first; at most 500."""

    items: tuple[StreamCaseView, ...]

    @classmethod
    def of(cls, cases: Iterable[StreamCase]) -> Self:
        """Build the view of a list."""
        return cls(items=tuple(map(StreamCaseView.of, cases)))
