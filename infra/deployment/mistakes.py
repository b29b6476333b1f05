"""What a failed deployment says: one line with the remedy, on stderr, and never a traceback."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from typer.core import TyperGroup

from infra.deployment.stacks import StackFailed
from infra.ops import refusals
from infra.ops.operator_console import complain
from infra.ops.refused import CommandRefused

# Another deployment began since the preflight: its stack is changing, or it executed its change set first.
_BUSY = {"InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException"}


def explain(error: Exception) -> str:
    """Return one line: what failed, and what to do about it."""
    if isinstance(error, StackFailed):
        first = f" {error.events[0]}." if error.events else ""
        return (
            f"{error}.{first} The stacks before it stay updated. Correct the cause, and run {error.command}."
        )
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in refusals.DENIED:
        return (
            f"AWS denies {error.operation_name}. A deployment needs a role that may create stacks and all "
            "they contain (docs/deploy.md)."
        )
    if isinstance(error, ClientError) and _is_busy(error):
        return (
            f"another deployment of this stage is running ({error.operation_name}). Wait until it has ended, "
            "and run this one again."
        )
    if isinstance(error, ClientError) and "can not be updated" in str(error):
        return f"{refusals.explain(error).rstrip('.')}. `make preflight` says what to do."
    said = refusals.explain(error)
    return said.removeprefix("refused: ") if isinstance(error, CommandRefused) else said


def _is_busy(error: ClientError) -> bool:
    found = error.response.get("Error", {})
    return found.get("Code") in _BUSY or (
        found.get("Code") == "ValidationError" and "_IN_PROGRESS" in found.get("Message", "")
    )


class DeployerGroup(TyperGroup):
    """The commands of a deployment, whose errors are explained in one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - of typer's own click, not exported
        """Read the options; a wrong call ends with its explanation and status 2."""
        with refusals.explained(_print_reason):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - of typer's own click, not exported
        """Run a command; an error ends with its explanation and status 1."""
        with refusals.explained(_print_reason):
            return super().invoke(ctx)


def _print_reason(error: Exception) -> None:
    for event in error.events[1:] if isinstance(error, StackFailed) else ():
        complain.print(f"  {event}")
    complain.print(explain(error), style="red")
