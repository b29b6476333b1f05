"""What the operators' commands share: the console, the API, and the id of a request."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from chalicelib.core.ids import RightsRequestId
from infra.deployment.account import AwsAccount, RegionError
from infra.ops.internal_api import CallRefused, InternalApi

# A pipe has no width, and ids must not be cut.
WIDTH = 160
console = Console(soft_wrap=True, markup=False, highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def _check_id(text: str) -> str:
    """Check that the text is a request id: it becomes part of a path and of a chain's name."""
    if RightsRequestId.parse(text) is None:
        raise typer.BadParameter("not a request id")
    return text


Request = Annotated[str, typer.Argument(help="id of the request, r_...", callback=_check_id)]


@contextmanager
def connected(stage: str, region: str, endpoint: str | None) -> Iterator[InternalApi]:
    """Provide the API; print a refusal in one line and exit with status 1."""
    try:
        yield InternalApi.of(AwsAccount(region, endpoint), stage)
    except (CallRefused, RegionError, ClientError, BotoCoreError) as refused:
        console.print(f"refused: {refused}")
        sys.exit(1)


def print_unreadable(request_ids: list[str]) -> None:
    """Print the ids of requests that the API could not open."""
    for request_id in request_ids:
        console.print(
            f"{request_id} cannot be read because it was altered: restore its item from before that"
        )
