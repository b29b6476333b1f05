"""Reserved concurrency: guaranteed to a function, and also its maximum.

Not used by default. AWS requires 100 unreserved executions per account, and a new account has ten in all, so
a reservation that the account cannot provide is refused before anything is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.deployment.account import AwsAccount, existing
from infra.ops.refused import CommandRefused
from infra.packaging.split import logical_id, reserved_parameter

UNRESERVED = 100


class ReservationRefused(CommandRefused):
    """Reservations are more than the account can provide; the text says why."""


def parameters(reserved: Mapping[str, int]) -> dict[str, str]:
    """Return the template parameters of the reservations."""
    return {reserved_parameter(logical_id(name)): str(number) for name, number in reserved.items()}


def check(account: AwsAccount, stage: str, wanted: Mapping[str, int], functions: frozenset[str]) -> None:
    """Refuse reservations that leave fewer than 100; this stage's current ones count as free.

    Raises:
        ReservationRefused: the text says what the account has and how much it can reserve.
    """
    if not wanted:
        return
    limit = account.client("lambda").get_account_settings()["AccountLimit"]
    own = sum(_reserved(account, f"ru4m-{stage}-{name}") for name in functions)
    free = limit["UnreservedConcurrentExecutions"] + own - UNRESERVED
    if sum(wanted.values()) > free:
        raise ReservationRefused(
            f"reserve is refused: {sum(wanted.values())} were requested, but of this account's "
            f"{limit['ConcurrentExecutions']} at most {max(free, 0)} can be reserved"
        )


def _reserved(account: AwsAccount, function: str) -> int:
    """Return the current reservation of a function; 0 if it is not deployed yet."""
    found = existing(lambda: account.client("lambda").get_function_concurrency(FunctionName=function))
    return int((found or {}).get("ReservedConcurrentExecutions", 0))
