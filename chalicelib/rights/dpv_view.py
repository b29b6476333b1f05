"""A request in terms of the W3C Data Privacy Vocabulary (DPV)."""

from typing import Self

from pydantic import Field

from chalicelib.core.http import View
from chalicelib.rights import states
from chalicelib.rights.model import Right, RightsRequest, Status
from chalicelib.rights.reasons import is_dpv_term


class DpvView(View):
    """The request in terms of the W3C Data Privacy Vocabulary (DPV)."""

    right: str = Field(examples=["eu-gdpr:A15"])
    status: str = Field(examples=["dpv:RequestFulfilled"])
    reason: str | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the DPV terms of a request."""
        why = request.refusal or (request.extension.reason if request.extension else None)
        if request.refusal and not is_dpv_term(request.refusal):
            why = None
        return cls(
            right=f"eu-gdpr:{_ARTICLES[request.right]}",
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
    if request.extension and request.status not in states.CLOSED - {Status.CANCELLED}:
        return _DELAYED
    return _DPV_STATUS[request.status]
