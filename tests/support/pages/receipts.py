"""Requests for pages, and the page of a request as its reader gets it."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.languages import Language
from chalicelib.rights.request.model import IdentityProof, RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import Right, Status
from chalicelib.site.forms import shown
from chalicelib.site.forms.open_form import OpenForm
from chalicelib.site.layout import Reader
from tests.support.cases.certificates import REQUEST
from tests.support.pages.reading import Read, read

CONTACT = "privacy@test.example"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACCOUNT, USER = AccountId.new(), UserId.new()


def a_request(**changes: Any) -> RightsRequest:
    """Return a request for an erasure in its time of waiting."""
    given: dict[str, Any] = {
        "request_id": REQUEST,
        "account_id": ACCOUNT,
        "user_id": USER,
        "right": Right.ERASURE,
        "received_at": NOON,
        "status": Status.IN_PROGRESS,
        **changes,
    }
    return RightsRequest(**given)


def closed(status: Status, **changes: Any) -> RightsRequest:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    return a_request(status=status, decided_at=at, closed_at=at, **changes)


# An erasure that waits for a further proof of its owner.
UNPROVEN = a_request(
    status=Status.AWAITING_VERIFICATION,
    proofs=(IdentityProof.NUMBER, IdentityProof.DEVICE),
    notes=ErasureNotes(identity_asked_at=NOON),
)


def markup_of(request: RightsRequest, language: Language = Language.ENGLISH) -> str:
    """Return the page of a request whose form was opened at noon."""
    opened = OpenForm(token="token", opened_at=NOON, request_id=request.request_id, receipt="1.receipt")
    return shown.request(Reader("/privacy/form", language), opened, request, (), None)


def page_of(request: RightsRequest, language: Language = Language.ENGLISH) -> Read:
    """Return the elements and texts of the page of a request."""
    return read(markup_of(request, language))
