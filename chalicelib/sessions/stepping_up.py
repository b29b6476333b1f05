"""Stepping up: the owner of a session shows anew that the number is theirs (ADR 10).

A code goes to the account's own number. Given back in the same session, it is answered with an access
token that may do for ten minutes what a stolen one may not. Nothing of that is stored: the session
stays as it is, its refresh token too, and the next refresh gives a token like any other.
"""

from contextlib import suppress
from datetime import datetime

from chalicelib.accounts.model import Account
from chalicelib.challenges import service as challenges
from chalicelib.challenges.model import (
    Challenge,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.core import clock, metrics, table
from chalicelib.core.errors import SessionEnded
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.sessions import service, store
from chalicelib.sessions.model import SecurityEventKind, Session, SteppedUp


def start(session: Session, account: Account | None, key: IdempotencyKey | None) -> ChallengeView:
    """Send a code to the account's number.

    It counts against the account alone. The limits of the number, its prefix and the address are about
    strangers: what they ask for must not keep the owner from stepping up (ADR 25).

    Raises:
        SessionEnded: the account is gone.
        TooManyCodes, SmsUnavailable, InProgress: see `challenges.start`.
    """
    if account is None:
        raise SessionEnded
    asked = CodeRequest(
        purpose=ChallengePurpose.STEP_UP,
        channel=CodeChannel.SMS,
        destination=account.phone,
        locale=account.locale,
        scope=session.session_id,
        holder=session.session_id,
        account=account.account_id,
    )
    return challenges.start(asked, key).view()


def finish(session: Session, account: Account, challenge_id: ChallengeId, code: str) -> SteppedUp:
    """The session with a stepped-up access token, for the code that it asked for.

    A repetition ends when the first answer would have: it makes nothing longer.

    Raises:
        WrongCode, ChallengeExpired: see `challenges.try_code`.
    """
    ref = ChallengeRef(ChallengePurpose.STEP_UP, challenge_id, holder=session.session_id)
    challenge = challenges.try_code(ref, code)
    until = (challenge.used_at or _use(challenge, session)) + settings().step_up_life
    return SteppedUp(session=service.session_view(session, account, stepped_up_until=until))


def _use(challenge: Challenge, session: Session) -> datetime:
    """Use the code up; when that was. A twin that was quicker did so a moment ago, in the same session."""
    with suppress(challenges.UsedMeanwhile):
        event = store.event(session.account_id, SecurityEventKind.STEPPED_UP, session.session_id)
        table.transact([challenges.use_write(challenge, opened=None), event])
        metrics.count(Metric.SESSION_STEPPED_UP)
    return clock.now()
