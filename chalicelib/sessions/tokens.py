"""Access tokens (JWT, ES256, RFC 9068's claims as far as we need them) and refresh tokens."""

import base64

import jwt

from chalicelib.core import clock, keyring
from chalicelib.core.settings import Secret, settings
from chalicelib.sessions.model import Session


def access_token(session: Session) -> str:
    """A token of 15 minutes that names account and session; nothing in it is personal."""
    key = keyring.signing_key()
    now = clock.to_epoch(clock.now())
    claims = {
        "iss": settings().issuer,
        "aud": settings().audience,
        "sub": session.account_id,
        "sid": session.session_id,
        "iat": now,
        "exp": now + int(settings().access_token_life.total_seconds()),
    }
    return jwt.encode(claims, key.pem, algorithm="ES256", headers={"kid": key.kid})


def refresh_token(session: Session) -> str:
    """The session's active refresh token, recomputed: locator, generation and MAC over both and the nonce."""
    locator = f"{session.account_id}.{session.session_id}.{session.generation}"
    mac = keyring.mac_keys(Secret.REFRESH).digest("refresh", session.nonce, str(session.generation))
    return f"{locator}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
