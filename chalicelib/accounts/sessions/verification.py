"""Verifies access tokens: their form here, signature and claims by PyJWT (ADR 62).

It imports neither boto3 nor pydantic and makes no calls: the public keys are configuration.

Invariants:

- The token does not choose how it is verified. It has one form only, ES256 under a published key: its header
  has to be the one that we write (algorithm, type and key id), with no other parameter. So `none`, HS256,
  `crit` and keys inside a token are refused before PyJWT reads the token.
- The payload is not parsed before the signature is verified.
- Base64url has one spelling: characters outside of it, padding and unused bits are refused.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import jwt
from jwt.types import Options

from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.settings import settings

# The clock of the function that signed a token may be ahead of this function's clock.
CLOCK_SKEW = timedelta(seconds=5)

# The header of a token is short. The limit also bounds the nesting that the JSON parser follows.
_COMPACT = re.compile(r"([\w-]{1,400})\.([\w-]+)\.([\w-]*)", re.ASCII)


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
    claims = verified_claims(token, public_keys(settings().public_keys()))
    if not (_is_time(claims["iat"]) and claims["iat"] <= clock.to_epoch(clock.now() + CLOCK_SKEW)):
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


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def verified_claims(token: str, keys: Mapping[str, jwt.PyJWK]) -> dict[str, Any]:
    """The claims of a token of our issuer and audience that one of the keys signed and that has not expired.

    Raises:
        TokenRefused: it is not in our form, or PyJWT refuses it.
    """
    key = keys.get(_key_id(token))
    if key is None:
        raise TokenRefused("unknown_key")
    try:
        return jwt.decode(
            token, key, ["ES256"], _OPTIONS, issuer=settings().issuer, audience=settings().audience
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused("expired") from None
    except jwt.InvalidSignatureError:
        raise TokenRefused("bad_signature") from None
    except jwt.DecodeError:
        raise TokenRefused("malformed") from None
    except jwt.InvalidTokenError:
        raise TokenRefused("wrong_claims") from None


# The instant of issue is compared by the caller: PyJWT's leeway would extend the life of every token too.
_OPTIONS: Options = {
    "require": ["iss", "aud", "iat", "exp", "sub"],
    "strict_aud": True,
    "verify_iat": False,
}


def _key_id(token: str) -> str:
    """The key id in the header of a token that has our form.

    Raises:
        TokenRefused: malformed, bad_signature (another header than ours), or unknown_key (no key id).
    """
    compact = _COMPACT.fullmatch(token)
    if compact is None:
        raise TokenRefused("malformed")
    header, *_ = (_decoded_part(part) for part in compact.groups())
    try:
        parameters = json.loads(header)
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(parameters, dict):
        raise TokenRefused("malformed")
    kid = parameters.pop("kid", None)
    if not isinstance(kid, str):
        raise TokenRefused("unknown_key")
    if parameters != {"alg": "ES256", "typ": "JWT"}:
        raise TokenRefused("bad_signature")
    return kid


def _decoded_part(part: str) -> bytes:
    """The bytes of a part. Without this comparison, Python's decoder would accept several texts for them."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise TokenRefused("malformed") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise TokenRefused("malformed")
    return raw


@cache
def public_keys(jwks: str) -> dict[str, jwt.PyJWK]:
    """The keys of a published set (RFC 7517) by key id; several during a rotation.

    Raises:
        KeyError, jwt.InvalidKeyError: a key of the set is no point on P-256. PyJWT's own sets would skip it.
    """
    return {key["kid"]: jwt.PyJWK(key, "ES256") for key in json.loads(jwks)["keys"]}
