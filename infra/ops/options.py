"""Options common to all commands."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.ops.profiles import ENDPOINT, REGION, STAGE

Stage = Annotated[str, typer.Option(envvar=STAGE, help="staging or production")]
Region = Annotated[str, typer.Option(envvar=REGION, help="a region in the EU")]
Version = Annotated[int, typer.Option(min=1, help="version printed by `show`")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint-url", envvar=ENDPOINT, help="URL of an emulator to use instead of AWS"),
]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask for a confirmation")]
After = Annotated[str | None, typer.Option(help="position printed by an earlier run, to continue")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would happen, and change nothing")]
