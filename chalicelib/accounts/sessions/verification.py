"""Verifies access tokens: form and signature (RFC 7515), issuer, audience, times and ids.

It imports neither boto3 nor pydantic and makes no calls: the public keys are configuration. PyJWT signs the
tokens (`sessions/service`). Importing it would take longer than all else that the authorizer does at a cold
start, so it is not used here (ADR 56).

Invariants:

- The token does not choose how it is verified. It has one form only, ES256 under a published key: its header
  has to be the one that we write (algorithm, type and key id), with no other parameter. So `none`, HS256,
  `crit` and keys inside a token are refused.
- Nothing else of a token is read before its signature is verified.
- Base64url has one spelling: characters outside of it, padding and unused bits are refused.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.settings import settings

# The clock of the function that signed a token may be ahead of this function's clock.
CLOCK_SKEW = timedelta(seconds=5)


# The header of a token is short. The limit also bounds the nesting that the JSON parser follows.
_COMPACT = re.compile(r"([\w-]{1,400})\.([\w-]+)\.([\w-]*)", re.ASCII)
_COORDINATE = 32  # bytes of a number on P-256


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
    claims = verified_claims(token, public_keys(settings().public_keys))
    if (claims.get("iss"), claims.get("aud")) != (settings().issuer, settings().audience):
        raise TokenRefused("wrong_claims")
    _check_times(claims.get("iat"), claims.get("exp"))
    account_id = AccountId.parse(str(claims.get("sub")))
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


def _check_times(iat: object, exp: object) -> None:
    """Check that a token was issued and has not expired; only the signer's clock may be ahead."""
    if not (_is_time(iat) and _is_time(exp) and iat <= clock.to_epoch(clock.now() + CLOCK_SKEW)):
        raise TokenRefused("wrong_claims")
    if exp <= clock.to_epoch(clock.now()):
        raise TokenRefused("expired")


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def verified_claims(token: str, keys: Mapping[str, EllipticCurvePublicKey]) -> dict[str, Any]:
    """The claims of a token that one of the keys signed. They are not checked.

    Raises:
        TokenRefused: malformed, unknown_key or bad_signature.
    """
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise TokenRefused("malformed")
    header, payload, signature = parts.groups()
    parameters = _object(header)
    kid = parameters.pop("kid", None)
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise TokenRefused("unknown_key")
    if parameters != {"alg": "ES256", "typ": "JWT"}:
        raise TokenRefused("bad_signature")
    _verify(key, f"{header}.{payload}".encode(), _decoded_part(signature))
    return _object(payload)


def _verify(key: EllipticCurvePublicKey, message: bytes, signature: bytes) -> None:
    """Verify a signature as RFC 7518 §3.4 writes it: the two numbers of 32 bytes after one another."""
    if len(signature) != 2 * _COORDINATE:
        raise TokenRefused("bad_signature")
    r, s = (int.from_bytes(half) for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
    try:
        key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        raise TokenRefused("bad_signature") from None


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded_part(part))
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(value, dict):
        raise TokenRefused("malformed")
    return value


def _decoded_part(part: str) -> bytes:
    """The bytes of a part. Without this comparison, Python's decoder would accept several texts for them."""
    try:
        raw = _bytes(part)
    except ValueError:
        raise TokenRefused("malformed") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise TokenRefused("malformed")
    return raw


@cache
def public_keys(jwks: str) -> dict[str, EllipticCurvePublicKey]:
    """The keys of a published set (RFC 7517) by key id; several during a rotation.

    Raises:
        KeyError, ValueError: a key of the set is no point on P-256. Its `kty` and `crv` are not read.
    """
    return {
        key["kid"]: EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), SECP256R1()).public_key()
        for key in json.loads(jwks)["keys"]
    }


def _number(coordinate: str) -> int:
    return int.from_bytes(_bytes(coordinate))


def _bytes(text: str) -> bytes:
    """The bytes of base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
