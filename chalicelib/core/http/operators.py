"""The second kind of caller: somebody of the controller's staff, known by a signature of IAM (SigV4).

The gateway checks the signature and whether the caller's own policies allow the call, and passes the ARN on.
It says who acts, and evidence and proposals hold a pseudonym of that person (ADR 27), so it has to mean one
person: the setting RU4M_OPERATORS accepts forms whose name the caller does not choose (core/principals,
ADR 23). It stays out of logs.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from chalice.app import IAMAuthorizer

from chalicelib.core import principals
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Forbidden, Problem, TooMany
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.settings import settings

# A stolen key must not read all that there is at once; a statutory deadline must not wait for a counter.
_CALLS = Limiter(
    "operator_calls",
    (Window(lambda: MINUTE, lambda: settings().limits.operator_calls_per_minute),),
    TooMany,
    WhenUnreachable.ALLOW,
)


class Operator:
    """Somebody of the controller's staff; a route that takes one is internal, and no part of the contract."""

    authorizer: ClassVar[IAMAuthorizer] = IAMAuthorizer()
    problems: ClassVar[tuple[type[Problem], ...]] = (Forbidden, TooMany)

    def __init__(self, arn: str) -> None:
        self.arn = arn

    @classmethod
    def of(cls, identity: Mapping[str, Any]) -> Self:
        """Who calls, by what the gateway says of the signature.

        Raises:
            Forbidden: it says nothing, or names a principal that is not accepted.
            TooMany: they call too often.
        """
        arn = identity.get("userArn")
        if not (isinstance(arn, str) and settings().operators.accepts(arn)):
            raise Forbidden
        _CALLS.hit(principals.person(arn))
        return cls(arn)
