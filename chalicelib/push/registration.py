"""Registers the push token of a signed-in device (ADR 109)."""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.push_tokens.model import NewPushToken, PushDevices, PushProof
from chalicelib.accounts.push_tokens.service import Registrant
from chalicelib.accounts.sessions import liveness as sessions
from chalicelib.accounts.sessions.model import Session
from chalicelib.consents.model import NotOffered
from chalicelib.consents.notices import service as notices
from chalicelib.core.errors import SessionEnded
from chalicelib.privacy.purposes import Practice
from chalicelib.push import asks


def register(session: Session, new: NewPushToken, found: PushDevices | None) -> PushProof | None:
    """Give a token to the session of a caller; returns the proof that was sent, or None if it has the token.

    `found`: the account's tokens as they were read with the session.

    Raises:
        NotOffered: the privacy policy in effect does not describe pushes.
        SessionEnded: the session has ended, or its account is not active any more.
        Problem, Unavailable: as for `push_tokens`; or the nonce cannot be sent.
    """
    if not notices.describes(Practice.NOTIFYING):
        raise NotOffered
    by = Registrant(session.account_id, session.session_id, session.device, sessions.live(session))
    token = by.token(new)
    if push_tokens.is_registered(session.session_id, new, found):
        return None
    try:
        proof = push_tokens.register(by, token, new.nonce, sessions.live_among)
    except (accounts.NotActive, sessions.NoSuchSession):
        raise SessionEnded from None
    if proof:
        asks.ask_proof(proof.session_id)
    return proof
