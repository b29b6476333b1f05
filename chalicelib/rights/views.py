"""Requests and responses of the subject's routes: bodies, the receipt's header, terms of DPV."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from chalicelib.certificates.envelope import Envelope
from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.errors import NotFound
from chalicelib.core.http import View
from chalicelib.core.http.parameters import Header
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.privacy import authorities, words
from chalicelib.privacy.controller import SupervisoryAuthority
from chalicelib.rights import messages, procedures, states
from chalicelib.rights.deadline import ExtensionReason
from chalicelib.rights.kept import KeptData
from chalicelib.rights.model import (
    ReceivedBy,
    RefusalReason,
    Right,
    RightsRequest,
    Status,
    StepState,
    StepStatus,
)
from chalicelib.rights.problems import TooLate


class Receipt(Header):
    """The proof that a request was received. Sent in a header, because paths end up in logs."""

    name = "Rights-Receipt"
    description = "The receipt from the response that accepted the request."
    problems = (NotFound,)

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def parse(cls, value: str) -> Self:
        """Accept any text; the service checks whether it is the receipt."""
        return cls(value.strip())

    @classmethod
    def absent(cls) -> Self:
        """Respond with 404 if there is no receipt."""
        raise NotFound


class ExtendedView(View):
    """An extension of the deadline, and its reason (Art. 12(3) GDPR)."""

    until: Instant
    reason: ExtensionReason


class StepView(View):
    """A step in the processing of a request. `at`: when it reached this status."""

    name: str
    status: StepStatus
    at: Instant | None = None


class KeptView(View):
    """Records of one kind that are kept although their erasure was requested, by one law, until an end."""

    what: str
    law: str
    until: Instant | None = None

    @classmethod
    def of(cls, kept: KeptData) -> Self:
        """Build the view."""
        return cls(what=words.title(kept.kind), law=kept.law, until=kept.until)


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
    def of(cls, authority: SupervisoryAuthority) -> Self:
        """Build the view."""
        return cls(
            name=authority.name,
            url=authority.url,
            address=authority.address or None,
            phone=authority.phone or None,
        )


class CertificateFile(View):
    """The signed certificate. The body as it is sent is the file to keep.

    It is canonical JSON, so the fields are in alphabetical order.
    """

    algorithm: Literal["ECDSA_SHA_256"]
    certificate: str = Field(description="The signed bytes, as base64url with padding")
    kid: str = Field(description="The key that signed, see `/v1/certificate-keys`")
    signature: str = Field(description="The signature in DER, as base64url with padding")

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """Build the view."""
        return cls.model_validate_json(envelope.document())


class DpvView(View):
    """The request in terms of the W3C Data Privacy Vocabulary (DPV)."""

    right: str = Field(examples=["eu-gdpr:A15"])
    status: str = Field(examples=["dpv:RequestFulfilled"])
    reason: str | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the DPV terms of a request."""
        why = request.refusal or (request.extension.reason if request.extension else None)
        return cls(
            right=f"eu-gdpr:{_ARTICLES[request.right]}",
            status=f"dpv:{_dpv_status(request)}",
            reason=f"eu-gdpr:{why}" if why else None,
        )


class RequestView(View):
    """A rights request as its subject sees it."""

    id: RightsRequestId
    right: Right
    status: Status
    received_by: ReceivedBy = Field(description="`inactivity`: no request, the account was idle")
    received_at: Instant
    due_at: Instant
    extended: ExtendedView | None = None
    decided_at: Instant | None = None
    decision: DecisionView | None = None
    cancellable: bool = Field(description="Whether a cancellation would be accepted now")
    cancellable_until: Instant | None = Field(None, description="Erasure: its deletion begins then, or later")
    steps: tuple[StepView, ...]
    authority: tuple[AuthorityView, ...]
    remedy: str = "You can complain to one of these authorities or go to court."
    dpv: DpvView

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the view of the current state of a request."""
        now = clock.now()
        due = request.clock.due_at(request.closed_at or now)
        extension = request.extension
        named = authorities.for_country(request.country)
        return cls(
            id=request.request_id,
            right=request.right,
            status=request.status_openly(now),
            received_by=request.received_by,
            received_at=request.received_at,
            due_at=due,
            extended=ExtendedView(until=due, reason=extension.reason) if extension else None,
            decided_at=request.decided_at,
            decision=_decision(request),
            cancellable=_is_cancellable(request),
            cancellable_until=request.notes.cancellable_until if _is_cancellable(request) else None,
            steps=tuple(StepView(name=s.name, status=s.status, at=s.at) for s in _steps(request, now)),
            authority=tuple(AuthorityView.of(authority) for authority in named),
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
    next: str | None = None


class ExportView(View):
    """A download link to the copy.

    Anyone with the link can download the copy, so it expires soon.
    """

    url: str
    expires_at: Instant
    sha256: str
    size: int = Field(description="Bytes")


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

_ARTICLES: dict[Right, str] = {
    Right.ACCESS: "A15",
    Right.PORTABILITY: "A20",
    Right.RECTIFICATION: "A16",
    Right.ERASURE: "A17",
    Right.RESTRICTION: "A18",
    Right.OBJECTION: "A21",
    Right.MARKETING_OBJECTION: "A21",
    Right.CONSENT_WITHDRAWAL: "A7-3",
}


def _dpv_status(request: RightsRequest) -> str:
    """The DPV term for the status of a request."""
    if request.extension and request.status not in states.CLOSED:
        return _DELAYED
    return _DPV_STATUS[request.status]


def _steps(request: RightsRequest, now: datetime) -> tuple[StepState, ...]:
    """The steps that are shown: none of them discloses that a secret hold is waited for."""
    openly = any(line.hold for line in request.kept_openly(now))
    shown = (step for step in request.steps if openly or step.name != procedures.AWAIT_LAPSE)
    return tuple(map(_without_waits, shown))


def _without_waits(step: StepState) -> StepState:
    """`capture` may wait for the confirmation of a secret hold: it is shown as waiting until it is done."""
    if step.name == procedures.CAPTURE and step.status is StepStatus.IN_PROGRESS:
        return StepState(name=step.name)
    return step


def _is_cancellable(request: RightsRequest) -> bool:
    try:
        states.check_open(request)
    except TooLate:
        return False
    return True


def _decision(request: RightsRequest) -> DecisionView | None:
    if request.decided_at is None or request.status not in states.CLOSED - {Status.CANCELLED}:
        return None
    now = clock.now()
    return DecisionView(
        outcome=request.status_openly(now),
        reason_code=request.refusal,
        text=request.decision_text or messages.decision(request, settings().contact_email),
        kept=tuple(map(KeptView.of, request.kept_openly(now))),
    )
