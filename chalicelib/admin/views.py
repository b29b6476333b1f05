"""What operators send and see. Ids and words of ours; the one text about a person is the decision's own."""

from typing import Any, Self

from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.rights.clock import ExtensionReason
from chalicelib.rights.deciding import ProposedDecision
from chalicelib.rights.model import Proposal, ReceivedBy, RefusalReason, Right, RightsRequest, Status
from chalicelib.rights.overseeing import History, OpenPage
from chalicelib.rights.views import DecisionView, ExtendedView, RequestView, StepView, Text


class NewProposal(Body):
    """A decision that another operator has to approve."""

    status: Status
    reason: RefusalReason | None = Field(None, description="Of a refusal, whole or in part")
    text: Text = Field(description="What the subject is told")

    @property
    def decision(self) -> ProposedDecision:
        """In the words of the rules."""
        return ProposedDecision(self.status, self.reason, self.text)


class NewExtension(Body):
    """How much more time, and why."""

    days: int = Field(ge=1, le=60)
    reason: ExtensionReason


class ProposalView(View):
    """What is proposed, by whom; who approved it once it is the decision."""

    status: Status
    reason: RefusalReason | None = None
    text: str | None = None
    by: StaffId
    at: Instant
    approved_by: StaffId | None = None

    @classmethod
    def of(cls, proposal: Proposal, text: str | None = None) -> Self:
        """As it is shown; with its text where somebody has to judge it."""
        return cls(**dict(proposal), text=text)


class EntryView(View):
    """One entry of the evidence."""

    seq: int
    at: Instant
    event: str
    said: dict[str, Any]

    @classmethod
    def of(cls, entry: ChainEntry) -> Self:
        """As it is shown."""
        return cls(seq=entry.seq, at=entry.at, event=entry.event, said=entry.data)


class CaseView(View):
    """A request as operators see it; `version` is what its ETag names."""

    id: RightsRequestId
    user_id: UserId
    right: Right
    status: Status
    received_by: ReceivedBy
    received_at: Instant
    due_at: Instant
    days_left: int | None = Field(
        None, description="While an answer is outstanding; negative once it is late"
    )
    clock_stands_still: bool
    extended: ExtendedView | None = None
    steps: tuple[StepView, ...]
    runs_at: Instant | None = Field(None, description="Of the next step; absent: somebody has to act")
    tries: int = Field(description="Runs of the next step since its last outcome")
    unreachable_since: Instant | None = Field(
        None, description="Since when a service that the next step needs has not answered"
    )
    evidence_owed: int = Field(description="Entries that the history cannot take, because it was altered")
    missing: tuple[str, ...]
    proposal: ProposalView | None = None
    decided_at: Instant | None = None
    decision: DecisionView | None = None
    version: int

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """A request as it stands now."""
        return cls(**_told(request))


class WholeCaseView(CaseView):
    """The same with its evidence, the newest first; absent if an entry is not as it was written."""

    evidence: tuple[EntryView, ...] | None = None
    staff: dict[StaffId, str] = Field(description="ARNs behind the pseudonyms here, unless they have lapsed")

    @classmethod
    def with_history(cls, request: RightsRequest, history: History, staff: dict[StaffId, str]) -> Self:
        """A request and what led to it."""
        entries = history.entries
        shown = tuple(map(EntryView.of, entries)) if entries is not None else None
        proposed = request.proposal and ProposalView.of(request.proposal, request.decision_text)
        return cls(**{**_told(request), "proposal": proposed}, evidence=shown, staff=staff)


class EnteredView(CaseView):
    """A request that was entered. The receipt is for whoever asked: it shows them what becomes of it."""

    receipt: str

    @classmethod
    def with_receipt(cls, request: RightsRequest, receipt: str) -> Self:
        """A request and what proves it."""
        return cls(**_told(request), receipt=receipt)


class CaseList(View):
    """A page of what waits for an answer, the most urgent first."""

    items: tuple[CaseView, ...]
    unreadable: tuple[RightsRequestId, ...] = Field(
        (), description="Of this page: open requests that cannot be opened, because they were altered"
    )
    next: str | None = None

    @classmethod
    def of(cls, page: OpenPage) -> Self:
        """As it is shown."""
        items = tuple(map(CaseView.of, page.found))
        return cls(items=items, unreadable=tuple(page.unreadable), next=page.next)


def _told(request: RightsRequest) -> dict[str, Any]:
    subjects = RequestView.of(request)
    proposal = request.proposal
    return {
        **{name: getattr(subjects, name) for name in _AS_THE_SUBJECT_SEES_IT},
        "user_id": request.user_id,
        "received_by": request.received_by,
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


_AS_THE_SUBJECT_SEES_IT = (
    "id", "right", "status", "received_at", "due_at", "extended", "steps", "decided_at", "decision",
)  # fmt: skip
