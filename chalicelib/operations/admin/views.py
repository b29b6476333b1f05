"""Bodies about rights requests, and those that several modules of routes use.

They contain ids and our own words. The only text about a person is the text of the decision.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Generic, Self, TypeVar

from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import HoldId, RightsRequestId, StaffId, UserId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.operations.inbox.model import Needed
from chalicelib.operations.inbox.requests import needs_of
from chalicelib.privacy.cases import RecordPage
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers import decisions
from chalicelib.rights.answers.views import (
    DecisionView,
    ExtendedView,
    IdentityView,
    PaperView,
    RequestView,
    RestraintView,
    StepView,
)
from chalicelib.rights.intake.body import Text
from chalicelib.rights.operators import extend
from chalicelib.rights.operators.decide import ProposedDecision
from chalicelib.rights.papers.model import PaperType
from chalicelib.rights.request import procedures
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.model import AuthoritySeen, OnBehalf, Proposal, RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.staff import service as staff
from chalicelib.staff.cases import InspectedCase


class NewProposal(Body):
    """A decision that another operator must approve."""

    status: Status
    reason: RefusalReason | None = Field(None, description="Required for a whole or partial refusal")
    text: Text = Field(description="The text that the subject gets")
    corrections: dict[str, Text] | None = Field(
        None,
        max_length=20,
        description="Rectification: the correct values by field. A completed request gets those that were "
        "requested by default; a partial decision names the fields that it corrects",
    )

    @property
    def decision(self) -> ProposedDecision:
        """The decision as the rules take it."""
        return ProposedDecision(self.status, self.reason, self.text, self.corrections)


class NewLifting(Body):
    """The end of a restriction that another operator must approve."""

    text: Text = Field(description="Why it ends, for the subject")


class ProposedExtensionView(View):
    """An extension that waits for the same call of a second operator."""

    by: StaffId
    days: int
    reason: ExtensionReason


class LiftingView(View):
    """The end of a restriction: who proposed and approved it, and when it takes effect."""

    by: StaffId
    at: Instant
    approved_by: StaffId | None = None
    ends_at: Instant | None = None
    text: str | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self | None:
        """Build the view; None if no end was proposed."""
        lifting = request.notes.lifting if isinstance(request.notes, RestraintNotes) else None
        return cls.showing(lifting, text=request.lifting_text) if lifting else None


class NewExtension(Body):
    """An extension of the deadline."""

    days: int = Field(ge=1, le=60)
    reason: ExtensionReason


class ProposalView(View):
    """A proposed decision, who proposed it, and who approved it once it is the decision.

    `text` is included where an operator has to review it.
    """

    status: Status
    reason: RefusalReason | None = None
    text: str | None = None
    letter: str | None = Field(None, description="The whole answer, as the subject would get it now")
    by: StaffId
    at: Instant
    approved_by: StaffId | None = None


class OpenedPaperView(PaperView):
    """A file by which a person proves their identity, and a link to it once it is `ready`."""

    kept_as: PaperType | None = None
    url: str | None = Field(None, description="Downloads it for two minutes; give it to no other person")


class CorrectionView(View):
    """What a rectification asks for, and the values of a proposed or final decision."""

    changes: dict[str, str | bool | None] = Field(description="As requested, by field; null removes a value")
    applied: tuple[str, ...] = Field(description="Fields that were corrected with the request")
    deferred: tuple[str, ...] = Field((), description="Fields that are corrected with the answer")
    proposed: dict[str, str] | None = Field(None, description="Values of the proposal or decision")


class EntryView(View):
    """One entry of the history of a request."""

    seq: int
    at: Instant
    event: str
    said: dict[str, Any]


class WithEvidence(View):
    """A case with its evidence, newest first; without it if an entry was altered."""

    evidence: tuple[EntryView, ...] | None = None
    staff: dict[StaffId, str] = Field(
        description="ARNs behind the pseudonyms, unless their entry has expired"
    )


def evidence_of(seen: InspectedCase[Any]) -> dict[str, Any]:
    """The fields of `WithEvidence`: the evidence of a case, and the staff that it or the case names."""
    shown = seen.entries and [EntryView.showing(one, said=one.data) for one in seen.entries]
    return {"evidence": shown, "staff": staff.resolve(seen.staff)}


Line = TypeVar("Line", bound=View)


class ListView(View, Generic[Line]):
    """A list."""

    items: tuple[Line, ...]


class PageView(ListView[Line], Generic[Line]):
    """A page of a list."""

    unreadable: tuple[str, ...] = Field(
        (),
        description="Ids or numbers of records of this page that cannot be read, because they were altered",
    )
    next_cursor: str | None = None

    @classmethod
    def of(cls, page: RecordPage[Any, Any], line: Callable[[Any], Line]) -> Self:
        """Build the view; `line` shows a record."""
        return cls(
            items=tuple(map(line, page.found)), unreadable=tuple(page.unreadable), next_cursor=page.next
        )


class CaseStepView(StepView):
    """A step as operators see it. `why`: a fixed word, if it is stopped."""

    why: str | None = None


class KeptLineView(View):
    """Records of one kind that are kept, for one reason. Operators see secret ones too."""

    kind: str
    count: int
    ground: HoldGround
    law: str
    until: Instant
    hold: HoldId | None = Field(None, description="Absent for a statutory period")
    secret_until: Instant | None = None


class SeenAuthorityView(View):
    """The authority of a representative, as an operator read it in a file of the office."""

    kind: AuthoritySeen
    seen_on: date
    seen_by: StaffId
    reference: str | None = None


class CaseView(View):
    """A request as operators see it. `version` is the version in its ETag."""

    rights_request_id: RightsRequestId
    user_id: UserId | None = Field(None, description="Absent if no account belongs to the request")
    right: Right
    status: Status
    language: Language = Field(description="Of the subject: explain a decision in it")
    received_by: ReceivedBy
    received_at: Instant
    due_at: Instant
    days_left: int | None = Field(
        None, description="Present while the answer is outstanding; negative once it is overdue"
    )
    clock_stands_still: bool
    needs: Needed | None = Field(None, description="What an operator has to do first; absent if nothing")
    act_by: Instant | None = Field(None, description="By when, by law or by our rule; absent if nothing")
    extended: ExtendedView | None = None
    steps: tuple[CaseStepView, ...]
    runs_at: Instant | None = Field(
        None, description="When the next step runs; absent if an operator must act"
    )
    waits_for: WaitReason | None = Field(None, description="Why the next step waits; absent if it does not")
    tries: int = Field(description="Tries of the next step since its last outcome")
    unreachable_since: Instant | None = Field(
        None, description="Since when a service that the next step needs has not responded"
    )
    without_account: bool
    on_behalf: OnBehalf | None = None
    authority: SeenAuthorityView | None = None
    identity: IdentityView | None = None
    identity_checked_by: StaffId | None = Field(None, description="The first of two operators who check it")
    unwarned_until: Instant | None = Field(
        None, description="No channel of the account could be warned: the request waits until then"
    )
    contested_at: Instant | None = Field(None, description="A session of the account said no")
    proposed_extension: ProposedExtensionView | None = None
    voided_at: Instant | None = Field(None, description="Two operators voided the entry: it counts nowhere")
    evidence_owed: int = Field(description="Entries that cannot be appended, because the history was altered")
    missing: tuple[str, ...]
    reason: str | None = Field(None, description="What the subject gave as the reason")
    restraint: RestraintView | None = None
    lifting: LiftingView | None = None
    proposal: ProposalView | None = None
    decided_at: Instant | None = None
    decision: DecisionView | None = None
    closed_at: Instant | None = None
    version: int

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the view of the current state of a request."""
        return cls.showing(request, **_derived(request))


class WholeCaseView(WithEvidence, CaseView):
    """A request with its evidence, newest first; without it if an entry was altered."""

    correction: CorrectionView | None = None
    kept: tuple[KeptLineView, ...] = Field((), description="What an erasure kept, also what is secret")

    @classmethod
    def inspected(cls, seen: InspectedCase[RightsRequest]) -> Self:
        """Build the view of a request and its evidence."""
        request = seen.case
        proposed = request.proposal and ProposalView.showing(
            request.proposal, text=request.decision_text, letter=_letter(request, request.proposal)
        )
        return cls.showing(request, **_derived(request), proposal=proposed, **evidence_of(seen))


class EnteredView(CaseView):
    """A request that was entered. Its subject can follow the request with the receipt."""

    receipt: str

    @classmethod
    def with_receipt(cls, request: RightsRequest, receipt: str) -> Self:
        """Build the view of a request and its receipt."""
        return cls.showing(request, **_derived(request), receipt=receipt)


class CheckedView(CaseView):
    """A request whose subject's identity an operator checked."""

    release_key: str | None = Field(None, description="Give it to the owner who gets another number")
    open_erasure: RightsRequestId | None = Field(None, description="Of an account that gets another number")

    @classmethod
    def checked(cls, request: RightsRequest, by: StaffId) -> Self:
        """Build the view for the operator who checked it."""
        key, erasure = extend.release_key(request, by), extend.open_erasure(request)
        return cls.showing(request, **_derived(request), release_key=key, open_erasure=erasure)


def _derived(request: RightsRequest) -> dict[str, Any]:
    """The fields of a view that the request does not have under the same name."""
    public, extension = RequestView.of(request), request.notes.proposed_extension
    waiting = next(needs_of(request), None)
    return {
        **{name: getattr(public, name) for name in _SHARED_WITH_SUBJECT},
        "user_id": None if request.without_account else request.user_id,
        "identity_checked_by": request.notes.identity_checked_by,
        "unwarned_until": procedures.unwarned_until(request, clock.now()) if request.is_open else None,
        "contested_at": request.notes.contested_at,
        "proposed_extension": ProposedExtensionView.showing(extension) if extension else None,
        "days_left": request.clock.days_left(clock.now()) if request.is_open else None,
        "clock_stands_still": request.is_open and request.clock.is_paused(),
        "needs": waiting.needed if waiting else None,
        "act_by": waiting.due_at if waiting else None,
        "runs_at": request.run_at,
        "waits_for": request.wait_reason,
        "evidence_owed": len(request.owed),
        "restraint": RestraintView.of(request),
        "lifting": LiftingView.of(request),
    }


def _letter(request: RightsRequest, proposal: Proposal) -> str | None:
    """The answer that a proposal would be, in the subject's language; None for an entry that is voided."""
    decided = request.model_copy(update={"status": proposal.status, "refusal": proposal.reason})
    is_void = proposal.status is Status.CANCELLED
    return None if is_void else decisions.text(decided, settings().contact_email, request.language)


_SHARED_WITH_SUBJECT = (
    "rights_request_id", "right", "status", "received_at", "due_at", "extended", "decided_at", "decision",
    "without_account", "on_behalf", "identity",
)  # fmt: skip
