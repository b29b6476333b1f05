"""Routes of a recovery. The function that signs in serves them: it alone reads the peppers."""

from chalice.app import Blueprint

from chalicelib.accounts.challenges.body import TO_MAILBOX, TO_NUMBER, VERIFYING, CodeBody
from chalicelib.accounts.challenges.model import ChallengeView
from chalicelib.accounts.profiles.model import NumberTaken
from chalicelib.accounts.recoveries import service
from chalicelib.accounts.recoveries.model import NewRecovery, RecoveryProof
from chalicelib.accounts.secrets.model import TooManyTries, WrongSecret
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Accepted, ClientAddress, NoContent, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId

recoveries = Blueprint(__name__)

_COUNTED = Unlimited("A code can be tried five times, and wrong codes are limited per address")


@route(
    recoveries,
    "POST",
    "/v1/recoveries",
    limit=Unlimited("Its codes are limited per mailbox and address"),
    problems=TO_MAILBOX,
)
def start_recovery(
    body: NewRecovery, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Send a code to a mailbox, for an owner who lost phone and number and has a PIN or a password.

    The response does not disclose whether the mailbox is known.
    """
    return Accepted(service.start(body, address, key))


@route(
    recoveries,
    "POST",
    "/v1/recoveries/{challenge_id}/proof",
    limit=_COUNTED,
    problems=(*VERIFYING, *TO_NUMBER, NotFound, WrongSecret, TooManyTries),
)
def prove_recovery(
    challenge_id: ChallengeId, body: RecoveryProof, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Send the code of the mailbox back, with the PIN or the password; a code goes to the new number.

    404: no account has this mailbox and such a secret, or one of them is less than seven days old. The same
    code works again, after a wrong secret and for another number.
    """
    return Accepted(service.prove(challenge_id, body, address, key))


@route(
    recoveries,
    "POST",
    "/v1/recoveries/{challenge_id}/verify",
    limit=_COUNTED,
    problems=(*VERIFYING, NumberTaken),
)
def verify_recovery(challenge_id: ChallengeId, body: CodeBody, address: ClientAddress) -> NoContent:
    """Send the code of the new number back. The account has it from now on, and all its sessions end.

    Then sign in with the number. The old number and the mailbox are notified before. For 72 hours no copy can
    be downloaded in the app, and no erasure becomes final.
    """
    service.finish(challenge_id, body.code, address)
    return NoContent()
