"""What a failed deployment says: one line with the remedy, on stderr, and never a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from botocore.exceptions import ClientError
from rich.console import Console
from typer.core import TyperGroup

from infra.deployment.concurrency import ReservationRefused
from infra.deployment.receivers import AlarmReceiverRefused
from infra.deployment.releases import NoSuchRelease
from infra.deployment.removal import NothingToRemove
from infra.deployment.stacks import StackFailed
from infra.deployment.target import SettingRefused
from infra.deployment.vault import MissingSecret
from infra.ops import refusals

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
# Another deployment began since the preflight: its stack is changing, or it executed its change set first.
_BUSY = {"InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException"}
_OWN = (
    AlarmReceiverRefused,
    MissingSecret,
    NoSuchRelease,
    NothingToRemove,
    ReservationRefused,
    SettingRefused,
)


def explain(error: Exception) -> str:
    """Return one line: what failed, and what to do about it."""
    if isinstance(error, _OWN):
        return " ".join(str(error).split())
    if isinstance(error, StackFailed):
        first = f" {error.events[0]}." if error.events else ""
        return f"{error}.{first} The stacks before it stay updated. Correct the cause, and run it again."
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _DENIED:
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
    return refusals.explain(error)


def _is_busy(error: ClientError) -> bool:
    found = error.response.get("Error", {})
    return found.get("Code") in _BUSY or (
        found.get("Code") == "ValidationError" and "_IN_PROGRESS" in found.get("Message", "")
    )


class DeployerGroup(TyperGroup):
    """The commands of a deployment, whose errors are explained in one line."""

    # The types are of typer's own click, which it does not export.
    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - see above
        """Read the options; a wrong call ends with its explanation and status 2."""
        with _explained():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - see above
        """Run a command; an error ends with its explanation and status 1."""
        with _explained():
            return super().invoke(ctx)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if refusals.DEBUG in os.environ:
            raise
        complain = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
        for event in error.events[1:] if isinstance(error, StackFailed) else ():
            complain.print(f"  {event}")
        complain.print(explain(error), style="red")
        raise typer.Exit(refusals.status_of(error)) from None
