"""Stepping up: the owner of a session verifies the account's number again (ADR 10).

A code is sent to the account's own number. If the same session sends it back, the response has a stepped-up
access token, which for ten minutes permits calls that a stolen token must not make. The session and its
refresh token do not change, and the next refresh gives an ordinary access token.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
    SmsUnavailable,
)
from chalicelib.accounts.model import Account
from chalicelib.accounts.sessions import service, store
from chalicelib.accounts.sessions.model import SecurityEventKind, Session, SteppedUp
from chalicelib.core import clock, metrics
from chalicelib.core.errors import existing
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.transactions import commit


def start(
    session: Session, account: Account, mailbox: str | None, key: IdempotencyKey | None
) -> ChallengeView:
    """Send a code to the account's number, or to its mailbox if it has no number (ADR 68).

    It counts against the account alone. The limits of the number, its prefix and the address count requests
    of strangers, which must not prevent the owner from stepping up (ADR 25).

    Raises:
        TooManyCodes, SmsUnavailable, EmailUnavailable, InProgress: see `challenges.start`; or the account has
            neither.
    """
    destination = existing(account.phone or mailbox, SmsUnavailable)
    asked = CodeRequest(
        purpose=ChallengePurpose.STEP_UP,
        channel=CodeChannel.SMS if account.phone else CodeChannel.EMAIL,
        destination=destination,
        locale=account.locale,
        scope=session.session_id,
        holder=session.session_id,
        account=account.account_id,
    )
    return challenges.start(asked, key).view()


def finish(
    session: Session, account: Account, mailbox: str | None, challenge_id: ChallengeId, code: str
) -> SteppedUp:
    """Verify the code; returns the session with a stepped-up access token.

    If the request is repeated, the token is stepped up until the same instant as in the first response.

    Raises:
        WrongCode, ChallengeExpired: see `challenges.check_code`; or the code was sent to an earlier number or
            mailbox.
    """
    ref = ChallengeRef(ChallengePurpose.STEP_UP, challenge_id, holder=session.session_id)
    challenge = challenges.check_code(ref, code)
    sent_to = challenge.phone or challenge.email
    if sent_to and sent_to != (account.phone or mailbox):
        raise ChallengeExpired  # the number or mailbox was changed since the code was sent
    until = (challenge.used_at or _use(challenge, session)) + settings().step_up_life
    return SteppedUp(session=service.session_view(session, account, stepped_up_until=until))


def _use(challenge: Challenge, session: Session) -> datetime:
    """Mark the code as used; returns when. A concurrent request of the session may have done so."""
    with suppress(challenges.UsedMeanwhile):
        event = store.event(session.account_id, SecurityEventKind.STEPPED_UP, session.session_id)
        commit(challenges.use_write(challenge, opened=None), event)
        metrics.count(Metric.SESSION_STEPPED_UP)
    return clock.now()
