"""The rules of signup (ACC-1, ACC-2).

A number gets a code; the right code opens the number's account, or makes it. Three things hold
whatever races or breaks:

- A number has one account. The claim on it is made in the same transaction as the account; who loses
  that race signs in to the account that the winner made.
- A code opens one session. Using it up is part of the same transaction; the same code again, within
  two minutes, is answered with that session (an answer may have been lost), and never later.
- Nobody learns whether a number is registered before they have shown that it is theirs.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.core import clock, metrics, table
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.table import Write
from chalicelib.notices import service as notices
from chalicelib.profiles import service as profiles
from chalicelib.sessions import service as sessions
from chalicelib.sessions.model import Session
from chalicelib.signup import challenge as challenges
from chalicelib.signup import store
from chalicelib.signup.model import (
    Challenge,
    ChallengeExpired,
    ChallengeView,
    NewSignup,
    Verification,
    Verified,
)


def start(signup: NewSignup, address: ClientAddress, key: IdempotencyKey | None) -> ChallengeView:
    """Send a code to a number. Whether it is registered is not even looked up."""
    return challenges.start(signup, signup.number(), address, key).view()


def resend(challenge_id: ChallengeId) -> ChallengeView:
    """Send the same code again."""
    return challenges.resend(challenge_id).view()


def verify(challenge_id: ChallengeId, answer: Verification, address: ClientAddress) -> Verified:
    """Open the account of a number whose code was given back.

    Raises:
        TermsOutdated: something else was shown than what is current; no try is counted.
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenge.try_code`.
    """
    notices.check_current(answer.terms_version, answer.privacy_version)
    challenge = challenges.try_code(challenge_id, answer.code, address)
    if challenge.used_at:
        return _same_again(challenge)
    try:
        return _sign_in_whoever_races(challenge, answer)
    except store.UsedMeanwhile:
        return _used_by_twin(challenge)


def _sign_in_whoever_races(challenge: Challenge, answer: Verification) -> Verified:
    """Sign in; once more if another signup of this number won: its account is there now."""
    try:
        return _sign_in(challenge, answer)
    except (accounts.AlreadyClaimed, notices.AcceptedBefore):
        return _sign_in(challenge, answer)


def _sign_in(challenge: Challenge, answer: Verification) -> Verified:
    """Open a session of the number's account, made now if there is none: one transaction."""
    if challenge.phone is None or challenge.device is None:
        raise ChallengeExpired
    account = accounts.by_phone(challenge.phone)
    makes: list[Write] = []
    accepted = (answer.terms_version, answer.privacy_version)
    if opens := account is None:
        account, makes = accounts.open_account(challenge.phone, challenge.locale)
        makes += profiles.new_profile(account.account_id, answer.display_name)
        makes += notices.acceptances(account.account_id, *accepted)
    else:
        makes += notices.missing_acceptances(account.account_id, *accepted)
    session, opening = sessions.open_session(account, challenge.device)
    use = store.use(challenge, account.account_id, session.session_id, opens=opens)
    table.transact([use, *makes, opening])
    if opens:
        metrics.count(Metric.ACCOUNT_CREATED)
    metrics.count(Metric.SESSION_OPENED)
    return _verified(session, account, opens=opens)


def _used_by_twin(challenge: Challenge) -> Verified:
    """The answer for the slower of two requests with the same right code."""
    found = store.get(challenge.challenge_id)
    if found is None:
        raise ChallengeExpired
    return _same_again(found)


def _same_again(challenge: Challenge) -> Verified:
    """The session that this code opened, while it is fresh and has not been ended.

    Raises:
        ChallengeExpired: more than two minutes ago, or the session is over.
    """
    if not (challenge.used_at and challenge.account_id and challenge.session_id):
        raise ChallengeExpired
    if challenge.used_at + settings().verify_repeat < clock.now():
        raise ChallengeExpired
    account = accounts.by_id(challenge.account_id)
    session = sessions.find(challenge.account_id, challenge.session_id)
    if account is None or session is None:
        raise ChallengeExpired
    return _verified(session, account, opens=bool(challenge.new_account))


def _verified(session: Session, account: Account, *, opens: bool) -> Verified:
    return Verified(new_account=opens, user_id=account.user_id, session=sessions.shown(session, account))
