"""Verifies the signature of access tokens (RFC 7515), which have one form only: ES256 under a published key.

PyJWT signs them (`tokens`). Importing it would take longer than all else that the authorizer does at a cold
start, so it is not used here (ADR 56).

Invariants:

- The token does not choose how it is verified. Its header has to be the one that we write: algorithm, type
  and key id, and no other parameter. So `none`, HS256, `crit` and keys inside a token are refused.
- Nothing else of a token is read before its signature is verified.
- Base64url has one spelling: characters outside of it, padding and unused bits are refused.
"""

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

# The header of a token is short. The limit also bounds the nesting that the JSON parser follows.
_COMPACT = re.compile(r"([\w-]{1,400})\.([\w-]+)\.([\w-]*)", re.ASCII)
_COORDINATE = 32  # bytes of a number on P-256


class TokenRefused(Exception):
    """An access token is not accepted; `reason` is a value of the metric's dimension."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
    _verify(key, f"{header}.{payload}".encode(), _decoded(signature))
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
        value = json.loads(_decoded(part))
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(value, dict):
        raise TokenRefused("malformed")
    return value


def _decoded(part: str) -> bytes:
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
