"""Options common to all commands."""

from __future__ import annotations

from typing import Annotated

import typer

Stage = Annotated[str, typer.Option(help="staging or production")]
Region = Annotated[str, typer.Option(envvar="AWS_REGION", help="a region in the EU")]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint-url", help="URL of an emulator to use instead of AWS")
]
