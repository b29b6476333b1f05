"""Request and response bodies for operators.

They contain ids and our own words. The only text about a person is the text of the decision.
"""

from typing import Any, Self

from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.rights.deadline import ExtensionReason
from chalicelib.rights.intake.body import Text
from chalicelib.rights.model import Proposal, ReceivedBy, RefusalReason, Right, RightsRequest, Status
from chalicelib.rights.operators.decide import ProposedDecision
from chalicelib.rights.operators.inspect import CasePage, History
from chalicelib.rights.views import DecisionView, ExtendedView, RequestView, StepView


class NewProposal(Body):
    """A decision that another operator must approve."""

    status: Status
    reason: RefusalReason | None = Field(None, description="Required for a whole or partial refusal")
    text: Text = Field(description="The text that the subject gets")

    @property
    def decision(self) -> ProposedDecision:
        """The decision as the rules take it."""
        return ProposedDecision(self.status, self.reason, self.text)


class NewExtension(Body):
    """An extension of the deadline."""

    days: int = Field(ge=1, le=60)
    reason: ExtensionReason


class ProposalView(View):
    """A proposed decision, who proposed it, and who approved it once it is the decision."""

    status: Status
    reason: RefusalReason | None = None
    text: str | None = None
    by: StaffId
    at: Instant
    approved_by: StaffId | None = None

    @classmethod
    def of(cls, proposal: Proposal, text: str | None = None) -> Self:
        """Build the view; `text` is included where an operator has to review it."""
        return cls(**dict(proposal), text=text)


class EntryView(View):
    """One entry of the history of a request."""

    seq: int
    at: Instant
    event: str
    said: dict[str, Any]

    @classmethod
    def of(cls, entry: ChainEntry) -> Self:
        """Build the view of an entry."""
        return cls(seq=entry.seq, at=entry.at, event=entry.event, said=entry.data)


class CaseStepView(StepView):
    """A step as operators see it. `why`: a fixed word, if it is stopped."""

    why: str | None = None

    @classmethod
    def all_of(cls, request: RightsRequest) -> tuple[Self, ...]:
        """Build the views of all steps of a request."""
        return tuple(cls(**dict(step)) for step in request.steps)


class CaseView(View):
    """A request as operators see it. `version` is the version in its ETag."""

    id: RightsRequestId
    user_id: UserId
    right: Right
    status: Status
    received_by: ReceivedBy
    received_at: Instant
    due_at: Instant
    days_left: int | None = Field(
        None, description="Present while the answer is outstanding; negative once it is overdue"
    )
    clock_stands_still: bool
    extended: ExtendedView | None = None
    steps: tuple[CaseStepView, ...]
    runs_at: Instant | None = Field(
        None, description="When the next step runs; absent if an operator must act"
    )
    tries: int = Field(description="Tries of the next step since its last outcome")
    unreachable_since: Instant | None = Field(
        None, description="Since when a service that the next step needs has not responded"
    )
    evidence_owed: int = Field(description="Entries that cannot be appended, because the history was altered")
    missing: tuple[str, ...]
    proposal: ProposalView | None = None
    decided_at: Instant | None = None
    decision: DecisionView | None = None
    version: int

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the view of the current state of a request."""
        return cls(**_fields(request))


class WholeCaseView(CaseView):
    """A request with its evidence, newest first; without it if an entry was altered."""

    evidence: tuple[EntryView, ...] | None = None
    staff: dict[StaffId, str] = Field(
        description="ARNs behind the pseudonyms, unless their entry has expired"
    )

    @classmethod
    def with_history(cls, request: RightsRequest, history: History, staff: dict[StaffId, str]) -> Self:
        """Build the view of a request and its evidence."""
        entries = history.entries
        shown = tuple(map(EntryView.of, entries)) if entries is not None else None
        proposed = request.proposal and ProposalView.of(request.proposal, request.decision_text)
        return cls(**{**_fields(request), "proposal": proposed}, evidence=shown, staff=staff)


class EnteredView(CaseView):
    """A request that was entered. Its subject can follow the request with the receipt."""

    receipt: str

    @classmethod
    def with_receipt(cls, request: RightsRequest, receipt: str) -> Self:
        """Build the view of a request and its receipt."""
        return cls(**_fields(request), receipt=receipt)


class CaseList(View):
    """A page of requests that await an answer, most urgent first."""

    items: tuple[CaseView, ...]
    unreadable: tuple[RightsRequestId, ...] = Field(
        (), description="Open requests of this page that cannot be read, because they were altered"
    )
    next: str | None = None

    @classmethod
    def of(cls, page: CasePage) -> Self:
        """Build the view of a page."""
        items = tuple(map(CaseView.of, page.found))
        return cls(items=items, unreadable=tuple(page.unreadable), next=page.next)


def _fields(request: RightsRequest) -> dict[str, Any]:
    public = RequestView.of(request)
    proposal = request.proposal
    return {
        **{name: getattr(public, name) for name in _SHARED_WITH_SUBJECT},
        "user_id": request.user_id,
        "received_by": request.received_by,
        "steps": CaseStepView.all_of(request),
        "days_left": request.clock.days_left(clock.now()) if request.is_open else None,
        "clock_stands_still": request.is_open and request.clock.is_paused(),
        "runs_at": request.run_at,
        "tries": request.tries,
        "unreachable_since": request.unreachable_since,
        "evidence_owed": len(request.owed),
        "missing": request.missing,
        "proposal": ProposalView.of(proposal) if proposal else None,
        "version": request.version,
    }


_SHARED_WITH_SUBJECT = (
    "id", "right", "status", "received_at", "due_at", "extended", "decided_at", "decision",
)  # fmt: skip
