"""Routes of profiles."""

from chalice.app import Blueprint

from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import PEER
from chalicelib.accounts.challenges.body import TO_MAILBOX, TO_NUMBER, CodeBody
from chalicelib.accounts.challenges.model import ChallengeExpired, ChallengeView, WrongCode
from chalicelib.accounts.profiles import number_change, service, verification
from chalicelib.accounts.profiles.model import (
    EmailTaken,
    NewEmail,
    NewNumber,
    NumberTaken,
    OwnProfile,
    PublicProfile,
)
from chalicelib.accounts.profiles.service import PIN, PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.accounts.sessions.caller import ActiveStepUpCaller, Caller
from chalicelib.accounts.sessions.store import OPEN_SESSION
from chalicelib.core.errors import NotFound, SessionEnded, Unavailable, existing
from chalicelib.core.http import Accepted, ClientAddress, Tagged, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, UserId
from chalicelib.privacy.subject_keys import DATA_KEY

profiles = Blueprint(__name__)

_OWN = (DATA_KEY, OPEN_ACCOUNT, PROFILE, PIN, AVATAR)


@route(profiles, "GET", "/v1/profile", needs=_OWN, problems=(NotFound,))
def read_profile(caller: Caller) -> Tagged[OwnProfile]:
    """Get the caller's own profile, with the ETag that a change requires."""
    account, profile = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    return Tagged(OwnProfile.of(account, profile, caller[PIN], caller[AVATAR]), etag=profile.etag)


@route(
    profiles,
    "POST",
    "/v1/profile/email",
    needs=_OWN,
    limit=Unlimited("Its codes are limited: 20 a day per account, and per mailbox"),
    problems=(NotFound, *TO_MAILBOX),
)
def start_email(
    caller: ActiveStepUpCaller, body: NewEmail, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Send a code to an email address.

    The response does not disclose whether the address is in use.
    """
    account, _ = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    return Accepted(verification.start(account, body, address, key))


@route(
    profiles,
    "POST",
    "/v1/profile/email/{challenge_id}/verify",
    needs=_OWN,
    limit=Unlimited("A code can be tried five times, and codes are limited"),
    problems=(NotFound, WrongCode, ChallengeExpired, EmailTaken, Unavailable),
)
def verify_email(caller: ActiveStepUpCaller, challenge_id: ChallengeId, body: CodeBody) -> Tagged[OwnProfile]:
    """Verify the code and set the email address on the profile.

    Works in any stepped-up session of the account. The number and a replaced address are notified before.

    To remove the address, send PATCH /v1/profile with `"email": null`.
    """
    account, profile = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    profile = verification.finish(caller.session, account, profile, caller[DATA_KEY], challenge_id, body.code)
    return Tagged(OwnProfile.of(account, profile, caller[PIN], caller[AVATAR]), etag=profile.etag)


@route(
    profiles,
    "POST",
    "/v1/profile/phone",
    needs=_OWN,
    limit=Unlimited("Its codes are limited: 5 a day per account, and per number"),
    problems=(NotFound, *TO_NUMBER),
)
def start_number_change(
    caller: ActiveStepUpCaller, body: NewNumber, address: ClientAddress, key: IdempotencyKey | None
) -> Accepted[ChallengeView]:
    """Send a code to a new mobile number of the account.

    The response does not disclose whether the number is registered. Nothing changes before the code is
    verified, in this session.
    """
    account, _ = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    return Accepted(number_change.start(caller.session, account, body, address, key))


@route(
    profiles,
    "POST",
    "/v1/profile/phone/{challenge_id}/verify",
    needs=(*_OWN, OPEN_SESSION),
    limit=Unlimited("A code can be tried five times, and codes are limited"),
    problems=(NotFound, WrongCode, ChallengeExpired, NumberTaken, Unavailable),
)
def verify_number(
    caller: ActiveStepUpCaller, challenge_id: ChallengeId, body: CodeBody
) -> Tagged[OwnProfile]:
    """Verify the code and change the number; from then on only the new number opens the account.

    All sessions stay. The old number and the verified address are notified. For 72 hours no copy can be
    downloaded in the app, and no erasure becomes final. If the response is lost, send the same code again
    within two minutes. If another account has the number, nothing changes (`number_taken`).
    """
    account, profile = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    session = existing(caller[OPEN_SESSION], SessionEnded)
    account, profile = number_change.finish(
        session, account, profile, caller[DATA_KEY], challenge_id, body.code
    )
    return Tagged(OwnProfile.of(account, profile, caller[PIN], caller[AVATAR]), etag=profile.etag)


@route(profiles, "GET", "/v1/users/{user_id}", needs=PEER)
def read_user(caller: Caller, user_id: UserId) -> PublicProfile:
    """Get the profile that a user shows to others."""
    return service.read_public_profile(blocks.peer_of(caller.found), user_id)
