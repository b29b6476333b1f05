"""Access tokens (JWT, ES256, those claims of RFC 9068 that are needed) and refresh tokens."""

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import jwt

from chalicelib.accounts.sessions.model import Session
from chalicelib.core import clock, keyring
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.settings import Secret, settings

_FORM = re.compile(
    rf"({AccountId.pattern.pattern})\.({SessionId.pattern.pattern})\.(\d{{1,9}})\.([\w-]{{43}})", re.ASCII
)


def access_token(session: Session, stepped_up_until: datetime | None = None) -> str:
    """A token that names account and session for 15 minutes, without personal data.

    The claim `su` is in stepped-up tokens only: until when the token is stepped up, in seconds since 1970.
    """
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
    if stepped_up_until:
        claims["su"] = clock.to_epoch(stepped_up_until)
    return jwt.encode(claims, key.pem, algorithm="ES256", headers={"kid": key.kid})


@dataclass(frozen=True, repr=False)
class RefreshToken:
    """A refresh token: account and session, generation, and the MAC that proves our origin."""

    account_id: AccountId
    session_id: SessionId
    generation: int
    mac: str

    def __str__(self) -> str:
        return f"{self.account_id}.{self.session_id}.{self.generation}.{self.mac}"

    @classmethod
    def of(cls, session: Session) -> Self:
        """The session's active token, recomputed from the stored nonce and generation."""
        return cls._made(session, session.generation, keyring.mac_keys(Secret.REFRESH).current)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The token that a text denotes, which is not verified yet; None if it is malformed."""
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        return cls(AccountId(match[1]), SessionId(match[2]), int(match[3]), match[4])

    def genuine(self, session: Session) -> bool:
        """Return whether the MAC is ours for this session, under any version of the key."""
        versions = keyring.mac_keys(Secret.REFRESH).versions
        made = [self._made(session, self.generation, version).mac for version in versions]
        return any(hmac.compare_digest(self.mac, mac) for mac in made)

    @classmethod
    def _made(cls, session: Session, generation: int, version: str) -> Self:
        keys = keyring.mac_keys(Secret.REFRESH)
        mac = keys.digest_under(version, "refresh", session.nonce, str(generation))
        proof = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        return cls(session.account_id, session.session_id, generation, proof)
