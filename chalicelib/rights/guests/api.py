"""Routes of privacy rights for people without a session."""

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.accounts.challenges.body import TO_EITHER, VERIFYING, CodeBody
from chalicelib.accounts.challenges.model import ChallengeView
from chalicelib.consents.model import NotOffered
from chalicelib.core.errors import Unavailable
from chalicelib.core.http import Accepted, ClientAddress, Created, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, RightsRequestId
from chalicelib.rights import service as requests
from chalicelib.rights.answers.views import ExportView, PaperView, ReceivedRequestView, RequestView
from chalicelib.rights.guests import service
from chalicelib.rights.guests.model import GivenContact, GuestRequest, Proving
from chalicelib.rights.papers.model import MAX_BYTES, NoMorePapers
from chalicelib.rights.request.receipts import Receipt
from chalicelib.rights.request.states import AlreadyOpen, ExportDeleted, NotNow, NotReady, ProofNotAccepted

routes = Blueprint(__name__)

_SENDING = (*TO_EITHER, Unavailable)
_PROVING = (*_SENDING, NotNow)
_LIMITED = Unlimited("Its codes are limited per number, mailbox, number prefix and address")
_COUNTED = Unlimited("A code can be tried five times, and wrong codes are limited per address")


@route(routes, "POST", "/v1/rights-requests/guest", limit=_LIMITED, problems=_SENDING)
def start_guest_request(
    body: GuestRequest, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Exercise a privacy right without a session: get a code at a number or mailbox.

    For people without an account or without access to it. The response does not disclose whether the number
    or mailbox is known.
    """
    return Accepted(service.start(body, address, key))


@route(
    routes,
    "POST",
    "/v1/rights-requests/guest/{challenge_id}/verify",
    limit=_COUNTED,
    problems=(*VERIFYING, AlreadyOpen),
)
def verify_guest_request(
    challenge_id: ChallengeId, body: CodeBody, address: ClientAddress
) -> Accepted[ReceivedRequestView]:
    """Send the code back; this makes the request.

    A copy or a deletion of an account needs a second proof. Without one, the request is
    `awaiting_verification`, and `identity` says what is missing. Only this response contains the receipt;
    repeat the call within two minutes to get it again.
    """
    taken = service.verify(challenge_id, body.code, address)
    return Accepted(ReceivedRequestView.with_receipt(taken.request, taken.receipt))


@route(routes, "POST", "/v1/rights-receipts/{rights_request_id}/proofs", limit=_LIMITED, problems=_PROVING)
def start_proof(
    rights_request_id: RightsRequestId,
    receipt: Receipt,
    body: GivenContact,
    address: ClientAddress,
    key: IdempotencyKey | None,
) -> Accepted[ChallengeView]:
    """Get a code at another number or mailbox of the account, as a further proof for a request.

    If our staff let the owner of the account have another number, get it at that number.
    """
    return Accepted(service.start_proof(rights_request_id, receipt.text, body, address, key))


@route(
    routes,
    "POST",
    "/v1/rights-receipts/{rights_request_id}/proofs/{challenge_id}/verify",
    limit=_COUNTED,
    problems=(*VERIFYING, NotNow, ProofNotAccepted),
)
def verify_proof(
    rights_request_id: RightsRequestId,
    challenge_id: ChallengeId,
    receipt: Receipt,
    body: Proving,
    address: ClientAddress,
) -> RequestView:
    """Send the code of a further proof back.

    If our staff let the owner of the account have another number, the code to a number and the `release_key`
    give it; see `number_again_at`.
    """
    return RequestView.of(service.add_proof(rights_request_id, receipt.text, challenge_id, body, address))


class OfferedPaperView(PaperView):
    """A form that uploads one file, which has to be its last part: a JPEG, PNG or WebP image, or a PDF."""

    url: str = Field(description="Where the form is sent, as `multipart/form-data`")
    fields: dict[str, str] = Field(description="The hidden fields of the form")
    max_bytes: int = MAX_BYTES


@route(
    routes,
    "POST",
    "/v1/rights-receipts/{rights_request_id}/papers",
    limit=Unlimited("A request takes six papers"),
    problems=(NotOffered, NotNow, NoMorePapers, Unavailable),
)
def offer_paper(rights_request_id: RightsRequestId, receipt: Receipt) -> Created[OfferedPaperView]:
    """Get a form that uploads one file, as proof of identity, while the request waits for that.

    The form works for ten minutes, in a browser without a script too. An image is stored without its
    metadata. All files are deleted days after the identity was decided. `identity` of the request lists them.
    """
    paper, form = service.offer_paper(rights_request_id, receipt.text)
    view = OfferedPaperView.showing(paper, **form)
    return Created(view, location=f"/v1/rights-receipts/{rights_request_id}")


@route(routes, "GET", "/v1/rights-receipts/{rights_request_id}/export", problems=(NotReady, ExportDeleted))
def get_export_by_receipt(rights_request_id: RightsRequestId, receipt: Receipt) -> ExportView:
    """Get a download link to the copy of a request that was made without a session."""
    link = requests.export_link_by_receipt(rights_request_id, receipt.text)
    return ExportView(url=link.url, expires_at=link.expires_at, sha256=link.file.sha256, size=link.file.size)
