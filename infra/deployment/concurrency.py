"""Concurrency that is reserved for a function: other functions can't take it, and it never takes more.

Off unless asked for. AWS keeps 100 of an account unreserved, and a fresh account has ten in all, so what an
account cannot give is refused before anything is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.deployment.account import AwsAccount
from infra.packaging.split import logical_id, reserved_parameter

UNRESERVED = 100


class ReservationRefused(ValueError):
    """A reservation is malformed, or more than the account can give; the text says why."""


def parameters(reserved: Mapping[str, int]) -> dict[str, str]:
    """The template parameters that reserve so much."""
    return {reserved_parameter(logical_id(name)): str(number) for name, number in reserved.items()}


def read(text: str, functions: frozenset[str]) -> dict[str, int]:
    """Reservations as `signup=50,sessions=100`.

    Raises:
        ReservationRefused: not of this form, or no function has such a name.
    """
    wanted: dict[str, int] = {}
    for one in filter(None, text.split(",")):
        name, _, number = one.partition("=")
        if name not in functions or name in wanted or not (number.isdecimal() and int(number) > 0):
            raise ReservationRefused(f"--reserve is refused: {one!r} is not a function and a number above 0")
        wanted[name] = int(number)
    return wanted


def check(account: AwsAccount, stage: str, wanted: Mapping[str, int], functions: frozenset[str]) -> None:
    """Refuse what would leave fewer than 100 unreserved. What this stage reserves today counts as free.

    Raises:
        ReservationRefused: with what the account has, and what it could reserve.
    """
    if not wanted:
        return
    limit = account.client("lambda").get_account_settings()["AccountLimit"]
    own = sum(_reserved(account, f"ru4m-{stage}-{name}") for name in functions)
    free = limit["UnreservedConcurrentExecutions"] + own - UNRESERVED
    if sum(wanted.values()) > free:
        raise ReservationRefused(
            f"--reserve is refused: {sum(wanted.values())} were asked for, and of this account's "
            f"{limit['ConcurrentExecutions']} at most {max(free, 0)} can be reserved"
        )


def _reserved(account: AwsAccount, function: str) -> int:
    """What a function has reserved today; none if it is not deployed yet."""
    client = account.client("lambda")
    try:
        found = client.get_function_concurrency(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return 0
    reserved: int = found.get("ReservedConcurrentExecutions", 0)
    return reserved
