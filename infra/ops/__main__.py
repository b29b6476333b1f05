"""`python -m infra.ops`: the commands of operations, over a deployed stage."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from infra.deployment.account import Account
from infra.ops.sealing import StageKeys, StillNeeded, service_rewrap
from infra.ops.signing import NotYet, SigningKeys

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_show_locals=False)
signing_key = typer.Typer(help="The key that signs access tokens.")
app.add_typer(signing_key, name="signing-key")
stage_key = typer.Typer(help="The key from which everything follows that seals records.")
app.add_typer(stage_key, name="stage-key")
console = Console(soft_wrap=True, markup=False)

Stage = Annotated[str, typer.Option(help="staging or production")]
Region = Annotated[str, typer.Option(envvar="AWS_REGION", help="a region in the EU")]
Endpoint = Annotated[str | None, typer.Option("--endpoint-url", help="an emulator instead of AWS")]


@signing_key.command()
def rotate(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Publish a new key, then sign with it; may be run again if it stopped half-way."""
    kid = SigningKeys.of(Account(region, endpoint), stage, console.print).rotate()
    console.print(f"signing with {kid}; run `signing-key retire` in half an hour")


@signing_key.command()
def retire(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Forget the old key, once no token of it can be alive."""
    try:
        SigningKeys.of(Account(region, endpoint), stage, console.print).retire()
    except NotYet as early:
        console.print(f"not yet: {early}")
        sys.exit(1)
    console.print("the old key is forgotten")


@stage_key.command("rotate")
def rotate_stage_key(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Make a new version current; may be run again if it stopped half-way."""
    version = StageKeys.of(Account(region, endpoint), stage, console.print).rotate()
    console.print(f"sealing with version {version}; `stage-key rewrap` next")


@stage_key.command()
def rewrap(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Wrap every data key under the current version; may be stopped and run again."""
    account = Account(region, endpoint)
    done = StageKeys.of(account, stage, console.print).rewrap(service_rewrap(account, stage))
    console.print(f"{done} data keys wrapped anew")


@stage_key.command("retire")
def retire_stage_key(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Forget the versions that nothing is sealed under any more."""
    try:
        old = StageKeys.of(Account(region, endpoint), stage, console.print).retire()
    except StillNeeded as left:
        console.print(f"not yet: {left}")
        sys.exit(1)
    console.print(f"forgotten: {old}")


if __name__ == "__main__":
    app()
