"""Routes of messages to our support, for people with or without an account."""

from chalice.app import Blueprint

from chalicelib.accounts.challenges.body import TO_MAILBOX, VERIFYING, CodeBody
from chalicelib.accounts.challenges.model import ChallengeView
from chalicelib.core.errors import Unavailable
from chalicelib.core.http import Accepted, ClientAddress, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.staff.support import service
from chalicelib.staff.support.model import NewSupportMessage, ReceivedSupportMessage

routes = Blueprint(__name__)

_LIMITED = Unlimited("Its codes are limited per mailbox and address")
_COUNTED = Unlimited("A code can be tried five times, and wrong codes are limited per address")


@route(routes, "POST", "/v1/support-messages", limit=_LIMITED, problems=(*TO_MAILBOX, Unavailable))
def start_support_message(
    body: NewSupportMessage, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Write to our support: get a code at the mailbox that will get the answer.

    The response does not disclose whether the mailbox is known.
    """
    return Accepted(service.start(body, address, key))


@route(routes, "POST", "/v1/support-messages/{challenge_id}/verify", limit=_COUNTED, problems=VERIFYING)
def verify_support_message(
    challenge_id: ChallengeId, body: CodeBody, address: ClientAddress
) -> Accepted[ReceivedSupportMessage]:
    """Send the code back; this sends the message.

    Repeat the call within two minutes to get the response again.
    """
    return Accepted(service.verify(challenge_id, body.code, address))
