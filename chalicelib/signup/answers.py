"""The answers to a right code, also to one that is repeated within two minutes after its use."""

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import Challenge, ChallengeExpired, Opened
from chalicelib.accounts.model import Account
from chalicelib.accounts.sessions import service as sessions
from chalicelib.accounts.sessions.model import Session
from chalicelib.core.errors import existing
from chalicelib.signup.model import Verified


def verified(session: Session, account: Account, opened: Opened) -> Verified:
    """The session that a code opened, as its device sees it."""
    return Verified(
        new_account=opened.new_account,
        user_id=None if session.is_waiting else account.user_id,
        session=sessions.session_view(session, account),
    )


def of_slower_twin(challenge: Challenge) -> Verified:
    """The response to the slower of two concurrent requests with the same right code."""
    return repeated(existing(challenges.get(challenge.ref), ChallengeExpired))


def repeated(challenge: Challenge) -> Verified:
    """The session that this code opened.

    Raises:
        ChallengeExpired: the session has ended.
    """
    opened = existing(challenge.opened, ChallengeExpired)
    session, account = existing(sessions.read_opened(opened), ChallengeExpired)
    return verified(session, account, opened)
