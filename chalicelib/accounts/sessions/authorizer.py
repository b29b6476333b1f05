"""The gateway's authorizer, which only verifies the access token (`verification`).

Whether the session is live is checked by `caller` on each request, so the gateway may cache this result for a
minute.
"""

import os

from chalice.app import AuthRequest, AuthResponse, Blueprint

tokens = Blueprint(__name__)


class Unauthorized(Exception):
    """The error for which API Gateway answers 401; for an empty policy it would answer 403."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@tokens.authorizer(ttl_seconds=60)
def access_token(request: AuthRequest) -> AuthResponse:
    """Allow a genuine token to call every route; each route then authorizes its caller."""
    from chalicelib.accounts.sessions.verification import verify_token

    claims = verify_token(request.token)
    if claims is None:
        raise Unauthorized
    # The principal does not identify the account, since the gateway may log it.
    return AuthResponse(routes=["*"], principal_id="account", context=claims)


if os.environ.get("RU4M_FUNCTION") == access_token.name:
    # While Lambda starts the container. Every other function with callers imports this module for its
    # declaration only, and must not load what verifies tokens.
    import chalicelib.accounts.sessions.verification  # noqa: F401
