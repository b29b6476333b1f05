"""How a command is added whose first argument is opened from options, such as a deployed stage."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

import typer

from infra.deployment.account import AwsAccount
from infra.ops.options import Endpoint, Region, Stage

P = ParamSpec("P")
Opened = TypeVar("Opened")


class DeployedStage(NamedTuple):
    """A stage, and the account and region in which it is deployed."""

    account: AwsAccount
    stage: str


def command_over(
    opened: Callable[..., Opened], register: Callable[[Callable[..., None]], Callable[..., None]]
) -> Callable[[Callable[Concatenate[Opened, P], None]], Callable[P, None]]:
    """Add a command whose work gets first what `opened` makes of its own parameters, which become options.

    Args:
        opened: makes the first argument; its parameters are annotated as those of a command.
        register: adds the command to its group, as `typer.Typer.command` does.
    """
    of_opened = inspect.signature(opened, eval_str=True).parameters

    def add(work: Callable[Concatenate[Opened, P], None]) -> Callable[P, None]:
        @wraps(work)
        def command(*args: P.args, **given: P.kwargs) -> None:
            work(opened(**{option: given.pop(option) for option in of_opened}), *args, **given)

        _, *own = inspect.signature(work, eval_str=True).parameters.values()
        options = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *of_opened.values())]
        command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in options}
        register(command)
        return command

    return add


def open_stage(stage: Stage, region: Region, endpoint: Endpoint = None) -> DeployedStage:
    """Return the stage that the options name; nothing is called yet.

    Raises:
        RegionError: the region is outside the EU.
    """
    return DeployedStage(AwsAccount(region, endpoint), stage)


def stage_command(
    app: typer.Typer, name: str | None = None, panel: str | None = None
) -> Callable[[Callable[Concatenate[DeployedStage, P], None]], Callable[P, None]]:
    """Add a command about a deployed stage."""
    return command_over(open_stage, app.command(name, rich_help_panel=panel))
