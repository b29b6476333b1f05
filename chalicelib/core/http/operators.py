"""The second kind of caller: an operator, authenticated by an IAM signature (SigV4).

The gateway verifies the signature, checks that the caller's IAM policies allow the call, and passes the ARN
on. Evidence and proposals hold a pseudonym of the person behind the ARN (ADR 27), so one ARN must mean one
person: the setting RU4M_OPERATORS accepts only forms whose name the caller does not choose (core/principals,
ADR 23). The ARN is never logged.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chalice.app import IAMAuthorizer

from chalicelib.core import principals
from chalicelib.core.clock import MINUTE
from chalicelib.core.contract_words import InnerLimit
from chalicelib.core.errors import Forbidden, Problem, TooMany
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from chalicelib.core.limiter import Limiter


class Operator:
    """A member of the controller's staff.

    A route that takes one is internal: not in the public contract.
    """

    authorizer: ClassVar[IAMAuthorizer] = IAMAuthorizer()
    problems: ClassVar[tuple[type[Problem], ...]] = (Forbidden, TooMany)

    def __init__(self, arn: str) -> None:
        self.arn = arn

    @classmethod
    def of(cls, identity: Mapping[str, Any]) -> Self:
        """Return the operator that the gateway identified by the signature.

        Raises:
            Forbidden: the gateway passed no ARN, or one that is not accepted.
            TooMany: this operator calls too often.
        """
        arn = identity.get("userArn")
        if not (isinstance(arn, str) and settings().operators.accepts(arn)):
            raise Forbidden
        _calls().hit(principals.person(arn))
        return cls(arn)


@cache
def _calls() -> "Limiter":
    """The limiter of an operator's calls: a stolen key must not read everything at once.

    If the counter is unreachable, calls are allowed: a statutory deadline must not wait for a counter.
    """
    from chalicelib.core.limiter import Limiter, WhenUnreachable, Window  # not at the top, as in contract

    window = Window(lambda: MINUTE, lambda: settings().limits.operator_calls_per_minute)
    return Limiter(InnerLimit.OPERATOR_CALLS, (window,), TooMany, WhenUnreachable.ALLOW)
