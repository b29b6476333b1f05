"""Tokens of principals: HS256, checked by own code, since the backend's library makes them.

A valid signature without `user_id` is the server; with one it is that user's client.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from infra.stream_emulator.errors import bad_token
from infra.stream_emulator.wire import Json

MINIMUM_SECRET = 32
REVOKED = "This token has been revoked, please generate a new token"


@dataclass(frozen=True)
class Claims:
    """The claims of a token with a valid signature and valid times."""

    user_id: str | None
    issued_at: float | None


@dataclass(frozen=True)
class Principal:
    """The server, or the client of one user."""

    user_id: str | None

    @property
    def is_server(self) -> bool:
        """Whether it acts with the app's own secret."""
        return self.user_id is None

    def __str__(self) -> str:
        return "server" if self.user_id is None else f"client:{self.user_id}"


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _object(part: str) -> Json:
    parsed = json.loads(_decoded(part))
    if not isinstance(parsed, dict):
        raise TypeError(type(parsed).__name__)
    return parsed


def _number(payload: Json, claim: str) -> float | None:
    value = payload.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_token(5, f"JWTAuth error: {claim} is not a number")
    return float(value)


def _user_id(payload: Json) -> str | None:
    user_id = payload.get("user_id")
    if user_id is not None and (not isinstance(user_id, str) or not user_id):
        raise bad_token(5, "JWTAuth error: user_id is not a string")
    return user_id


def read_token(token: str, secret: str, now: float, *, development: bool = False) -> Claims:
    """Check signature and times.

    Args:
        token: the raw token, no `Bearer` before it.
        secret: the app's secret.
        now: unix time, seconds; there is no leeway.
        development: the app's `disable_auth_checks`, which lets unsigned tokens in.

    Raises:
        StreamError: 401 with code 5, 40, 41, 42 or 43.
    """
    try:
        head, body, signature = token.split(".")
        header, payload = _object(head), _object(body)
        if development and signature == "devtoken":
            return Claims(_user_id(payload), _number(payload, "iat"))
        given = _decoded(signature)
    except (ValueError, TypeError, binascii.Error):
        raise bad_token(5, "JWTAuth error: token is malformed") from None
    if header.get("alg") != "HS256":
        raise bad_token(5, "JWTAuth error: unexpected signing method")
    signed = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(signed, given):
        raise bad_token(43, "JWTAuth error: signature is invalid")
    return _within_its_times(payload, now)


def _within_its_times(payload: Json, now: float) -> Claims:
    expires, not_before = _number(payload, "exp"), _number(payload, "nbf")
    issued = _number(payload, "iat")
    if expires is not None and expires <= now:
        raise bad_token(40, "JWTAuth error: token is expired")
    if not_before is not None and not_before > now:
        raise bad_token(41, "JWTAuth error: token is not valid yet")
    if issued is not None and issued > now:
        raise bad_token(42, "JWTAuth error: token used before issue at (iat)")
    return Claims(_user_id(payload), issued)


def refuse_if_revoked(claims: Claims, *before: datetime | None) -> None:
    """Refuse a user's token that is older than a revocation, or of unknown age.

    Raises:
        StreamError: 401 with code 40.
    """
    for instant in before:
        if instant is None:
            continue
        if claims.issued_at is None or claims.issued_at < instant.timestamp():
            raise bad_token(40, REVOKED)
