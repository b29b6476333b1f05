"""Verifies access tokens: signature, algorithm, key, issuer, audience and times.

It imports neither boto3 nor pydantic and makes no calls: the public keys are configuration.
"""

import json
from datetime import timedelta
from functools import cache
from typing import Any, TypeGuard

import jwt

from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.settings import settings

# The clock of the function that signed a token may be ahead of this function's clock.
CLOCK_SKEW = timedelta(seconds=5)


class TokenRefused(Exception):
    """An access token is not accepted; `reason` is a value of the metric's dimension."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@observed
def verify_token(header: str) -> dict[str, str] | None:
    """The claims of a genuine token, or None; a refused token is counted by its reason."""
    try:
        return _decoded(header)
    except TokenRefused as refused:
        metrics.count(Metric.TOKEN_REFUSED, of=refused.reason)
        return None


def _decoded(header: str) -> dict[str, str]:
    """The claims of the token in a header.

    Raises:
        TokenRefused: it is not genuine, or not valid now.
    """
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        raise TokenRefused("no_token")
    try:
        key = public_keys().get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise TokenRefused("unknown_key")
        claims = jwt.decode(
            token,
            key,
            algorithms=["ES256"],  # never from the token, so that `none` and HS256 are not accepted
            issuer=settings().issuer,
            audience=settings().audience,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_iat": False},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(_reason(error)) from None
    if not _issued_by_now(claims["iat"]):
        raise TokenRefused("wrong_claims")
    account_id = AccountId.parse(str(claims["sub"]))
    session_id = SessionId.parse(str(claims.get("sid")))
    if account_id is None or session_id is None:
        raise TokenRefused("wrong_claims")
    found: dict[str, str] = {"account_id": account_id, "session_id": session_id}
    if "su" not in claims:
        return found
    # Passed on without a check of the time, since the gateway caches this result for a minute.
    if not _is_time(claims["su"]):
        raise TokenRefused("wrong_claims")
    return {**found, "stepped_up_until": str(claims["su"])}


def _reason(error: jwt.PyJWTError) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "expired"
        case jwt.InvalidSignatureError() | jwt.InvalidAlgorithmError():
            return "bad_signature"
        case jwt.MissingRequiredClaimError() | jwt.InvalidIssuerError() | jwt.InvalidAudienceError():
            return "wrong_claims"
    return "malformed"


def _issued_by_now(iat: object) -> bool:
    """Checks `iat` with a leeway of our own: PyJWT's leeway would also extend every token."""
    return _is_time(iat) and iat <= clock.to_epoch(clock.now() + CLOCK_SKEW)


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


@cache
def public_keys() -> dict[str, Any]:
    """The public keys by key id; several during a rotation."""
    keys = jwt.PyJWKSet.from_dict(json.loads(settings().public_keys)).keys
    return {str(key.key_id): key.key for key in keys}
