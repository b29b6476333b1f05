"""Chat tokens: HS256 over `user_id`, `iat`, `exp` and nothing else (STR-3).

Stream's SDK would make the same token, but costs 140 ms at a cold start, and PyJWT 25 ms. HS256 (RFC 7518
§3.2) is one HMAC of the standard library; a contract test checks that the SDK's token is equal. A token
without `exp` would never expire, and one without `iat` could not be revoked. `iat` lies before the read that
showed a live session, so a logout that commits after that read revokes the token (ADR 23).
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.core import clock, keyring, metrics
from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings

# Stream refuses a token issued in the future, without leeway, and our clock may be ahead of Stream's.
CLOCK_SKEW = timedelta(seconds=5)


class ChatToken(View):
    """Everything a client needs to connect to Stream."""

    api_key: str
    user_id: UserId
    token: str
    expires_at: Instant
    base_url: str


def mint(user_id: UserId, session_ends: datetime, read_at: datetime) -> ChatToken:
    """Mint a token for a user; it expires within the hour, and never after the session.

    Args:
        user_id: The user that the token identifies.
        session_ends: When the session expires.
        read_at: An instant before the session was read; the token counts as issued then.
    """
    expires_at = min(read_at + settings().chat_token_life, session_ends)
    claims = {
        "user_id": user_id,
        "exp": clock.to_epoch(expires_at),
        "iat": clock.to_epoch(read_at - CLOCK_SKEW),
    }
    metrics.count(Metric.CHAT_TOKEN_MINTED)
    return ChatToken(
        api_key=settings().stream_api_key,
        user_id=user_id,
        token=signed(claims, keyring.stream_secret()),
        expires_at=expires_at,
        base_url=settings().stream_url,
    )


def signed(claims: Mapping[str, object], secret: str) -> str:
    """A JSON Web Token of claims in compact form, signed with HS256."""
    content = f"{_part(_HEADER)}.{_part(claims)}"
    return f"{content}.{_base64url(hmac.digest(secret.encode(), content.encode(), 'sha256'))}"


_HEADER = {"alg": "HS256", "typ": "JWT"}


def _part(content: Mapping[str, object]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
