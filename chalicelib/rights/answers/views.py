"""Responses of the routes for rights requests, as their subject sees them.

They include what a request restricts, which recipients were notified, and its terms in the W3C Data Privacy
Vocabulary (DPV).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import DisclosureId, PaperId, RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook
from chalicelib.core.settings import settings
from chalicelib.privacy import remedies, words
from chalicelib.privacy.controller import SupervisoryAuthority
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Ground
from chalicelib.privacy.serbian import PRIVACY
from chalicelib.rights.answers import decisions
from chalicelib.rights.papers.model import IdentityPaper, PaperFlaw, PaperState
from chalicelib.rights.request import declaration, recipients, states
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.duties import proof_lapses_at
from chalicelib.rights.request.model import (
    PROOFS_NEEDED,
    IdentityProof,
    KeptData,
    OnBehalf,
    RightsRequest,
    StepState,
)
from chalicelib.rights.request.notes import RecipientOutcome, RestraintNotes
from chalicelib.rights.request.recipients import ShownRecipient
from chalicelib.rights.request.states import TooLate
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status, StepStatus
from chalicelib.staff.disclosures.model import Disclosure


class RecipientNoticeView(View):
    """A recipient of data that the request changed, and whether it was notified (Art. 19 GDPR)."""

    name: str
    outcome: RecipientOutcome = Field(
        description="`not_applicable`: nothing to correct. `deferred`: until the account is active again"
    )
    notified_at: Instant | None = None
    reason: str | None = Field(None, description="Why there is nothing to notify")

    @classmethod
    def of(cls, shown: ShownRecipient, say: Phrasebook) -> Self:
        """Build the view."""
        notice = shown.notice
        at = notice.at if notice.outcome is RecipientOutcome.NOTIFIED else None
        reason = say(recipients.WHY[notice.why]) if notice.why else None
        return cls(name=say(shown.name), outcome=notice.outcome, notified_at=at, reason=reason)


class RestraintView(View):
    """A restriction or objection: what it covers, and how long it lasts.

    It ends at once by `POST /v1/rights-requests/{rights_request_id}/lift`.
    """

    purposes: tuple[Purpose, ...] = Field(
        description="Empty for a restriction of each use that the law lets it stop"
    )
    ground: Ground | None = Field(None, description="Of a restriction: the letter in Art. 18(1) GDPR")
    began_at: Instant
    ends_at: Instant | None = Field(None, description="We announced that it ends then (Art. 18(3) GDPR)")
    ends_because: str | None = None
    ended_at: Instant | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self | None:
        """Build the view; None for a request that restricts nothing."""
        notes = request.notes
        if not isinstance(notes, RestraintNotes) or notes.since is None:
            return None
        ends_at = notes.lifting.ends_at if notes.lifting else None
        because = request.lifting_text if ends_at else None
        return cls.showing(notes, began_at=notes.since, ends_at=ends_at, ends_because=because)


class DpvView(View):
    """The request in terms of the W3C Data Privacy Vocabulary (DPV)."""

    right: str = Field(examples=["eu-gdpr:A15"])
    status: str = Field(examples=["dpv:RequestFulfilled"])
    reason: str | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the DPV terms of a request."""
        why = request.refusal or (request.extension.reason if request.extension else None)
        if request.refusal and not request.refusal.is_dpv_term:
            why = None
        return cls(
            right=f"eu-gdpr:{declaration.of(request.right).dpv}",
            status=f"dpv:{_dpv_status(request)}",
            reason=f"eu-gdpr:{why}" if why else None,
        )


# Terms of W3C DPV 2.3 with its eu-gdpr extension. Several statuses share a term, so terms are never read.
_DPV_STATUS: dict[Status, str] = {
    Status.RECEIVED: "RequestInitiated",
    Status.AWAITING_VERIFICATION: "RequestRequiresAction",
    Status.IN_PROGRESS: "RequestAccepted",
    Status.AWAITING_PROCESSOR: "RequestRequiredActionPerformed",
    Status.AWAITING_REVIEW: "RequestAcknowledged",
    Status.COMPLETED: "RequestFulfilled",
    Status.PARTIALLY_COMPLETED: "RequestFulfilled",
    Status.REFUSED: "RequestRejected",
    Status.CANCELLED: "ActivityHalted",
}

_DELAYED = "RequestActionDelayed"


def _dpv_status(request: RightsRequest) -> str:
    """The DPV term for the status of a request."""
    if request.extension and request.status not in states.CLOSED - {Status.CANCELLED}:
        return _DELAYED
    return _DPV_STATUS[request.status]


Named = Mapping[DisclosureId, Disclosure]  # those that the notices of a request name
Papers = Iterable[IdentityPaper]


class ExtendedView(View):
    """An extension of the deadline, and its reason (Art. 12(3) GDPR)."""

    due_at: Instant
    reason: ExtensionReason


class StepView(View):
    """A step in the processing of a request. `changed_at`: when it reached this status."""

    name: str
    status: StepStatus
    changed_at: Instant | None = None


class KeptView(View):
    """Records of one kind that are kept although their erasure was requested, by one law, until an end."""

    what: str
    law: str
    ends_at: Instant | None = None

    @classmethod
    def of(cls, kept: KeptData, say: Phrasebook) -> Self:
        """Build the view. The law of a hold is as operators recorded it."""
        return cls(what=say(words.title(kept.kind)), law=say(kept.law), ends_at=kept.until)


class DecisionView(View):
    """The decision about a request."""

    outcome: Status
    reason_code: RefusalReason | None = None
    text: str
    kept: tuple[KeptView, ...] = ()


class AuthorityView(View):
    """A supervisory authority that handles complaints (Art. 77 GDPR, Art. 82 ZZPL; RGT-9).

    The subject can also go to court (Art. 79 GDPR, Art. 84 ZZPL).
    """

    name: str
    url: str
    address: str | None = None
    phone: str | None = None

    @classmethod
    def of(cls, authority: SupervisoryAuthority, say: Phrasebook) -> Self:
        """Build the view."""
        name, address = say(authority.name), say(authority.address) or None
        return cls.showing(authority, name=name, address=address, phone=authority.phone or None)


class PaperView(View):
    """A file by which a person proves their identity. It is `waiting` until it is uploaded."""

    paper_id: PaperId
    state: PaperState
    flaw: PaperFlaw | None = Field(None, description="Why it was rejected")
    expires_at: Instant = Field(description="Until when it can be uploaded")


class IdentityView(View):
    """The proofs that a request which waits for them comes from the account's owner.

    The work on it begins with the mailbox and one of number and device. The mailbox counts 7 days after it
    was added, and neither counts for 72 hours after a change of the number. Number and device are one proof.
    Further ones: `POST /v1/rights-receipts/{rights_request_id}/proofs`.
    """

    proofs: tuple[IdentityProof, ...]
    needed: int = PROOFS_NEEDED
    refused_at: Instant = Field(description="Without them, the request is refused then")
    papers: tuple[PaperView, ...] | None = Field(
        None, description="Files for that, oldest first, by the receipt only; absent while we take none"
    )

    @classmethod
    def of(cls, request: RightsRequest, now: datetime, papers: Papers | None = None) -> Self | None:
        """Build the view; None unless the request waits for its subject's proof."""
        if request.status is not Status.AWAITING_VERIFICATION or not request.notes.identity_asked_at:
            return None
        shown = None if papers is None else tuple(map(PaperView.showing, papers))
        return cls(proofs=request.proofs, refused_at=proof_lapses_at(request, now), papers=shown)


class RequestView(View):
    """A rights request as its subject sees it."""

    rights_request_id: RightsRequestId
    right: Right
    status: Status
    received_by: ReceivedBy = Field(description="`inactivity`: no request, the account was idle")
    received_at: Instant
    due_at: Instant
    extended: ExtendedView | None = None
    without_account: bool = Field(
        default=False, description="No account has the number or mailbox of the request, or it names none"
    )
    on_behalf: OnBehalf | None = Field(None, description="The person who made the request for the subject")
    identity: IdentityView | None = None
    decided_at: Instant | None = None
    decision: DecisionView | None = None
    cancellable: bool = Field(description="Whether a cancellation would be accepted now")
    cancellable_until: Instant | None = Field(None, description="Erasure: its deletion begins then, or later")
    number_again_at: Instant | None = Field(
        None, description="Another account has the number: prove it again then, to take it"
    )
    restraint: RestraintView | None = Field(None, description="Restriction and objection: what is stopped")
    steps: tuple[StepView, ...]
    recipients: tuple[RecipientNoticeView, ...] = Field(
        (), description="Recipients of data that the request changed, except those that a law keeps secret"
    )
    authority: tuple[AuthorityView, ...]
    remedy: str = Field(description="Where the subject can complain, and the right to go to court")
    dpv: DpvView

    @classmethod
    def of(
        cls,
        request: RightsRequest,
        language: Language | None = None,
        disclosures: Named | None = None,
        papers: Papers | None = None,
    ) -> Self:
        """Build the view of the current state of a request.

        Args:
            request: the request.
            language: of the reader; None: the one kept with the request.
            disclosures: those that the notices of the request name.
            papers: those by which the subject proves their identity, if the reader may see them.
        """
        language = language or request.language
        say = Phrasebook(language, PRIVACY)
        now = clock.now()
        due = request.clock.due_at(request.closed_at or now)
        extension = request.extension
        named = remedies.authorities_for(request.country)
        notified = recipients.shown(request, disclosures or {}, now)
        cancellable = _is_cancellable(request)
        return cls.showing(
            request,
            rights_request_id=request.request_id,
            status=request.status_openly(now),
            due_at=due,
            extended=ExtendedView(due_at=due, reason=extension.reason) if extension else None,
            identity=IdentityView.of(request, now, papers),
            decision=_decision(request, say),
            cancellable=cancellable,
            cancellable_until=request.notes.cancellable_until if cancellable else None,
            number_again_at=request.notes.number_again_at if request.is_open else None,
            restraint=RestraintView.of(request),
            steps=_steps(request, now),
            recipients=tuple(RecipientNoticeView.of(one, say) for one in notified),
            authority=tuple(AuthorityView.of(authority, say) for authority in named),
            remedy=remedies.in_words(request.country, language),
            dpv=DpvView.of(request),
        )


class ReceivedRequestView(RequestView):
    """A rights request that was received.

    The receipt proves this, even after the account is deleted.
    """

    receipt: str = Field(description="For the header Rights-Receipt. No other response contains it")

    @classmethod
    def with_receipt(cls, request: RightsRequest, receipt: str) -> Self:
        """Build the view of a request and its receipt."""
        return cls(**dict(RequestView.of(request)), receipt=receipt)


class RequestList(View):
    """A page of rights requests, newest first."""

    items: tuple[RequestView, ...]
    next_cursor: str | None = None


class ExportView(View):
    """A download link to the copy.

    Anyone with the link can download the copy, so it expires soon.
    """

    url: str
    expires_at: Instant
    sha256: str
    size: int = Field(description="Bytes")


def _steps(request: RightsRequest, now: datetime) -> tuple[StepState, ...]:
    """The steps that are shown: none of them discloses that a secret hold is waited for."""
    openly, right = any(line.hold for line in request.kept_openly(now)), declaration.of(request.right)
    return tuple(
        StepState(name=step.name)
        if step.name == right.shown_when_done and step.status is StepStatus.IN_PROGRESS
        else step
        for step in request.steps
        if openly or step.name != right.unshown
    )


def _is_cancellable(request: RightsRequest) -> bool:
    try:
        states.check_cancellable(request)
    except TooLate:
        return False
    return True


def _decision(request: RightsRequest, say: Phrasebook) -> DecisionView | None:
    if request.decided_at is None or request.status not in states.CLOSED - {Status.CANCELLED}:
        return None
    now = clock.now()
    return DecisionView(
        outcome=request.status_openly(now),
        reason_code=request.refusal,
        text=decisions.text(request, settings().contact_email, say.language),
        kept=tuple(KeptView.of(kept, say) for kept in request.kept_openly(now)),
    )
