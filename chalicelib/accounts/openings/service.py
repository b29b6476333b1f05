"""The rules of letting in a session that waits (ACC-1, ADR 68).

A waiting session proved the number of an account that was unused for long. It is let in by a proof that a new
holder of the number does not have: a code to the mailbox of the account, or another session of the account,
stepped up. Invariants, also under crashes and concurrent requests:

- Time alone, another code to the number or another waiting session lets nothing in.
- No response before the right code depends on whether the account has a mailbox. Without one, nothing is
  sent, and no guess is right.
- The session is let in by one transaction with its proof. An account that lost its number since the proof of
  the waiting session lets it in no more.
"""

from contextlib import suppress

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.accounts.model import Account
from chalicelib.accounts.openings.model import LetIn, NotWaiting
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.service import devices, last_uses
from chalicelib.accounts.sessions import service as sessions
from chalicelib.accounts.sessions import store
from chalicelib.accounts.sessions.model import Scope, SecurityEventKind, Session
from chalicelib.accounts.sessions.store import OPEN_SESSION, SESSION
from chalicelib.core import needs
from chalicelib.core.errors import NotFound, SessionEnded, Unavailable
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, SessionId
from chalicelib.core.languages import Language
from chalicelib.core.needs import Claims
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy.subject_keys import DATA_KEY


def start(
    session: Session, profile: Profile | None, language: Language, key: IdempotencyKey | None
) -> ChallengeView:
    """Send a code to the account's mailbox, if it has one; only this session may use it.

    The codes count for the session: the requests of a stranger must not use up those of the owner (ADR 25).

    Raises:
        NotWaiting: the session is let in.
        TooManyCodes, EmailUnavailable, InProgress: see `challenges.start`.
    """
    if not session.is_waiting:
        raise NotWaiting
    asked = CodeRequest(
        purpose=ChallengePurpose.LET_IN,
        channel=CodeChannel.EMAIL,
        destination=(profile.proving_email if profile else None) or "",
        locale=language,
        scope=session.session_id,
        holder=session.session_id,
    )
    return challenges.start(asked, key).view()


def finish(
    session: Session, account: Account, profile: Profile | None, challenge_id: ChallengeId, code: str
) -> LetIn:
    """Verify the code and let the session in; for two minutes the same code has the same answer.

    A session that another one has let in since needs no mailbox any more, and gets that answer too.

    Raises:
        ChallengeExpired: see `challenges.check_code`; or the mailbox was changed since.
        WrongCode: see `challenges.check_code`.
        SessionEnded: the session was ended meanwhile.
        Unavailable: the account was changed meanwhile; the same code may be sent again.
    """
    ref = ChallengeRef(ChallengePurpose.LET_IN, challenge_id, holder=session.session_id)
    challenge = challenges.check_code(ref, code)
    if session.is_waiting and not challenge.used_at:
        if profile is None or challenge.email != (profile.proving_email or None):
            raise ChallengeExpired
        with suppress(challenges.UsedMeanwhile):
            _let_in(session, account, challenges.use_write(challenge, opened=None))
    view = sessions.session_view(session.model_copy(update={"scope": Scope.FULL}), account)
    return LetIn(user_id=account.user_id, session=view)


def confirm(account: Account, session_id: SessionId) -> None:
    """Let a waiting session of the caller's account in; repeating it changes nothing.

    Raises:
        NotFound: the account has no such session, or it ended with the number that it proved.
        Unavailable: the account was changed meanwhile.
    """
    found = needs.read_batch(Claims(account.account_id, session_id), (OPEN_SESSION, DATA_KEY))
    session = found[OPEN_SESSION]
    if session is None or session.has_ended_with(account):
        raise NotFound
    if session.is_waiting:
        try:
            _let_in(session, account)
        except SessionEnded:
            raise NotFound from None


def _let_in(session: Session, account: Account, *proof: Write) -> None:
    """Let a session in, as a sign-in on a device that the account knows from now on.

    The dispute about the number goes on until the device proves the number again (ADR 68).
    """
    try:
        commit(
            *proof,
            store.letting_in(session),
            store.event(account.account_id, SecurityEventKind.LET_IN, session.session_id),
            devices.recognition(account.account_id, session.device, session.session_id),
            last_uses.use_now(account.account_id),
            accounts.unchanged(account),
        )
    except store.NoSuchSession:
        _check_let_in(session)
    except accounts.AccountMoved:
        raise Unavailable from None


def _check_let_in(waited: Session) -> None:
    """Return if another call let the session in first.

    Raises:
        SessionEnded: it was ended instead.
    """
    session = needs.read_batch(Claims(waited.account_id, waited.session_id), (SESSION,))[SESSION]
    if session is None or session.is_waiting:
        raise SessionEnded
