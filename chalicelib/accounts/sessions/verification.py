"""Verifies access tokens: form and signature (`jws`), issuer, audience, times and ids.

It imports neither boto3 nor pydantic and makes no calls: the public keys are configuration.
"""

from datetime import timedelta
from typing import TypeGuard

from chalicelib.accounts.sessions.jws import TokenRefused, public_keys, verified_claims
from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.settings import settings

# The clock of the function that signed a token may be ahead of this function's clock.
CLOCK_SKEW = timedelta(seconds=5)


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
