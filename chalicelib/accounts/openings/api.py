"""Routes of letting in a session that waits, and of stepping up: codes to number or mailbox."""

from chalice.app import Blueprint

from chalicelib.accounts.challenges.body import CodeBody
from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    ChallengeView,
    EmailUnavailable,
    SmsUnavailable,
    TooManyCodes,
    WrongCode,
)
from chalicelib.accounts.model import Account
from chalicelib.accounts.openings import service
from chalicelib.accounts.openings.model import LetIn, NotWaiting
from chalicelib.accounts.profiles.store import READABLE_PROFILE
from chalicelib.accounts.service import LANGUAGE, OPEN_ACCOUNT
from chalicelib.accounts.sessions import step_up
from chalicelib.accounts.sessions.caller import RightsCaller, SessionHolder, StepUpCaller
from chalicelib.accounts.sessions.model import SteppedUp
from chalicelib.accounts.sessions.store import OPEN_SESSION
from chalicelib.core.errors import InProgress, SessionEnded, Unavailable, existing
from chalicelib.core.http import Accepted, NoContent, Unlimited, route
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, SessionId
from chalicelib.privacy.subject_keys import DATA_KEY

openings = Blueprint(__name__)


@route(
    openings,
    "POST",
    "/v1/sessions/opening",
    needs=(DATA_KEY, LANGUAGE, READABLE_PROFILE),
    limit=Unlimited("Its codes are limited: 3 a day for each session"),
    problems=(NotWaiting, TooManyCodes, EmailUnavailable, InProgress),
)
def start_opening(caller: SessionHolder, key: IdempotencyKey | None) -> Accepted[ChallengeView]:
    """Send a code to the mailbox of the account, to let in this session, which is of scope `waiting`.

    The response is the same if the account has no mailbox, or verified it less than seven days ago. Then no
    code is sent.
    """
    return Accepted(service.start(caller.session, caller[READABLE_PROFILE], caller[LANGUAGE], key))


@route(
    openings,
    "POST",
    "/v1/sessions/opening/{challenge_id}/verify",
    needs=(DATA_KEY, OPEN_SESSION, READABLE_PROFILE),
    limit=Unlimited("A code can be tried five times, and codes are limited"),
    problems=(WrongCode, ChallengeExpired, Unavailable),
)
def verify_opening(caller: SessionHolder, challenge_id: ChallengeId, body: CodeBody) -> LetIn:
    """Verify the code, in the session that requested it. From now on the session has full scope.

    The refresh token stays the same. If the response is lost, send the same code again within two minutes.
    """
    session = existing(caller[OPEN_SESSION], SessionEnded)
    return service.finish(session, caller.account, caller[READABLE_PROFILE], challenge_id, body.code)


@route(
    openings,
    "POST",
    "/v1/sessions/{session_id}/confirm",
    limit=Unlimited("Repeating it changes nothing"),
    problems=(Unavailable,),
)
def confirm_session(caller: StepUpCaller, session_id: SessionId) -> NoContent:
    """Let in another session of the account, which is of scope `waiting`.

    To refuse it, send DELETE /v1/sessions/{session_id}.
    """
    service.confirm(caller.account, session_id)
    return NoContent()


@route(
    openings,
    "POST",
    "/v1/sessions/step-up",
    needs=(OPEN_ACCOUNT, DATA_KEY, READABLE_PROFILE),
    limit=Unlimited("Its codes are limited: 5 a day per account"),
    problems=(TooManyCodes, SmsUnavailable, EmailUnavailable, InProgress),
)
def start_step_up(caller: RightsCaller, key: IdempotencyKey | None) -> Accepted[ChallengeView]:
    """Send a code to the account's own number, to step this session up for sensitive requests.

    An account that lost its number gets the code by mail.
    """
    account, mailbox = _account_and_mailbox(caller)
    return Accepted(step_up.start(caller.session, account, mailbox, key))


@route(
    openings,
    "POST",
    "/v1/sessions/step-up/{challenge_id}/verify",
    needs=(OPEN_ACCOUNT, DATA_KEY, READABLE_PROFILE),
    limit=Unlimited("A code can be tried five times, and codes are limited"),
    problems=(WrongCode, ChallengeExpired),
)
def verify_step_up(caller: RightsCaller, challenge_id: ChallengeId, body: CodeBody) -> SteppedUp:
    """Verify the code, in the session that requested it.

    The access token in the response is stepped up for ten minutes. The refresh token stays the same. A
    refresh returns an access token that is not stepped up.
    """
    account, mailbox = _account_and_mailbox(caller)
    return step_up.finish(caller.session, account, mailbox, challenge_id, body.code)


def _account_and_mailbox(caller: RightsCaller) -> tuple[Account, str | None]:
    profile = caller[READABLE_PROFILE]
    mailbox = profile.proving_email if profile else None
    return existing(caller[OPEN_ACCOUNT], SessionEnded), mailbox
